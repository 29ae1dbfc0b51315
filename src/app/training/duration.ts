import { MNIST_GRID } from '../../data/images.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import { completeHyper } from '../../models/registry.ts';

/** How fast a family was trained: images a second, at so many parameters. */
export interface Speed {
  readonly imagesPerSecond: number;
  readonly parameters: number;
}

/** Speeds of the latest runs on this machine, by family. */
export type Speeds = Readonly<Record<string, Speed | undefined>>;

interface PlannedRun {
  readonly spec: FamilySpec;
  readonly parameters: number;
  /** Of the data set, those held back included. */
  readonly images: number;
  readonly epochs: number;
}

/**
 * About how many seconds a run takes: its passes over the images at the speed of the family's latest run here, else at that of the machine
 * on which it was measured, in proportion to the parameters. Null for a counted family, which is done at once, and where no speed is known.
 */
export function estimatedSeconds(
  { spec, parameters, images, epochs }: PlannedRun,
  here: Speeds,
): number | null {
  if (spec.training === 'counted') return null;
  const speed = here[spec.id] ?? measuredElsewhere(spec);
  if (!speed) return null;
  const rate = (speed.imagesPerSecond * speed.parameters) / Math.max(1, parameters);
  return (images * epochs) / rate;
}

/** At the default size. */
function measuredElsewhere(spec: FamilySpec): Speed | null {
  const { imagesPerSecond } = spec;
  if (imagesPerSecond === undefined) return null;
  return { imagesPerSecond, parameters: spec.parameterCount(MNIST_GRID, completeHyper(spec)) };
}

/** "a few seconds", "about 40 s", "about 7 min", "about 3 h": no more precise than the estimate. */
export function roughDuration(seconds: number): string {
  if (seconds < 10) return 'a few seconds';
  if (seconds < 55) return `about ${10 * Math.round(seconds / 10)} s`;
  const minutes = seconds / 60;
  if (minutes < 9.5) return `about ${Math.max(1, Math.round(minutes))} min`;
  if (minutes < 55) return `about ${5 * Math.round(minutes / 5)} min`;
  return `about ${Math.max(1, Math.round(minutes / 60))} h`;
}

/** Speeds as they were stored; those that are none are left out. */
export function readSpeeds(text: string | null): Speeds {
  let stored: unknown;
  try {
    stored = JSON.parse(text ?? '{}');
  } catch {
    // Another program wrote it.
    return {};
  }
  if (typeof stored !== 'object' || stored === null) return {};
  return Object.fromEntries(
    Object.entries(stored).filter((entry): entry is [string, Speed] => isSpeed(entry[1])),
  );
}

function isSpeed(value: unknown): value is Speed {
  if (typeof value !== 'object' || value === null) return false;
  const { imagesPerSecond, parameters } = value as Partial<Record<keyof Speed, unknown>>;
  return [imagesPerSecond, parameters].every(
    (each) => typeof each === 'number' && each > 0 && Number.isFinite(each),
  );
}

import type { FamilySpec, Hyper } from './types.ts';

/**
 * The only list of models anywhere: every src/models/<folder>/spec.ts exports `families`. A folder may hold
 * several families that share one engine (bayes-net does).
 */
const modules = import.meta.glob<{ families: readonly FamilySpec[] }>('./*/spec.ts', { eager: true });

export const families: readonly FamilySpec[] = Object.values(modules).flatMap((module) => module.families);

const folders = new Map(
  Object.entries(modules).flatMap(([path, module]) =>
    module.families.map((spec) => [spec.id, path.split('/')[1]] as const),
  ),
);

export function findFamily(id: string): FamilySpec | undefined {
  return families.find((spec) => spec.id === id);
}

/** Folder of a family under src/models and shaders. Throws for an unknown id. */
export function folderOf(id: string): string {
  const folder = folders.get(id);
  if (folder === undefined) throw new Error(`family: "${id}" is unknown`);
  return folder;
}

/** The family's hyper-parameters with its defaults for those that `given` lacks; others are dropped. */
export function completeHyper(spec: FamilySpec, given: Hyper = {}): Hyper {
  return Object.fromEntries(spec.hyperparameters.map((p) => [p.name, given[p.name] ?? p.default]));
}

/** One sentence naming the first hyper-parameter out of range or off its step; null where all is well. */
export function checkHyper(spec: FamilySpec, hyper: Hyper): string | null {
  for (const p of spec.hyperparameters) {
    const value = hyper[p.name];
    if (!Number.isFinite(value)) return `${p.name}: not a number`;
    if (value < p.min || value > p.max) return `${p.name}: ${value} is outside ${p.min} to ${p.max}`;
    if (Number.isInteger(p.step) && !Number.isInteger(value))
      return `${p.name}: ${value} is not a whole number`;
  }
  return null;
}

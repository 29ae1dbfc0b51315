import type { Result } from '../../data/result.ts';
import type { SpeedRate, SpeedResult, SpeedWork } from '../../engine/queries/api.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { BackendKind } from '../../models/runs.ts';

export const BACKENDS = ['cpu', 'webgpu'] as const satisfies readonly BackendKind[];
export const WORKS = ['score', 'sample', 'train'] as const satisfies readonly SpeedWork[];

/** Goes up when a reader of today could misread the file. */
export const VERSION = 1;
export const FORMAT = 'inkling-speed';

/** One run of the bench, as it is shown, compared and exported. All texts are clean. */
export interface SpeedRecord {
  /** When it began, in ms since 1970. */
  readonly measuredAt: number;
  /** How long it was meant to take. */
  readonly seconds: number;
  /** Whether the visitor, or an error, ended it before. */
  readonly stopped: boolean;
  readonly machine: {
    readonly browser: string;
    readonly system: string;
    /** As the browser says; null where it does not. */
    readonly cores: number | null;
  };
  /** The digits that were scored and learnt from. */
  readonly digits: { readonly width: number; readonly height: number; readonly images: number };
  readonly backends: Readonly<Record<BackendKind, SpeedBackend>>;
  readonly rows: readonly SpeedRow[];
}

export interface SpeedBackend {
  readonly found: Result<{ readonly description: string; readonly software: boolean }>;
  readonly product: SpeedResult;
  /** Threads that made a product each. */
  readonly together: number;
}

/** One family in one size. */
export interface SpeedRow {
  readonly family: string;
  readonly label: string;
  readonly parameters: number;
  /** Its hyper-parameters in words; empty where there are none that set its size. */
  readonly size: string;
  readonly training: FamilySpec['training'];
  readonly rates: Readonly<Record<SpeedWork, Readonly<Record<BackendKind, SpeedResult>>>>;
}

/** Characters of a text. */
export const LONGEST_TEXT = 200;

/** The file of a record. Equal records give equal bytes. */
export function encodeRecord(record: SpeedRecord): string {
  const { measuredAt, seconds, stopped, machine, digits, backends, rows } = record;
  const json = {
    format: FORMAT,
    version: VERSION,
    measuredAt: new Date(measuredAt).toISOString(),
    seconds,
    stopped,
    machine: { browser: machine.browser, system: machine.system, cores: machine.cores },
    digits: { width: digits.width, height: digits.height, images: digits.images },
    backends: {
      cpu: backendJson(backends.cpu),
      webgpu: backendJson(backends.webgpu),
    },
    rows: rows.map(({ family, label, parameters, size, training, rates }) => ({
      family,
      label,
      parameters,
      size,
      training,
      ...{ score: both(rates.score), sample: both(rates.sample), train: both(rates.train) },
    })),
  };
  return `${JSON.stringify(json, null, 1)}\n`;
}

function backendJson({ found, product, together }: SpeedBackend) {
  return {
    ...(found.ok
      ? { description: found.value.description, software: found.value.software }
      : { reason: found.reason }),
    product: resultJson(product),
    together,
  };
}

function both({ cpu, webgpu }: Readonly<Record<BackendKind, SpeedResult>>) {
  return { cpu: resultJson(cpu), webgpu: resultJson(webgpu) };
}

function resultJson(result: SpeedResult) {
  if (!result.ok) return { reason: result.reason };
  const { median, low, high, repetitions, size } = result.value;
  return { median, low, high, repetitions, size };
}

/** A rate of a result; null where there is none. */
export function rateOf(result: SpeedResult): SpeedRate | null {
  return result.ok ? result.value : null;
}

/** What is made of every work on every backend. */
export function eachRate(make: (work: SpeedWork, backend: BackendKind) => SpeedResult): SpeedRow['rates'] {
  const of = (work: SpeedWork) => ({ cpu: make(work, 'cpu'), webgpu: make(work, 'webgpu') });
  return { score: of('score'), sample: of('sample'), train: of('train') };
}

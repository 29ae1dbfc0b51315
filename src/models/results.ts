import type { Accuracy } from '../data/accuracy.ts';
import type { Binarisation } from '../data/binarisation.ts';
import { formatBinarisation } from '../data/binarise.ts';
import type { Grid } from '../data/images.ts';
import type { Hyper } from './model.ts';
import { findFamily, valueIn } from './registry.ts';
import type { BackendKind, Estimate } from './runs.ts';

/** Goes up when a reader of today could misread the file. */
export const RESULTS_VERSION = 1;
export const RESULTS_FORMAT = 'inkling-results';
/** Runs of one file, at most. */
export const MAX_RUNS = 100_000;
/** Nats an image, in absolute value: beyond every figure of a model that did not diverge. */
export const MAX_NATS = 1e12;

/** What one run reached, with everything that its figures depend on. */
export interface ResultRun {
  /** A name that a person gave; null where family and hyper-parameters say all. */
  readonly name: string | null;
  readonly family: string;
  /** Null where an earlier version did not record them; there is a name then. */
  readonly hyper: Hyper | null;
  readonly grid: Grid;
  readonly parameters: number;
  /** Training images and test images; the same id for the same pixels. */
  readonly dataset: {
    readonly id: string;
    readonly name: string;
    readonly revision: number;
    readonly images: number;
  };
  readonly binarisation: Binarisation;
  /** The other settings of the run: "epochs 5, batch 128". Two runs that differ in it are not repetitions of each other. */
  readonly how: string;
  /** Null where an earlier version did not record it. */
  readonly seed: number | null;
  readonly backend: BackendKind;
  /** "AMD EPYC Processor, 2 cores" */
  readonly machine: string;
  /** A fraction where the run was stopped within an epoch. */
  readonly epochs: number;
  readonly seconds: number;
  readonly diverged: boolean;
  /** Mean -log p(x) in nats, or -log p(y | x) of a classifier. */
  readonly train: Estimate;
  readonly validation: Estimate | null;
  /** Null where there were no test images, and of a classifier. */
  readonly test: Estimate | null;
  /** On the test images; null where the model or the images have no classes. */
  readonly accuracy: Accuracy | null;
}

/** What is needed to run it again, the seed included. */
export type RunSettingsOf = Pick<
  ResultRun,
  'family' | 'hyper' | 'grid' | 'dataset' | 'binarisation' | 'how' | 'seed' | 'backend'
>;

/** A run as a line of a file, with its place among others. */
export interface ResultEntry {
  readonly run: ResultRun;
  readonly key: string;
  readonly line: string;
}

export function entryOf(run: ResultRun): ResultEntry {
  return { run, key: orderKey(run), line: runLine(run) };
}

/** A file of results, one run a line. Equal sets of runs give equal bytes: runs are sorted, and each stands there once. */
export function encodeResults(runs: readonly ResultRun[]): Uint8Array<ArrayBuffer> {
  return encodeEntries(runs.map(entryOf));
}

/** The same of entries that were made before: making them takes most of the time. */
export function encodeEntries(entries: readonly ResultEntry[]): Uint8Array<ArrayBuffer> {
  const lines = sortEntries(entries).map(({ line }) => line);
  const head = `{"format":${JSON.stringify(RESULTS_FORMAT)},"version":${RESULTS_VERSION},"runs":[`;
  return new TextEncoder().encode(lines.length === 0 ? `${head}]}\n` : `${head}\n${lines.join(',\n')}\n]}\n`);
}

/** The run as one line of JSON, its fields in a fixed order: equal for equal runs, different for different ones. */
export function runLine(run: ResultRun): string {
  const { name, family, hyper, grid, parameters, dataset, binarisation, how, seed, backend, machine } = run;
  const { epochs, seconds, diverged, train, validation, test, accuracy } = run;
  const estimate = (of: Estimate) => ({
    nats: of.nats,
    standardError: of.standardError,
    images: of.images,
  });
  return JSON.stringify({
    name,
    family,
    hyper: hyper && orderedHyper(family, hyper),
    grid: { width: grid.width, height: grid.height },
    parameters,
    dataset: { id: dataset.id, name: dataset.name, revision: dataset.revision, images: dataset.images },
    binarisation: formatBinarisation(binarisation),
    how,
    seed,
    backend,
    machine,
    epochs,
    seconds,
    diverged,
    train: estimate(train),
    validation: validation && estimate(validation),
    test: test && estimate(test),
    accuracy: accuracy && {
      share: accuracy.share,
      standardError: accuracy.standardError,
      images: accuracy.images,
    },
  });
}

/** Equal for runs of the same settings and seed, whatever machine they ran on and whatever they reached. */
export function settingsKey({
  family,
  hyper,
  grid,
  dataset,
  binarisation,
  how,
  seed,
  backend,
}: RunSettingsOf): string {
  return JSON.stringify([
    family,
    hyper && orderedHyper(family, hyper),
    grid.width,
    grid.height,
    dataset.id,
    formatBinarisation(binarisation),
    how,
    backend,
    seed,
  ]);
}

/** By data, binarisation, family and further settings, so that the order does not depend on that of the files; each run once. */
export function sortRuns(runs: readonly ResultRun[]): readonly ResultRun[] {
  return sortEntries(runs.map(entryOf)).map(({ run }) => run);
}

export function sortEntries(entries: readonly ResultEntry[]): readonly ResultEntry[] {
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return entries
    .toSorted((a, b) => order(a.key, b.key) || order(a.line, b.line))
    .filter(({ line }, at, sorted) => at === 0 || sorted[at - 1].line !== line);
}

function orderKey({ dataset, binarisation, family, hyper, how, backend, seed }: ResultRun): string {
  // Wide enough for any seed, so that 10 comes after 9.
  const padded = seed === null ? '' : String(seed).padStart(10, '0');
  const settings = hyper && JSON.stringify(orderedHyper(family, hyper));
  return [dataset.id, formatBinarisation(binarisation), family, settings, how, backend, padded].join('\n');
}

/** In the order of the family's list. */
function orderedHyper(family: string, hyper: Hyper): Hyper {
  const spec = findFamily(family);
  return spec ? Object.fromEntries(spec.hyperparameters.map((p) => [p.name, valueIn(hyper, p)])) : hyper;
}

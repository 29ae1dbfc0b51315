import type { Binarisation } from '../../data/binarisation.ts';
import { binarisationOf } from '../../data/binarise.ts';
import type { Grid } from '../../data/images.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import type { Hyper } from '../../models/model.ts';
import {
  completeHyper,
  families,
  findFamily,
  presetHyper,
  trainingOf,
  usualTargets,
} from '../../models/registry.ts';
import type { TargetKind } from '../../models/runs.ts';
import type { RunRecord } from '../../store/records.ts';
import { clampHyper } from '../compare/choice.ts';
import { STARTER } from '../compare/counted-models.ts';
import { MNIST_ID } from '../library/mnist.svelte.ts';
import { preference, savePreference } from '../preferences.ts';
import { BATCH, EPOCHS, RATE, SEED, VALIDATION_SHARE } from '../recipes/ranges.ts';

const DEFAULT_FAMILY = families.find((family) => family.training === 'descended') ?? families[0];

interface FormPorts {
  /** The grid of the model to be trained. */
  readonly grid: () => Grid;
  /** Whether a data set is on this machine. */
  readonly hasData: (id: string) => boolean;
}

/** What the next run does: the visitor's choices, which the next visit finds as they were, and the usual values of all else. */
export class TrainingForm {
  readonly #ports: FormPorts;
  family = $state(DEFAULT_FAMILY.id);
  /** The hyper-parameters that were chosen for this family. */
  #chosen = $state.raw<Hyper>({});
  /** The data set that was chosen; null before. */
  #chosenData = $state<string | null>(null);
  binarise = $state<Binarisation['kind']>('stochastic');
  binariseSeed = $state(0);
  epochs = $state(trainingOf(DEFAULT_FAMILY).epochs);
  batchSize = $state(trainingOf(DEFAULT_FAMILY).batchSize);
  learningRate = $state(trainingOf(DEFAULT_FAMILY).learningRate);
  /** What pixels should be where `targetsApply`. */
  targets = $state<TargetKind>('soft');
  /** That of the models which are counted on the spot: the same images are held back. */
  seed = $state(0);

  constructor(ports: FormPorts) {
    this.#ports = ports;
    this.#restore(preference('inkling-training'));
    // In a root of its own, which lasts as long as the page: so does the form.
    $effect.root(() => {
      $effect(() => savePreference('inkling-training', this.#text));
    });
  }

  get spec(): FamilySpec {
    return findFamily(this.family) ?? DEFAULT_FAMILY;
  }

  get grid(): Grid {
    return this.#ports.grid();
  }

  /** All hyper-parameters of the family: those chosen, and the usual ones of the data set, which are those of the models counted on the spot. */
  get hyper(): Hyper {
    return { ...this.#usualHyper, ...this.#chosen };
  }

  /** The one chosen unless it was deleted. Before: MNIST where it is here; its ten megabytes are not fetched unless the visitor asks for them. */
  get datasetId(): string {
    const chosen = this.#chosenData;
    const { hasData } = this.#ports;
    if (chosen !== null && (chosen === STARTER.id || chosen === MNIST_ID || hasData(chosen))) return chosen;
    return hasData(MNIST_ID) ? MNIST_ID : STARTER.id;
  }

  set datasetId(id: string) {
    this.#chosenData = id;
  }

  get binarisation(): Binarisation {
    return binarisationOf(this.binarise, this.binariseSeed);
  }

  /** Whether there is a choice between soft and sampled targets. */
  get targetsApply(): boolean {
    return usualTargets(this.spec, this.binarisation) !== null;
  }

  /** Whether every setting of the family is the usual one. */
  get usual(): boolean {
    return this.changed.length === 0;
  }

  /** The settings of the family that are not the usual ones, by the names of their fields. */
  get changed(): readonly string[] {
    const { spec, hyper } = this;
    const usual = trainingOf(spec);
    const own = spec.hyperparameters
      .filter(({ name }) => hyper[name] !== this.#usualHyper[name])
      .map(({ label }) => label.toLowerCase());
    // A counted family counts the same bits once.
    const passes = spec.training !== 'counted' || this.binarise === 'dynamic';
    const steps = [
      [spec.training === 'em' ? 'iterations' : 'epochs', passes && this.epochs !== usual.epochs],
      ['batch', this.batchSize !== usual.batchSize],
      ['learning rate', this.learningRate !== usual.learningRate],
      ['targets', this.targetsApply && this.targets !== 'soft'],
      ['seed of training', this.seed !== 0],
    ] as const;
    return [...own, ...steps.flatMap(([name, isChanged]) => (isChanged ? [name] : []))];
  }

  get #usualHyper(): Hyper {
    return this.datasetId === STARTER.id ? presetHyper(this.spec, 'starter') : completeHyper(this.spec);
  }

  /** The run that the form describes. */
  requestOf(runId: string): RunRecord['request'] {
    const { family, grid, hyper, binarisation, seed, epochs, batchSize, learningRate, targets } = this;
    return {
      runId,
      family,
      grid,
      hyper,
      binarisation,
      validationShare: VALIDATION_SHARE,
      seed,
      epochs,
      batchSize,
      learningRate,
      ...(this.targetsApply ? { targets } : {}),
    };
  }

  takeBinarisation(binarisation: Binarisation): void {
    this.binarise = binarisation.kind;
    if ('seed' in binarisation) this.binariseSeed = binarisation.seed;
  }

  chooseFamily(id: string): void {
    this.family = id;
    this.reset();
  }

  setHyper(name: string, value: number): void {
    this.#chosen = { ...this.#chosen, [name]: value };
  }

  /** The usual settings of the family. */
  reset(): void {
    const { epochs, batchSize, learningRate } = trainingOf(this.spec);
    this.#chosen = {};
    Object.assign(this, { epochs, batchSize, learningRate, targets: 'soft', seed: 0 });
  }

  get #text(): string {
    const { family, epochs, batchSize, learningRate, targets, seed } = this;
    return JSON.stringify({
      family,
      hyper: this.#chosen,
      data: this.#chosenData,
      epochs,
      batchSize,
      learningRate,
      targets,
      seed,
    });
  }

  /** Takes over what is valid of the stored text; a data set that is gone is not missed. */
  #restore(text: string | null): void {
    const stored = parsed(text);
    const spec = families.find(({ id }) => id === stored.family);
    if (!spec) return;
    this.chooseFamily(spec.id);
    const hyper = record(stored.hyper);
    for (const { name } of spec.hyperparameters) {
      const value = hyper[name];
      if (typeof value === 'number') this.setHyper(name, clampHyper(spec, { [name]: value })[name]);
    }
    if (typeof stored.data === 'string') this.#chosenData = stored.data;
    if (stored.targets === 'sampled') this.targets = 'sampled';
    this.epochs = within(stored.epochs, EPOCHS) ?? this.epochs;
    this.batchSize = within(stored.batchSize, BATCH) ?? this.batchSize;
    this.learningRate = within(stored.learningRate, RATE) ?? this.learningRate;
    this.seed = within(stored.seed, SEED) ?? this.seed;
  }
}

function parsed(text: string | null): Readonly<Record<string, unknown>> {
  try {
    return record(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** The number where it is one that the field could hold. */
function within(
  value: unknown,
  { min, max, step }: { min: number; max: number; step: number },
): number | null {
  if (typeof value !== 'number' || !(value >= min && value <= max)) return null;
  return step === 1 && !Number.isInteger(value) ? null : value;
}

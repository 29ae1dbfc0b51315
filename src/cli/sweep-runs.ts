import { createHash } from 'node:crypto';
import { fail, ok, type Result } from '../data/result.ts';
import type { BackendKind } from '../engine/backends/backend.ts';
import type { FamilySpec } from '../models/family-spec.ts';
import type { Hyper } from '../models/model.ts';
import { completeHyper, usualTargets } from '../models/registry.ts';
import { settingsKey } from '../models/results.ts';
import { readPooled } from './model-files.ts';
import { COMMON, readValues } from './options.ts';
import type { Choices, Given, Plan } from './sweep-plan.ts';
import { type ReadImages, readTrainCommand, type TrainValues } from './train-command.ts';
import { trainOptions } from './train-options.ts';

/** One run of a plan. */
export interface PlannedRun {
  /** The same for the same settings and the same images: "made-hidden200-s1-4f0c6b2a91d3e857". */
  readonly name: string;
  /** The `settingsKey` of the run's result. */
  readonly key: string;
  /** Options of `train` in their order, `true` for a flag. */
  readonly options: ReadonlyMap<string, string | true>;
}

type Chosen = ReadonlyMap<string, Given | null>;

/**
 * Every run of a plan once, in the order of the plan, each checked as `train` would check it. Reads the images of the plan. A reason
 * names the field.
 */
export function runsOf(plan: Plan): Result<readonly PlannedRun[]> {
  const runs = new Map<string, PlannedRun>();
  for (const data of plan.data) {
    const read = remembering();
    for (const { place, specs, hyper, run } of plan.models)
      for (const spec of specs)
        for (const chosen of combinations(new Map([...hyper, ...run]))) {
          const made = runsWith(plan, spec, new Map([...data, ...chosen]), read);
          if (!made.ok) return fail(attributed(made.reason, new Map([...data, ...chosen]), place));
          // Families that do not look at all settings make one run of several.
          for (const each of made.value) if (!runs.has(each.name)) runs.set(each.name, each);
        }
  }
  return ok([...runs.values()]);
}

/** Reads each file once. */
function remembering(): ReadImages {
  const known = new Map<string, ReturnType<ReadImages>>();
  return (files, how, grid, owner) => {
    const key = JSON.stringify([files, how.kind, grid]);
    const read = known.get(key) ?? readPooled(files, how, grid, owner);
    known.set(key, read);
    return read;
  };
}

/** Every choice of one value each. */
function* combinations(choices: Choices): Generator<Chosen> {
  const names = [...choices.keys()];
  const total = [...choices.values()].reduce((product, values) => product * values.length, 1);
  for (let index = 0; index < total; index++) {
    const chosen: [string, Given | null][] = [];
    let rest = index;
    // The last name varies fastest.
    for (const name of names.toReversed()) {
      const values = choices.get(name) ?? [];
      chosen.unshift([name, values[rest % values.length]]);
      rest = Math.floor(rest / values.length);
    }
    yield new Map(chosen);
  }
}

/** The runs of one combination, over seeds and backends. */
function runsWith(
  plan: Plan,
  spec: FamilySpec,
  chosen: Chosen,
  readImages: ReadImages,
): Result<readonly PlannedRun[]> {
  const given = new Map<string, string | true>([['family', spec.id]]);
  for (const [name, value] of chosen) if (value) given.set(name, value.text);
  if (plan.workers) given.set('workers', plan.workers.text);
  const options = { ...trainOptions, ...COMMON };
  const values = readValues(options, given);
  if (!values.ok) return values;
  // Only some families have targets to choose: the others leave the plan's to them.
  const targets = usualTargets(spec, values.value.binarise) === null ? null : values.value.targets;
  if (targets === null) given.delete('targets');
  const asked: TrainValues = { ...values.value, targets };
  const command = readTrainCommand(asked, readImages);
  if (!command.ok) return command;
  const { job, identity } = command.value;
  const { family, grid, hyper, binarisation } = job;
  const settings = { family, grid, hyper, binarisation, ...identity() };
  const runs: PlannedRun[] = [];
  for (const { text: backendText } of plan.backends) {
    const backend: BackendKind = backendText === 'webgpu' ? 'webgpu' : 'cpu';
    for (const { text: seed } of plan.seeds) {
      const key = settingsKey({ ...settings, seed: Number(seed), backend });
      const own = new Map([...given, ['seed', String(seed)] as const, ['backend', backend] as const]);
      runs.push({ name: nameOf(spec, hyper, String(seed), key), key, options: own });
    }
  }
  return ok(runs);
}

/** What a person tells runs apart by, and 64 bits of a hash of all settings. */
function nameOf(spec: FamilySpec, hyper: Hyper, seed: string, key: string): string {
  const usual = completeHyper(spec);
  const chosen = spec.hyperparameters
    .filter(({ name }) => hyper[name] !== usual[name])
    .map(({ name }) => `${name}${hyper[name]}`);
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return [[spec.id, ...chosen].join('-').slice(0, 80), `s${Number(seed)}`, hash].join('-');
}

/** A reason of `train` ("--hidden: ..."; "digits.idx: --images: ...") with the place in the plan that it is about. */
function attributed(reason: string, chosen: Chosen, model: string): string {
  const option = /^--([\w-]+): (.*)$/s.exec(reason);
  if (option) return `${chosen.get(option[1])?.place ?? `${model}.${option[1]}`}: ${option[2]}`;
  // "digits.idx: --images: ..." is about the file alone, "digits.idx: grid: ..." about what the model makes of it.
  const file = [...chosen.values()].find((value) => value && reason.startsWith(`${String(value.text)}: --`));
  return `${file?.place ?? model}: ${reason}`;
}

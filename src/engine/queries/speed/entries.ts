import { fail, ok, type Result } from '../../../data/result.ts';
import type { FamilySpec } from '../../../models/family-spec.ts';
import type { Hyper, Model } from '../../../models/model.ts';
import { checkHyper, findFamily, folderSpec, needsLabels } from '../../../models/registry.ts';
import type { SpeedRequest, SpeedWork } from '../api.ts';

/** By how much time a family takes, roughly. */
const TRAININGS: readonly FamilySpec['training'][] = ['counted', 'em', 'descended'];
const WORKS: readonly SpeedWork[] = ['score', 'sample', 'train'];

/** A model that is measured. */
export interface Entry {
  readonly spec: FamilySpec;
  readonly hyper: Hyper;
  /** Why nothing of it can be measured; null where it can. */
  readonly refusal: string | null;
  /** Null until it is first opened. */
  model: Model | null;
}

/** In the order in which they are measured: what costs little first, so that a short run has figures of most. */
export function entriesOf({ seconds, images, models }: SpeedRequest): Result<readonly Entry[]> {
  if (!(seconds > 0)) return fail(`seconds: ${seconds} is not above 0`);
  if (images.count === 0) return fail('images: none');
  const entries: (Entry & { readonly cost: number })[] = [];
  for (const { family, hyper } of models) {
    const spec = findFamily(family);
    if (!spec) return fail(`family: "${family}" is unknown`);
    const wrong = checkHyper(spec, hyper);
    if (wrong !== null) return fail(`${family}: ${wrong}`);
    const { grid, labels } = images;
    const unlabelled =
      needsLabels({ family, hyper }) && !labels ? 'labels: it needs the class of every image' : null;
    const refusal = spec.refuses?.(grid, hyper) ?? unlabelled;
    const cost =
      refusal === null ? spec.parameterCount(grid, hyper) * (folderSpec(family).uses?.(grid) ?? 1) : 0;
    entries.push({ spec, hyper, refusal, cost, model: null });
  }
  return ok(entries.sort((a, b) => placeOf(a) - placeOf(b) || a.cost - b.cost));
}

function placeOf({ spec }: Pick<Entry, 'spec'>): number {
  return TRAININGS.indexOf(spec.training);
}

/** One work of one model. */
export interface Task {
  readonly entry: Entry;
  readonly work: SpeedWork;
  /** Why it cannot be done; null where it can. */
  readonly refusal: string | null;
}

export function tasksOf(entries: readonly Entry[]): readonly Task[] {
  return entries.flatMap((entry) =>
    WORKS.map((work) => ({ entry, work, refusal: entry.refusal ?? refusalOf(entry.spec, work) })),
  );
}

function refusalOf({ task }: FamilySpec, work: SpeedWork): string | null {
  return work === 'sample' && task === 'classifier' ? 'a classifier draws no images' : null;
}

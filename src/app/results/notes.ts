import { describeBinarisation } from '../../data/binarise.ts';
import type { ModelRecord } from '../../store/records.ts';
import type { DensityReading } from '../../engine/queries/api.ts';
import { learntFrom } from '../compare/learnt-from.ts';
import { count, fixed, LOG_P } from '../format.ts';
import { letterOf, type Side } from '../sides.ts';

/** What a figure says of a model: a slot of the page has it. */
export interface NotedModel {
  readonly side: Side;
  readonly title: string;
  readonly model: ModelRecord | null;
  /** Of the drawing; null where it is not known, or the model has no p(x). */
  readonly density: Pick<DensityReading, 'logLikelihood'> | null;
}

/** "Model A: NADE, hidden = 500, log p −81.24 nats. Trained on MNIST (54,000 images), binarisation stochastic, seed 0; seed of training 1." */
export function modelNote({ side, title, model, density }: NotedModel): string {
  if (!model) return `Model ${letterOf(side)}: ${title}`;
  const score = density ? `, ${LOG_P} ${fixed(density.logLikelihood, 2)} nats` : '';
  const { dataset, binarisation, seed } = model;
  return (
    `Model ${letterOf(side)}: ${model.name}${score}. ` +
    `Trained on ${dataset.name} (${count(learntFrom(model).learnt)} images), binarisation ${describeBinarisation(binarisation)}; seed of training ${seed}.`
  );
}

/** What the pictures of drawings are: the models read them so. */
export const DRAWING_NOTE = 'The drawing is binarised by threshold 0.5.';

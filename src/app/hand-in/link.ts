import { families } from '../../models/registry.ts';
import type { ModelRecord } from '../../store/records.ts';
import { formatExperiment, parseExperiment } from '../experiment.ts';
import { greyBinarisation } from '../../data/binarise.ts';

/** The address that shows a trained model as model B, on its grid. */
export function linkToModel({
  id,
  grid,
  binarisation,
}: Pick<ModelRecord, 'id' | 'grid' | 'binarisation'>): string {
  const usual = parseExperiment(`grid=${grid.width}`, families);
  const experiment = {
    ...usual,
    right: { kind: 'trained', id },
    binarisation: greyBinarisation(binarisation),
  } as const;
  return `${location.origin}${location.pathname}#/play?${formatExperiment(experiment)}`;
}

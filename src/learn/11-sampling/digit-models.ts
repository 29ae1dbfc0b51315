import type { Binarisation } from '../../data/binarisation.ts';
import { binarise } from '../../data/binarise.ts';
import type { Grid, GreyImages } from '../../data/images.ts';
import { poolImages } from '../../data/pool.ts';
import { ok, type Result } from '../../data/result.ts';
import { reference } from '../../models/bayes-net/reference.ts';
import { findFamily, presetHyper } from '../../models/registry.ts';
import type { CpuModel } from '../../models/cpu-model.ts';

const FAMILY = 'neighbours';
/** As Play counts its models, so that a link into Play shows the same ones. */
const BINARISATION: Binarisation = { kind: 'stochastic', seed: 0 };

/** A model of digits that is counted in milliseconds, open for reading. */
export interface DigitModel {
  readonly grid: Grid;
  readonly cpu: CpuModel;
}

/** The model's hyper-parameters: those that fit a thousand digits. */
export function digitHyper(): Readonly<Record<string, number>> {
  const spec = findFamily(FAMILY);
  if (!spec) throw new Error(`family: "${FAMILY}" is unknown`);
  return presetHyper(spec, 'starter');
}

/** Play with this model on both sides, its images from `seed` on at `temperature`, and the panel that compares samplers. */
export function playLink(seed: number, temperature: number): string {
  const hyper = Object.entries(digitHyper())
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return `left=${FAMILY}&right=${FAMILY}&${hyper}&seed=${seed}&t=${temperature}&ask=sampling`;
}

/** Counts a model of every pixel given its nearest earlier ones over digits, pooled to the grid. Fails where they cannot be. */
export function countDigits(digits: GreyImages, grid: Grid): Result<DigitModel> {
  const pooled = poolImages(digits, grid);
  if (!pooled.ok) return pooled;
  const hyper = digitHyper();
  const counter = reference.counter?.(FAMILY, grid, hyper);
  if (!counter) throw new Error(`family: "${FAMILY}" is not counted`);
  counter.add(binarise(pooled.value, BINARISATION));
  return ok({ grid, cpu: reference.open({ family: FAMILY, grid, hyper, tensors: counter.finish() }) });
}

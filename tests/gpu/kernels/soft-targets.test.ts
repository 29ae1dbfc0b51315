/** The gradient kernels with grey levels for targets, beside the plain loops in f64: every descended density of the registry. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pixelCount, type Grid } from '../../../src/data/images.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { completeHyper, families, folderSpec } from '../../../src/models/registry.ts';
import type { FamilySpec } from '../../../src/models/family-spec.ts';
import type { Hyper } from '../../../src/models/model.ts';
import { gradientErrors } from '../comparison.ts';
import { mutate, openTestDevice, randomImages, randomModel, randomSource, withDevice } from '../setup.ts';

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

/** A third of the levels 0, a third 255, as in a digit. */
function levelsOf(grid: Grid, count: number): Uint8Array {
  const random = randomSource(31);
  return Uint8Array.from({ length: count * pixelCount(grid) }, () =>
    Math.min(255, Math.max(0, Math.round(255 * (3 * random() - 1)))),
  );
}

const LARGEST = 300_000;

/** The family's defaults, its sizes halved until a model is small; of an ensemble three orders. */
function small(spec: FamilySpec, grid: Grid): Hyper {
  const hyper: Record<string, number> = { ...completeHyper(spec) };
  for (const p of spec.hyperparameters) if (p.role === 'ensemble') hyper[p.name] = Math.min(3, p.max);
  const sizes = spec.hyperparameters.filter((p) => p.role === 'size');
  while (spec.parameterCount(grid, hyper) > LARGEST && sizes.some((p) => hyper[p.name] > p.min))
    for (const p of sizes) hyper[p.name] = Math.max(p.min, Math.floor(hyper[p.name] / 2));
  return hyper;
}

const errorsOf = (on: Device, spec: FamilySpec, grid: Grid, count: number) =>
  gradientErrors(
    on,
    randomModel(spec.id, grid, small(spec, grid), 32, 0.1, 0),
    randomImages(grid, count, 33, 0.2),
    undefined,
    null,
    levelsOf(grid, count),
  );

const descended = families
  .map(({ id }) => folderSpec(id))
  .filter((spec) => spec.training === 'descended' && spec.task === 'density');

/** Pixels that fill whole words of targets, and some that do not. */
const GRIDS = [
  { width: 4, height: 4 },
  { width: 11, height: 7 },
] as const;

describe.each(descended.map((spec) => [spec.id, spec] as const))('%s', (_, spec) => {
  it.each(GRIDS)('has the gradient and the loss of the definition on $width x $height', async (grid) => {
    for (const count of [1, 67]) {
      const errors = await errorsOf(device, spec, grid, count);
      expect(errors.gradient).toBeLessThan(1e-4);
      expect(errors.loss).toBeLessThan(1e-5);
    }
  });

  it.each([
    ['the bits', 'lib/targets.wgsl', 'f32(level) / 255.0', 'select(0.0, 1.0, level > 127u)'],
    ['the next pixel', 'lib/targets.wgsl', '(pixel & 3u) * 8u', '((pixel + 1u) & 3u) * 8u'],
    ['the first image', 'lib/targets.wgsl', 'targets[image * (', 'targets[0u * image * ('],
    ['rows one word short', 'lib/targets.wgsl', '(pixels + 3u) / 4u', '(pixels + 0u) / 4u'],
  ])('is not taken for right with the targets of %s', async (_what, file, text, replacement) => {
    const errors = await withDevice(mutate(file, text, replacement), (on) => errorsOf(on, spec, GRIDS[1], 9));
    expect(errors.gradient).toBeGreaterThan(1e-3);
  });
});

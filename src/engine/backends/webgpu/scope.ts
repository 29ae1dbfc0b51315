import type { Grid } from '../../../data/images.ts';
import { areHalves } from '../../../data/float16.ts';
import type { Arena, Together } from '../../../gpu/arena.ts';
import type { Device } from '../../../gpu/device.ts';
import type { Overrides } from '../../../gpu/kernel.ts';
import { tilesFor } from '../../../gpu/tiles.ts';
import type { Program, ProgramScope } from '../../../models/program.ts';
import { folderOf } from '../../../models/registry.ts';
import type { Hyper, Tensors } from '../../../models/model.ts';

const programs = import.meta.glob<Program>('../../../models/*/program.ts', {
  eager: true,
  import: 'program',
});

/** A family's program opened on a device, with memory of its own. */
export interface OpenScope extends ProgramScope {
  readonly device: Device;
  readonly program: Program;
  /** All of `tensors` in one buffer, in the order of their names there. */
  readonly weights: Together;
  /** Those of its kernels: tiles, and how weights are packed. */
  readonly overrides: Overrides;
}

/** What selects a family's program and its sizes: a model without its tensors. */
export interface ProgramModel {
  readonly family: string;
  readonly grid: Grid;
  readonly hyper: Hyper;
}

/**
 * Compiles every kernel of the family (or those of `only`) and of `ops`, and uploads the tensors. Throws for an unknown family, where the WGSL is
 * wrong and where memory does not suffice; then nothing stays allocated. `together` is how many images are computed at a time.
 */
export async function openScope(
  device: Device,
  model: ProgramModel,
  tensors: Tensors,
  ops: readonly string[] = [],
  only?: readonly string[],
  together = Infinity,
): Promise<OpenScope> {
  const { family, grid, hyper } = model;
  const program = programs[`../../../models/${folderOf(family)}/program.ts`];
  const halves = program.packsWeights === true && Object.values(tensors).every(areHalves);
  const overrides = { ...tilesFor(device.adapter, together), halves: Number(halves) };
  const kernels = await device.kernels([...(only ?? program.kernels), ...ops], overrides);
  const kernelOf = (path: string) => {
    const kernel = kernels.get(path);
    if (!kernel) throw new Error(`${family}: shaders/${path} is not among the program's kernels`);
    return kernel;
  };
  return inNewArena(device, family, (arena) => {
    const weights = arena.filledTogether('weights', tensors);
    return {
      device,
      program,
      family,
      grid,
      hyper,
      arena,
      weights,
      halves,
      overrides,
      tensors: weights.parts,
      uploaded: tensors,
      bind: (path, buffers) => kernelOf(path).bind(buffers),
      constant: (path, name) => kernelOf(path).constant(name),
    };
  });
}

/** Allocates with `make` inside error scopes; frees everything where that fails. */
export async function inNewArena<T>(
  device: Device,
  name: string,
  make: (arena: Arena) => T,
): Promise<Awaited<T>> {
  const arena = device.arena(name);
  try {
    return await device.guard(`${name}: memory`, () => make(arena));
  } catch (error) {
    arena.destroy();
    throw error;
  }
}

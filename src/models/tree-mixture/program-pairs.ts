import { pixelCount, wordsPerImage } from '../../data/images.ts';
import type { GpuBuffer } from '../../gpu/arena.ts';
import type { ProgramEmIteration, ProgramScope } from '../program.ts';
import { batchParams } from '../program-params.ts';
import { inRanges } from '../shared/ranges.ts';
import type { Model } from '../model.ts';
import { mStep, type PairTable } from './m-step.ts';

/** A tile is the pairs of two words of an image. */
const TILE = 32;
/** Most bytes of a buffer of pairs: more components are counted in several. */
const MAX_BYTES = 2 ** 26;

/** The pairs of all components as shaders/tree-mixture/pairs.wgsl counts them, and the trees that the host grows from these. */
export function pairStatistics(
  scope: ProgramScope,
  model: Model,
  { images, responsibility, padded }: { images: GpuBuffer; responsibility: GpuBuffer; padded: number },
): Pick<ProgramEmIteration, 'add' | 'statistics' | 'finish'> {
  const { arena, grid } = scope;
  const K = model.tensors.weight.length;
  const n = pixelCount(grid);
  const words = wordsPerImage(grid);
  const tiles = (words * (words + 1)) / 2;
  const numbers = tiles * TILE * TILE;
  const perBuffer = Math.max(1, Math.floor(MAX_BYTES / (4 * numbers)));
  const seen = arena.storage('seen', padded * 4);
  const buffers = inRanges(0, K, perBuffer, (first, end) => {
    const pairs = arena.storage(`pairs_${first}`, (end - first) * numbers * 4);
    const kernel = scope.bind('tree-mixture/pairs.wgsl', { images, responsibility, pairs, seen });
    return { name: `pairs_${first}`, first, components: end - first, pairs, kernel };
  });
  let added = 0;
  return {
    add(count) {
      added += count;
      return buffers.map(({ first, components, kernel }) =>
        kernel.dispatch(
          { ...batchParams(scope, count), first_component: first, padded },
          [components * tiles],
          Math.ceil(count / kernel.constant('together')),
        ),
      );
    },
    statistics: { seen, ...Object.fromEntries(buffers.map(({ name, pairs }) => [name, pairs])) },
    finish(read) {
      /** Adds the pairs of a component to a table. */
      const addPairs = (k: number, into: PairTable) => {
        const { name, first } = buffers[Math.floor(k / perBuffer)];
        const own = read[name].subarray((k - first) * numbers, (k - first + 1) * numbers);
        let at = 0;
        for (let row = 0; row < words; row++) {
          for (let column = row; column < words; column++, at += TILE * TILE)
            addTile(own.subarray(at, at + TILE * TILE), row * TILE, column * TILE, n, into);
        }
      };
      const all: PairTable = new Float64Array(n * n);
      for (let k = 0; k < K; k++) addPairs(k, all);
      return mStep(model, {
        images: added,
        seen: read.seen.subarray(0, K),
        all,
        pairsOf(k, into) {
          into.fill(0);
          addPairs(k, into);
        },
      });
    },
  };
}

/** Adds the pairs i <= j of a tile, whose first pixels are `row` and `column`. */
function addTile(tile: Float32Array, row: number, column: number, n: number, into: PairTable): void {
  const rows = Math.min(TILE, n - row);
  const columns = Math.min(TILE, n - column);
  for (let i = 0; i < rows; i++) {
    for (let j = row === column ? i : 0; j < columns; j++)
      into[(row + i) * n + column + j] += tile[i * TILE + j];
  }
}

/**
 * Total variation between completions and p(unknown | known), enumerated, on 3x3 pixels, as a Markdown table: every density of
 * the registry with random parameters from -1.5 to 1.5 (deep networks 0.4; seed 4), three pixels known, the first or the last of its order, the
 * others being drawn (64 completions). An exact method's draws leave about sqrt(64 / (2 pi draws)), 0.014 of 50,000 and 0.032 of
 * 10,000, and less where some completions are rare.
 *   node tests/bench/completion.mjs 50000 [family]
 */
import { exactCases } from '../../src/app/exactness/cases.ts';
import { knownPixelsOf, maskOf } from '../../src/data/known-pixels.ts';
import { packImages } from '../../src/data/images.ts';
import type { CompletionMethod } from '../../src/engine/queries/api.ts';
import { CompleteQueries } from '../../src/engine/queries/complete/queries.ts';
import { createCpuBackend } from '../../src/engine/backends/cpu.ts';
import { LoadedModels } from '../../src/engine/queries/loaded-models.ts';
import { families, isClassConditional, ordersOf } from '../../src/models/registry.ts';
import { randomModel } from '../unit/models/families.ts';

const GRID = { width: 3, height: 3 };
const KNOWN = 3;
const SWEEPS = 10;
const PROPOSALS = 10;
/** Networks of many layers: slow to score, and with large weights sure of one image. */
const DEEP: readonly string[] = ['pixelcnn', 'sparse-pixelcnn'];
const METHODS: readonly CompletionMethod[] = ['exact', 'forward', 'importance', 'gibbs'];

export async function run(count: number, only: string | undefined): Promise<void> {
  const cpu = createCpuBackend();
  console.log(
    `${count} draws, seed 1; importance (${PROPOSALS} proposals a draw) and Gibbs (${SWEEPS} sweeps) a fifth of them, deep networks a 25th; * exact\n`,
  );
  console.log(`| family | known | ${METHODS.join(' | ')} | exact how |\n|---|---|---|---|---|---|---|`);
  for (const { family, settings, hyper, refusal } of exactCases(families, GRID)) {
    // Other orders run the same code.
    if (refusal !== null || hyper.order || (only ?? family) !== family) continue;
    // With large weights a deep network puts all probability on one image, where every method is exact.
    const deep = DEEP.includes(family);
    const model = randomModel(family, GRID, deep ? 0.4 : 1.5, 4, hyper);
    const models = new LoadedModels({ now: () => cpu });
    const loaded = models.load('it', model);
    if (!loaded.ok) throw new Error(loaded.reason);
    const queries = new CompleteQueries(models);
    const [order] = ordersOf(model);
    for (const [words, known] of [
      ['first 3', order.subarray(0, KNOWN)],
      ['last 3', order.subarray(-KNOWN)],
    ] as const) {
      const knownPixels = knownPixelsOf(
        packImages(GRID, [1, 0, 1, 0, 1, 1, 0, 1, 0]),
        maskOf(GRID, (pixel) => known.includes(pixel)),
      );
      const methods = await queries.methods('it', knownPixels);
      if (!methods.ok) throw new Error(methods.reason);
      const cells: string[] = [];
      for (const { method, available, exact } of methods.value) {
        // Importance and Gibbs score many images per draw, and a deep network is slow at that.
        const fewer = method === 'importance' || method === 'gibbs' ? (deep ? 25 : 5) : 1;
        const draws = Math.ceil(count / fewer);
        const request = { method, knownPixels, count: draws, seed: 1, sweeps: SWEEPS, proposals: PROPOSALS };
        const distance = available ? await queries.distance('it', request) : null;
        cells.push(
          distance === null
            ? '-'
            : distance.ok
              ? distance.value.toFixed(3) + (exact ? ' *' : '')
              : distance.reason,
        );
      }
      const label =
        settings === '' || isClassConditional(model) ? `${family} ${settings}` : `${family} (${settings})`;
      console.log(`| ${label.trim()} | ${words} | ${cells.join(' | ')} | ${methods.value[0].why} |`);
    }
  }
}

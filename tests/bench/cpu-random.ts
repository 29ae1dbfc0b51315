/**
 * Random numbers by WebAssembly SIMD beside those of typed arrays, in the same process and all else by the same row operations: rates a second of
 * processor time, medians.
 *   node tests/bench/cpu.mjs random
 */
import { readFileSync } from 'node:fs';
import { binariseRows } from '../../src/data/binarise.ts';
import { readIdxImages } from '../../src/data/idx.ts';
import { drawUniforms, indexRange } from '../../src/data/rng.ts';
import { referenceOf } from '../../src/engine/backends/references.ts';
import { decodeModel } from '../../src/models/model-file.ts';
import type { CpuModel } from '../../src/models/cpu-model.ts';
import type { Model } from '../../src/models/model.ts';
import { fused } from '../unit/simd/implementations.ts';
import { compare } from './contenders.ts';

const N = 784;
const without = { ...fused, random: () => null };
const random = fused.random()!;

/** The FVSBN that comes with the app: images with the ink of digits. */
function shipped(): Model {
  const file = decodeModel(Uint8Array.from(readFileSync('public/models/fvsbn.safetensors')), 'fvsbn');
  if (!file.ok) throw new Error(file.reason);
  return file.value.model;
}

function sampling(model: Model): void {
  const opened = [without, fused].map((simd) => referenceOf(model.family).open(model, simd));
  for (const count of [64, 1]) {
    const draw = (each: CpuModel, seed: number) => {
      const sampler = each.sampler({ seed, indices: indexRange(0, count), temperature: 1 });
      sampler.advance(N);
      return sampler.images.words;
    };
    const [typed, own] = opened.map((each) => draw(each, 1));
    const apart = typed.filter((word, at) => word !== own[at]).length;
    let ink = 0;
    for (const word of typed) for (let rest = word; rest !== 0; rest &= rest - 1) ink++;
    let seed = 0;
    compare(
      `sample ${count} ${model.family} (${(ink / count).toFixed(0)} on, ${apart} words differ)`,
      count,
      count === 1 ? 200 : 25,
      [
        ['typed', () => void draw(opened[0], seed++)],
        ['simd', () => void draw(opened[1], seed++)],
      ],
    );
  }
}

export function run(): void {
  const row = new Float32Array(N);
  for (const count of [N, 64, 28]) {
    const rows = Math.ceil(400_000 / count);
    const all = (draw: (index: number) => void) => {
      for (let index = 0; index < rows; index++) draw(index);
    };
    compare(`uniform numbers, ${count} a row`, rows * count, 15, [
      ['typed', () => all((index) => drawUniforms(1, 0, index, 0, count, row))],
      ['simd', () => all((index) => void random.uniforms(1, 0, index, 0, count))],
    ]);
  }
  const read = readIdxImages(
    Uint8Array.from(readFileSync('public/data/starter-images.bin')),
    'starter digits',
  );
  if (!read.ok) throw new Error(read.reason);
  const images = read.value;
  const dynamic = { kind: 'dynamic', seed: 3 } as const;
  const each = indexRange(0, images.count);
  compare('dynamic binarisation, images', images.count, 25, [
    ['typed', () => void binariseRows(images, each, dynamic, 2)],
    ['simd', () => void binariseRows(images, each, dynamic, 2, random)],
  ]);
  sampling(shipped());
}

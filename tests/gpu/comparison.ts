/**
 * The webgpu backend beside the references' plain loops in f64: the same numbers that pass for the repository's kernels
 * must fail for a mutated one, so both tests use these.
 */
import { getPixel, pixelCount, unpackImage, type Grid, type PackedImages } from '../../src/data/images.ts';
import { randomWords, Stream, streamKey, uniform, indexRange } from '../../src/data/rng.ts';
import type { Backend, Evaluator, Sampler } from '../../src/engine/backends/backend.ts';
import { openScope } from '../../src/engine/backends/webgpu/scope.ts';
import type { Device } from '../../src/gpu/device.ts';
import { uploads } from '../../src/gpu/work.ts';
import { sigmoid } from '../../src/models/shared/math.ts';
import { folderOf } from '../../src/models/registry.ts';
import type { Hyper, Model } from '../../src/models/model.ts';
import type { Definition } from '../../src/models/reference.ts';
import type { SampleRequest } from '../../src/models/sampling.ts';
import { worst } from '../worst.ts';

const definitions = import.meta.glob<Definition>('../../src/models/*/reference.ts', {
  eager: true,
  import: 'definition',
});

/** The plain loops of a family. */
export function definitionOf(family: string): Definition {
  return definitions[`../../src/models/${folderOf(family)}/reference.ts`];
}

export interface ReadingErrors {
  /** Largest difference of a log p, in nats. */
  readonly logLikelihood: number;
  /** Largest difference of a conditional's logit. */
  readonly logits: number;
}

export async function readingErrors(
  evaluator: Pick<Evaluator, 'logLikelihood' | 'conditionalLogits'>,
  model: Model,
  images: PackedImages,
): Promise<ReadingErrors> {
  const n = pixelCount(images.grid);
  const logLikelihood = new Float64Array(images.count);
  const logits = new Float64Array(images.count * n);
  for (let m = 0; m < images.count; m++) {
    const x = unpackImage(images, m);
    const definition = definitionOf(model.family);
    logits.set(definition.logits(model, x), m * n);
    logLikelihood[m] = definition.logLikelihood(model, x);
  }
  return {
    logLikelihood: worst(await evaluator.logLikelihood(images), logLikelihood),
    logits: worst(await evaluator.conditionalLogits(images), logits),
  };
}

export interface SampleErrors {
  /** Images that differ from ancestral sampling in f64 at a pixel where u and p are further apart than 1e-5. */
  readonly wrong: number;
  /** Images that differ at a near-tie. */
  readonly ties: number;
}

export async function sampleErrors(
  open: (request: SampleRequest) => Promise<Sampler>,
  model: Model,
  count: number,
  steps: readonly number[],
  temperature = 1,
): Promise<SampleErrors> {
  const request = { seed: 3_000_000_019, indices: indexRange(1_000, count), temperature };
  const sampler = await open(request);
  for (const pixels of steps) await sampler.advance(pixels);
  const images = await sampler.images();
  sampler.destroy();
  return judgeSamples(model, images, request);
}

function judgeSamples(model: Model, images: PackedImages, request: SampleRequest): SampleErrors {
  const words = new Uint32Array(pixelCount(images.grid));
  let wrong = 0;
  let ties = 0;
  for (let m = 0; m < images.count; m++) {
    randomWords(request.seed, streamKey(Stream.sample), request.indices[m], words);
    // Raster order: the logits of the image as drawn are those at which each of its pixels was drawn.
    const z = definitionOf(model.family).logits(model, unpackImage(images, m));
    const p = z.map((value) => sigmoid(value / request.temperature));
    const off = [...words].findIndex((word, i) => (uniform(word) < p[i] ? 1 : 0) !== getPixel(images, m, i));
    if (off < 0) continue;
    if (Math.abs(uniform(words[off]) - p[off]) < 1e-5) ties++;
    else wrong++;
  }
  return { wrong, ties };
}

/** Largest difference of a table's logit after counting. */
export async function countErrors(
  backend: Backend,
  family: string,
  grid: Grid,
  hyper: Hyper,
  batches: readonly PackedImages[],
): Promise<number> {
  const words = batches.flatMap((batch) => [...batch.words]);
  const images = batches.reduce((sum, batch) => sum + batch.count, 0);
  const all = { grid, count: images, words: Uint32Array.from(words) };
  const counter = await backend.counter(family, grid, hyper);
  for (const batch of batches) await counter.add(batch, null);
  const found = await counter.finish();
  counter.destroy();
  const expected = definitionOf(family).count?.(family, grid, hyper, all);
  if (!expected) throw new Error(`${family} is not counted`);
  return Math.max(...Object.keys(expected).map((name) => worst(found[name], expected[name])));
}

export interface GradientErrors {
  /** Largest difference of a gradient, relative to the largest gradient of its tensor. */
  readonly gradient: number;
  /** Relative difference of the summed log p. */
  readonly loss: number;
}

/**
 * Runs a family's gradient kernels alone, without binarisation and Adam. `levels` are the grey levels of soft targets, [count, n]; without
 * them the targets are the bits. `together` is how many images the kernels are chosen for.
 */
export async function gradientErrors(
  device: Device,
  model: Model,
  batch: PackedImages,
  kernels?: readonly string[],
  classes: Uint8Array | null = null,
  levels: Uint8Array | null = null,
  together = Infinity,
): Promise<GradientErrors> {
  const scope = await openScope(device, model, model.tensors, [], kernels, together);
  const { arena, program } = scope;
  const images = arena.storage('batch', batch.words.byteLength);
  const labels = arena.filled('labels', Uint32Array.from(classes ?? new Uint8Array(batch.count)));
  const targets = arena.filled('targets', targetBytes(batch, levels));
  const entries = Object.entries(model.tensors);
  const gradients = Object.fromEntries(
    entries.map(([name, values]) => [name, arena.storage(`d_${name}`, values.byteLength)]),
  );
  const run = program.gradient?.(scope, { images, targets, labels, capacity: batch.count, gradients });
  if (!run) throw new Error(`${model.family} has no gradient`);
  const work = [...uploads(images, batch.words), ...run.gradient(batch.count)];
  const logLikelihood = await device.readback.floats(run.partial, run.parts * batch.count, work);
  const found = await device.readback.read(
    entries.map(([name, values]) => ({ source: gradients[name], count: values.length })),
  );
  arena.destroy();
  const exact = Object.fromEntries(entries.map(([name, values]) => [name, new Float32Array(values.length)]));
  const loss = definitionOf(model.family).gradient?.(model, batch, exact, {
    labels: classes,
    soft: levels && Float32Array.from(levels, (level) => level / 255),
  });
  if (loss === undefined) throw new Error(`${model.family} has no gradient`);
  const errors = entries.map(([name, values], i) => {
    if (values.length === 0) return 0;
    const largest = exact[name].reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
    return worst(new Float32Array(found[i]), exact[name]) / largest;
  });
  const summed = -logLikelihood.reduce((sum, value) => sum + value, 0);
  return { gradient: Math.max(...errors), loss: Math.abs(summed - loss) / loss };
}

/** Grey levels, or bits where there are none, a byte a pixel; every image padded to whole words, as shaders/lib/targets.wgsl reads them. */
export function targetBytes(batch: PackedImages, levels: Uint8Array | null = null): Uint8Array<ArrayBuffer> {
  const n = pixelCount(batch.grid);
  const stride = Math.ceil(n / 4) * 4;
  const bytes = new Uint8Array(batch.count * stride);
  for (let m = 0; m < batch.count; m++)
    for (let i = 0; i < n; i++)
      bytes[m * stride + i] = levels ? levels[m * n + i] : 255 * getPixel(batch, m, i);
  return bytes;
}

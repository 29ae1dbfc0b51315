import { pixelCount, sliceImages, wordsPerImage, type PackedImages } from '../../../data/images.ts';
import type { GpuBuffer } from '../../../gpu/arena.ts';
import type { Dispatch } from '../../../gpu/kernel.ts';
import { uploads } from '../../../gpu/work.ts';
import type { ProgramEvaluator } from '../../../models/program.ts';
import type { OpenScope } from './scope.ts';

/** Most images of one upload; fewer of a large grid. */
const MAX_SCORED = 8192;
const MAX_READ = 256;
/** Most bytes of a buffer that is read back. */
const MAX_BYTES = 2 ** 20;
/** Pieces that are queued before the first result is awaited. */
const PIECES_AHEAD = 4;

/** Reads images with the tensors of a scope, a piece at a time; its memory is allocated once. */
export class Scorer {
  readonly #images: GpuBuffer;
  readonly #capacity: number;
  readonly #evaluator: ProgramEvaluator;

  constructor(private readonly scope: OpenScope) {
    const { arena, program, grid } = scope;
    if (!program.evaluator) throw new Error(`family: "${scope.family}" has no p(x)`);
    this.#capacity = capacityOf(MAX_SCORED, wordsPerImage(grid) * 4);
    this.#images = arena.storage('images', this.#capacity * wordsPerImage(grid) * 4);
    this.#evaluator = program.evaluator(scope, { images: this.#images, capacity: this.#capacity });
  }

  /** log p in nats, [count]. */
  async logLikelihood(images: PackedImages): Promise<Float64Array<ArrayBuffer>> {
    const { parts, partial } = this.#evaluator;
    const result = new Float64Array(images.count);
    await overPieces(images, this.#capacity, async (piece, first) => {
      const { count } = piece;
      const work = [...uploads(this.#images, piece.words), ...this.#evaluator.logLikelihood(count)];
      const values = await this.scope.device.readback.floats(partial, parts * count, work);
      for (let i = 0; i < values.length; i++) result[first + (i % count)] += values[i];
    });
    return result;
  }
}

/** The same for conditional logits. */
export class LogitReader {
  readonly #images: GpuBuffer;
  readonly #capacity: number;
  readonly #out: GpuBuffer;
  readonly #conditionalLogits: (count: number) => Dispatch[];

  constructor(private readonly scope: OpenScope) {
    const { arena, program, grid } = scope;
    if (!program.logits) throw new Error(`family: "${scope.family}" has no p(x)`);
    this.#capacity = capacityOf(MAX_READ, pixelCount(grid) * 4);
    this.#images = arena.storage('read_images', this.#capacity * wordsPerImage(grid) * 4);
    this.#out = arena.storage('conditional_logits', this.#capacity * pixelCount(grid) * 4);
    const io = { images: this.#images, out: this.#out, capacity: this.#capacity };
    const logits = program.logits(scope, io);
    this.#conditionalLogits = (count) => logits.conditionalLogits(count);
  }

  /** Logits of p(x_i = 1 | x_<i), [count, n]. */
  async conditionalLogits(images: PackedImages): Promise<Float32Array<ArrayBuffer>> {
    const n = pixelCount(this.scope.grid);
    const result = new Float32Array(images.count * n);
    await overPieces(images, this.#capacity, async (piece, first) => {
      const work = [...uploads(this.#images, piece.words), ...this.#conditionalLogits(piece.count)];
      result.set(await this.scope.device.readback.floats(this.#out, piece.count * n, work), first * n);
    });
    return result;
  }
}

/** Number of images of `bytesEach` that fit into one piece. */
export function capacityOf(most: number, bytesEach: number): number {
  return Math.max(1, Math.min(most, Math.floor(MAX_BYTES / bytesEach)));
}

/**
 * Calls `read` for every piece of at most `capacity` images. `read` must queue all of its work before it first awaits: the pieces
 * share buffers, and the device computes the next piece while the one before is read back. Resolves with the results in the order of the pieces.
 */
export async function overPieces<T>(
  images: PackedImages,
  capacity: number,
  read: (piece: PackedImages, first: number) => Promise<T>,
): Promise<T[]> {
  const pieces = [...piecesOf(images, capacity)];
  const results: T[] = [];
  for (let at = 0; at < pieces.length; at += PIECES_AHEAD) {
    const ahead = pieces.slice(at, at + PIECES_AHEAD);
    results.push(...(await Promise.all(ahead.map(({ piece, first }) => read(piece, first)))));
  }
  return results;
}

/** `images` in pieces of at most `capacity`. */
export function* piecesOf(
  images: PackedImages,
  capacity: number,
): Generator<{ first: number; piece: PackedImages }> {
  for (let first = 0; first < images.count; first += capacity) {
    yield { first, piece: sliceImages(images, first, Math.min(capacity, images.count - first)) };
  }
}

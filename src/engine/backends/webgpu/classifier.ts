import { CLASSES, wordsPerImage, type PackedImages } from '../../../data/images.ts';
import type { GpuBuffer } from '../../../gpu/arena.ts';
import type { Dispatch } from '../../../gpu/kernel.ts';
import { uploads } from '../../../gpu/work.ts';
import { capacityOf, overPieces } from './scorer.ts';
import type { OpenScope } from './scope.ts';

const MAX_CLASSIFIED = 8192;

/** Reads images with a classifier's tensors, a piece at a time; its memory is allocated once. */
export class ClassReader {
  readonly #images: GpuBuffer;
  readonly #capacity: number;
  readonly #out: GpuBuffer;
  readonly #classLogits: (count: number) => Dispatch[];

  constructor(private readonly scope: OpenScope) {
    const { arena, program, grid } = scope;
    if (!program.classifier) throw new Error(`family: "${scope.family}" is no classifier`);
    this.#capacity = capacityOf(MAX_CLASSIFIED, wordsPerImage(grid) * 4);
    this.#images = arena.storage('classified_images', this.#capacity * wordsPerImage(grid) * 4);
    this.#out = arena.storage('class_logits', this.#capacity * CLASSES * 4);
    const io = { images: this.#images, out: this.#out, capacity: this.#capacity };
    const classifier = program.classifier(scope, io);
    this.#classLogits = (count) => classifier.classLogits(count);
  }

  /** p(y | x) up to a constant an image, in nats, [count, CLASSES]. */
  async classLogits(images: PackedImages): Promise<Float64Array<ArrayBuffer>> {
    const result = new Float64Array(images.count * CLASSES);
    await overPieces(images, this.#capacity, async (piece, first) => {
      const work = [...uploads(this.#images, piece.words), ...this.#classLogits(piece.count)];
      result.set(
        await this.scope.device.readback.floats(this.#out, piece.count * CLASSES, work),
        first * CLASSES,
      );
    });
    return result;
  }
}

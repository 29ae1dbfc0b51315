import { pixelCount } from '../../data/images.ts';
import type { GpuBuffer } from '../../gpu/arena.ts';
import type { BoundKernel, Dispatch } from '../../gpu/kernel.ts';
import type { LogLikelihoodParts, ProgramScope } from '../program.ts';
import { batchParams } from '../program-params.ts';
import type { PieceShape } from './program-pieces.ts';

export const LIKELIHOOD = 'sparse-pixelcnn/likelihood.wgsl';

/** log p of the images of a piece from the logits, which become derivatives. */
export class Likelihood implements LogLikelihoodParts {
  readonly parts: number;
  readonly partial: GpuBuffer;
  private readonly kernel: BoundKernel;

  /** `targets` may be any buffer where they are never read. */
  constructor(
    private readonly scope: ProgramScope,
    io: { images: GpuBuffer; targets: GpuBuffer; logits: GpuBuffer; capacity: number },
  ) {
    const { images, targets, logits, capacity } = io;
    this.parts = Math.ceil(pixelCount(scope.grid) / scope.constant(LIKELIHOOD, 'threads'));
    this.partial = scope.arena.storage('partial', this.parts * capacity * 4);
    this.kernel = scope.bind(LIKELIHOOD, { images, targets, logits, partial: this.partial });
  }

  of({ images, first, batch }: PieceShape, soft: boolean): Dispatch {
    const { parts } = this;
    const own = { soft: Number(soft), parts, batch, first_image: first };
    return this.kernel.dispatch({ ...batchParams(this.scope, images), ...own }, [images * parts]);
  }
}

import { wordsPerImage } from '../data/images.ts';
import type { BoundKernel, Dispatch } from '../gpu/kernel.ts';
import type { ProgramScope } from './program.ts';
import { VECTOR } from './shared/integer-nats.ts';

/**
 * A dispatch over images and the components of a mixture: threads share an image, enough for its components, four or eight each, and a power of
 * two. Throws `RangeError` where a workgroup has too few threads for them.
 */
export function overImages(
  scope: ProgramScope,
  kernel: BoundKernel,
  { vectors, scale }: { readonly vectors: number; readonly scale: number },
  count: number,
): Dispatch {
  const lanes = Math.min(kernel.constant('threads'), 2 ** Math.ceil(Math.log2(vectors)));
  if (vectors > 2 * lanes) throw new RangeError(`components: more than ${2 * lanes * VECTOR}`);
  const params = {
    words_per_image: wordsPerImage(scope.grid),
    images: count,
    components: scope.uploaded.weight.length,
    vectors,
    lanes,
    unit: 1 / scale,
  };
  return kernel.dispatch(params, [kernel.groups(count * lanes)]);
}

/** What the families of residual blocks have in common in their specs. */
import type { Grid } from '../../data/images.ts';
import type { HyperParameter } from '../family-spec.ts';

/** Bytes that the features of one image may take while it is trained on: the largest buffer of a phone. */
const MAX_BYTES = 2 ** 27;

/** The number of blocks, at most and by default `most`. */
export function blocksUpTo(most: number): HyperParameter {
  return {
    name: 'blocks',
    role: 'size',
    label: 'Residual blocks',
    meaning: 'More blocks look further and deeper, and take longer in proportion.',
    unit: '',
    min: 1,
    max: most,
    step: 1,
    default: most,
  };
}

/** Why images of this grid cannot be trained on, whose features take `bytes` each; null where they can. */
export function refuseFeatures(grid: Grid, bytes: number): string | null {
  return bytes > MAX_BYTES
    ? `grid: the features of ${grid.width} x ${grid.height} pixels need more than ${MAX_BYTES} bytes an image`
    : null;
}

import type { GreyImages } from '../images.ts';

/** Images as a file holds them, before they are prepared: of any size up to MAX_SIDE, all of one size. */
export interface ImportSource {
  /** What the data set is called at first: the name of the file, cleaned, without its ending. */
  readonly name: string;
  /** The format as it is shown: "IDX", "CSV", "NPZ", "pictures". */
  readonly format: string;
  /** Grey levels as they were read, neither inverted nor turned; labels count from 0, in the order of `classNames` where there are any. */
  readonly images: GreyImages;
  /** Names of the classes by label, cleaned: folders of a zip, letters. Null where labels are the digits themselves, or there are none. */
  readonly classNames: readonly string[] | null;
  /** Sentences on what was unusual in the file, for the visitor; usually none. */
  readonly notes: readonly string[];
}

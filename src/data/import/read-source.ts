import type { ImportSource } from './source.ts';

/** A source read from files of numbers. */
export interface ReadSource extends ImportSource {
  /** Names of all arrays that could be the images, where there are several; none otherwise. */
  readonly candidates: readonly string[];
  /** Which of them these are; null where there was no choice. */
  readonly chosen: string | null;
  /** IDX files that hold exactly these images and labels: they can be kept as they are. Null for other formats. */
  readonly files: {
    readonly images: Uint8Array<ArrayBuffer>;
    readonly labels: Uint8Array<ArrayBuffer> | null;
  } | null;
}

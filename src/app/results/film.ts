/** A sequence of pictures of one size, made while it is encoded. */
export interface Film {
  readonly width: number;
  readonly height: number;
  /** At most 256 colours, which all frames share. */
  readonly palette: readonly Rgb[];
  /** How many frames there will be, for a progress. */
  readonly count: number;
  /** What it shows, in words; and the link to the experiment is added to it. */
  readonly description: string;
  /** The frames in their order; throws the reason of the signal where that is aborted, and an Error where they cannot be made. */
  readonly frames: (signal: AbortSignal) => AsyncIterable<FilmFrame>;
}

export type Rgb = readonly [number, number, number];

export interface FilmFrame {
  /** Numbers of colours, [width * height]. */
  readonly indices: Uint8Array;
  /** How long it is shown, in milliseconds. */
  readonly ms: number;
}

/** The share of images whose most probable class is their own, with its standard error sqrt(share (1 - share) / images). */
export interface Accuracy {
  /** 0 to 1. */
  readonly share: number;
  readonly standardError: number;
  readonly images: number;
}

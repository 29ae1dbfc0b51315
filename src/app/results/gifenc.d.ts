/** The part of gifenc 1.0 that src/app/results/gif.ts uses: the package has no types of its own. */
declare module 'gifenc' {
  interface FrameOptions {
    /** Colours of all frames, with the first one. */
    palette?: number[][];
    /** 0: without end. */
    repeat?: number;
    /** Milliseconds. */
    delay?: number;
  }

  interface Encoder {
    writeFrame(indices: Uint8Array, width: number, height: number, options: FrameOptions): void;
    finish(): void;
    bytesView(): Uint8Array;
  }

  export function GIFEncoder(): Encoder;
}

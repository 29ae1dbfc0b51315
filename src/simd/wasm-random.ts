/** Random numbers a row at a time. What a call returns is overwritten by the next call. */
export interface RandomRows {
  /**
   * Begins with the uniform numbers of positions `first` to `first + count - 1` of (seed, key, index), bit for bit those of `drawUniforms`
   * (src/data/rng.ts). Throws RangeError for more of them than an image has at most.
   */
  uniforms(seed: number, key: number, index: number, first: number, count: number): Float32Array;
  /**
   * Begins with the bits of the n pixels whose grey levels begin at pixels[from], in whole words, by the random words of (seed, key, index): bit
   * for bit those of stochastic binarisation (src/data/binarise.ts). Throws RangeError as `uniforms` does.
   */
  bits(pixels: Uint8Array, from: number, n: number, seed: number, key: number, index: number): Uint32Array;
}

interface Kernels {
  uniforms(out: number, seed: number, key: number, index: number, counter: number, count: number): void;
  binarise(out: number, grey: number, seed: number, key: number, index: number, count: number): void;
}

const PAGE = 65_536;
/** Bytes at the start of the memory that src/simd/assembly uses. */
const RESERVED = 128;
/** Numbers of one row at most, and pixels: images of 256 x 256. */
const MOST = 65_536;
/** Numbers that may be written behind those that were asked for. */
const BEHIND = 16;

/** In WebAssembly, on a memory of their own; null where it cannot be had. */
export function wasmRandom(module: WebAssembly.Module): RandomRows | null {
  const bytes = RESERVED + 4 * (MOST + BEHIND);
  const pages = Math.ceil(bytes / PAGE);
  let memory: WebAssembly.Memory;
  let wasm: Kernels;
  try {
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  const { buffer } = memory;
  // A counter has two numbers: the row begins with the second of them where its first position is odd.
  const rows = [0, 1].map((skipped) => new Float32Array(buffer, RESERVED + 4 * skipped, MOST));
  // Grey levels and then bits, which take less room than the numbers of as many pixels.
  const grey = new Uint8Array(buffer, RESERVED, MOST);
  const words = new Uint32Array(buffer, RESERVED + MOST, MOST / 32);

  return {
    uniforms(seed, key, index, first, count) {
      if (count > MOST) throw new RangeError(tooMany(count));
      const skipped = first % 2;
      wasm.uniforms(RESERVED, seed, key, index, (first - skipped) / 2, count + skipped);
      return rows[skipped];
    },
    bits(pixels, from, n, seed, key, index) {
      if (n > MOST) throw new RangeError(tooMany(n));
      const whole = 32 * Math.ceil(n / 32);
      grey.set(pixels.subarray(from, from + n));
      grey.fill(0, n, whole);
      wasm.binarise(RESERVED + MOST, RESERVED, seed, key, index, whole);
      return words;
    },
  };
}

function tooMany(count: number): string {
  return `random numbers: ${count} of one row, of ${MOST} at most`;
}

/** From this grey level on a pixel is ink for the threshold. */
const INK = 128;

/**
 * What the largest grey level of a file says about how it can be read. Pixels of 0 and 1 alone are bits: read as grey
 * levels they would all be blank, so they count as 0 and 255.
 */
export class GreyLevels {
  #largest = 0;

  /** Takes a further piece of the pixels into account; cheap as soon as one was dark. */
  add(pixels: Uint8Array): void {
    if (this.#largest >= INK) return;
    for (const grey of pixels) {
      if (grey <= this.#largest) continue;
      this.#largest = grey;
      if (grey >= INK) return;
    }
  }

  /** Whether there is a pixel of level 1 and none above. */
  get binary(): boolean {
    return this.#largest === 1;
  }

  /** One sentence for the visitor; null where the levels are as expected. */
  note(): string | null {
    // Images of 0 alone are blank under every reading.
    if (this.#largest >= INK || this.#largest === 0) return null;
    if (this.binary) return 'the pixels are 0 and 1, read as paper and ink';
    return `the darkest pixel has grey level ${this.#largest} of 255: threshold reads every image as blank, and a stochastic binarisation draws hardly any ink; multiply the levels by ${Math.floor(255 / this.#largest)} first`;
  }
}

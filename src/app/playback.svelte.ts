interface Options {
  /** Steps in all; 0 while there is nothing to play. */
  readonly length: () => number;
  /** Duration of playing all of them. */
  readonly seconds: number;
}

/** A position that moves by itself from 0 to a length, frame by frame, and that a visitor can move and stop. */
export class Playback {
  readonly #options: Options;
  playing = $state(false);
  #position = $state(0);
  /** The position between two steps. */
  #clock = 0;
  #lastTick = 0;
  #frame: number | null = null;

  constructor(options: Options) {
    this.#options = options;
  }

  /** 0 to the length. */
  get position(): number {
    return Math.min(this.#options.length(), this.#position);
  }

  get ended(): boolean {
    const length = this.#options.length();
    return length > 0 && this.position === length;
  }

  go(position: number): void {
    this.#position = Math.min(this.#options.length(), Math.max(0, Math.round(position)));
    this.#clock = this.#position;
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  /** From where it stands; from the beginning where it stands at the end. */
  play(): void {
    if (this.#options.length() === 0) return;
    if (this.ended) this.go(0);
    this.playing = true;
    this.#clock = this.position;
    this.#lastTick = performance.now();
    this.#frame = requestAnimationFrame(this.#tick);
  }

  pause(): void {
    this.playing = false;
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #tick = (now: number): void => {
    const length = this.#options.length();
    // A hidden tab or a slow frame would otherwise make the position jump.
    const passed = Math.min(100, Math.max(0, now - this.#lastTick));
    this.#lastTick = now;
    this.#clock = Math.min(length, this.#clock + (passed * length) / (this.#options.seconds * 1000));
    this.#position = Math.floor(this.#clock);
    if (this.ended || length === 0) this.pause();
    else this.#frame = requestAnimationFrame(this.#tick);
  };
}

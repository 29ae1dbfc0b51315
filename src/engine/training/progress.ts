import type { Checkpoint, CurvePoint, Divergence, TrainEvent, TrainProgress } from '../api.ts';
import type { BackendKind } from '../backends/backend.ts';

/** Time between two reports. The page is promised four a second; five leave a margin. */
const REPORT_MS = 200;
const RATE_MS = 1000;

/** The position and speed of a run, and its progress events. */
export class Progress {
  readonly #runId: string;
  readonly #onEvent: (event: TrainEvent) => void;
  readonly #started = performance.now();
  readonly #secondsBefore: number;
  #idleMs = 0;
  #reported = 0;
  #rate = { images: 0, since: performance.now(), perSecond: 0 };
  /** Points of the curve that no report has had. */
  #unreported = 0;
  #phase: TrainProgress['phase'] = 'preparing';
  step = 0;
  steps = 1;
  stepsPerEpoch = 1;
  imagesPerStep = 1;
  backend: BackendKind = 'cpu';
  curve: CurvePoint[] = [];
  /** Mean -log p in nats, latest. */
  train: number | null = null;
  validation: number | null = null;
  /** Set once a loss or a weight is not finite: no later step can repair that. */
  diverged: Divergence | null = null;

  constructor(runId: string, secondsBefore: number, onEvent: (event: TrainEvent) => void) {
    this.#runId = runId;
    this.#secondsBefore = secondsBefore;
    this.#onEvent = onEvent;
  }

  get epoch(): number {
    return this.step / this.stepsPerEpoch;
  }

  /** Seconds of work so far, including earlier visits, without pauses. */
  get seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started - this.#idleMs) / 1000;
  }

  /** The phase of the last report. */
  get phase(): TrainProgress['phase'] {
    return this.#phase;
  }

  /** Whether the next report is due. */
  get due(): boolean {
    return performance.now() - this.#reported >= REPORT_MS;
  }

  /** Sets the length of the run. */
  plan(images: number, stepsPerEpoch: number, epochs: number): void {
    this.stepsPerEpoch = stepsPerEpoch;
    this.steps = this.stepsPerEpoch * epochs;
    this.imagesPerStep = images / this.stepsPerEpoch;
  }

  /** Goes to a checkpoint: where a run resumes, or falls back after a lost device. */
  restart({ curve, step }: Checkpoint): void {
    this.curve = [...curve];
    this.#unreported = 0;
    this.step = step;
    this.diverged = null;
  }

  stepped(images: number): void {
    this.step++;
    this.#rate.images += images;
  }

  addPoint(train: number | null, validation: number | null): void {
    this.train = train ?? this.train;
    this.validation = validation ?? this.validation;
    this.curve.push({ step: this.step, epoch: this.epoch, train, validation });
    this.#unreported++;
  }

  /** Waits for `wait` and excludes its time from speed, duration and time left. */
  async idle<T>(wait: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await wait();
    } finally {
      this.#idleMs += performance.now() - began;
      this.discardRate();
    }
  }

  /** Restarts the measurement of the speed; the last value is reported until there is a new one. */
  discardRate(): void {
    this.#rate = { images: 0, since: performance.now(), perSecond: this.#rate.perSecond };
  }

  report(phase: TrainProgress['phase']): void {
    const now = performance.now();
    this.#reported = now;
    this.#phase = phase;
    const elapsed = now - this.#rate.since;
    if (elapsed >= RATE_MS || (elapsed >= REPORT_MS && this.#rate.perSecond === 0)) {
      this.#rate = { images: 0, since: now, perSecond: (this.#rate.images * 1000) / elapsed };
    }
    const secondsLeft = ((this.steps - this.step) * this.imagesPerStep) / this.#rate.perSecond;
    const points = this.#unreported;
    this.#unreported = 0;
    // A fast run has several between two reports.
    if (points > 1) this.#onEvent({ type: 'curve', curve: this.curve.slice(0, -1) });
    this.#onEvent({
      type: 'progress',
      progress: {
        runId: this.#runId,
        phase,
        step: this.step,
        steps: this.steps,
        epoch: this.epoch,
        epochs: this.steps / this.stepsPerEpoch,
        imagesPerSecond: this.#rate.perSecond,
        train: this.train,
        validation: this.validation,
        secondsLeft: Number.isFinite(secondsLeft) ? secondsLeft : null,
        backend: this.backend,
        point: points > 0 ? (this.curve.at(-1) ?? null) : null,
      },
    });
  }
}

import { ok, type Result } from '../data/result.ts';
import type { Checkpoint, CurvePoint, Estimate, TrainOutcome } from '../engine/api.ts';
import { shownTensors } from '../models/runs.ts';
import type { Tensors } from '../models/model.ts';
import { isReplaceable, writeBytes } from './files.ts';

/** Time between two writes of the best model so far, which limits what a crash can lose. */
const COPY_MS = 60_000;

/** The position of a run. */
export interface Reached {
  readonly step: number;
  readonly epochs: number;
  readonly seconds: number;
  /** At its end. */
  readonly train?: Estimate;
  readonly validation?: Estimate | null;
}

export interface RunFileNames {
  readonly out: string | null;
  readonly curve: string | null;
}

/**
 * The files of one run. They are written during the run, so that a long one can be watched and a crash loses little.
 * A failure is reported only by the last write. A pipe or a device is written only at the end.
 */
export class RunFiles {
  readonly #names: RunFileNames;
  readonly #encode: (tensors: Tensors, reached: Reached) => Uint8Array;
  readonly #now: () => number;
  #copied: number;
  #best: number | null = null;
  #latest: (() => void) | null = null;
  #ending = false;

  constructor(
    names: RunFileNames,
    encode: (tensors: Tensors, reached: Reached) => Uint8Array,
    now: () => number = () => performance.now(),
  ) {
    this.#names = names;
    this.#encode = encode;
    this.#now = now;
    this.#copied = now();
  }

  /** Writes the curve, and the model where it is better than the last copy and that is at least COPY_MS old. */
  checkpoint({ step, state, best, curve, seconds }: Checkpoint, epochs: number): void {
    const { out, curve: curvePath } = this.#names;
    if (curvePath !== null && isReplaceable(curvePath)) this.#writeCurve(curve);
    if (out === null || !isReplaceable(out)) return;
    this.#latest = () => {
      if (best !== null && best.step === this.#best) return;
      this.#copied = this.#now();
      this.#best = best?.step ?? null;
      writeBytes('--out', out, this.#encode(best?.tensors ?? shownTensors(state), { step, epochs, seconds }));
    };
    if (this.#ending || this.#now() - this.#copied >= COPY_MS) this.#latest();
  }

  /**
   * The process was asked to end. Writes the model so far at once, and again at the last checkpoint: the summary of the run
   * takes time, and a scheduler may kill the process before it is complete.
   */
  end(): void {
    this.#ending = true;
    this.#latest?.();
  }

  finish(outcome: TrainOutcome): Result<null> {
    const { out } = this.#names;
    const model =
      out === null ? ok(null) : writeBytes('--out', out, this.#encode(outcome.model.tensors, outcome));
    const curve = this.#writeCurve(outcome.curve);
    return model.ok ? curve : model;
  }

  #writeCurve(curve: readonly CurvePoint[]): Result<null> {
    const path = this.#names.curve;
    return path === null ? ok(null) : writeBytes('--curve', path, new TextEncoder().encode(curveText(curve)));
  }
}

/** CSV: step,epoch,train,validation, in nats an image; empty where a point has no value. */
export function curveText(curve: readonly CurvePoint[]): string {
  const rows = curve.map(({ step, epoch, train, validation }) =>
    [step, epoch, train ?? '', validation ?? ''].join(','),
  );
  return ['step,epoch,train,validation', ...rows, ''].join('\n');
}

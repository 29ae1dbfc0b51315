import { binarise } from '../../../data/binarise.ts';
import { wordsOf } from '../../../data/error-words.ts';
import type { PackedImages } from '../../../data/images.ts';
import { fail, ok, type Result } from '../../../data/result.ts';
import type { BackendKind } from '../../../models/runs.ts';
import { type Backend, DeviceLostError } from '../../backends/backend.ts';
import type { SpeedEvent, SpeedRate, SpeedRequest, SpeedResult } from '../api.ts';
import { type Entry, type Task, tasksOf } from './entries.ts';
import { initialModel } from './initial-model.ts';
import { Budget, type Clock, OUT_OF_TIME, within } from './limits.ts';
import { measureRate, type Subject } from './measure.ts';
import type { Reopened } from './reopened.ts';
import { openProducts, openSubject } from './subjects.ts';

export interface BenchPorts {
  readonly request: SpeedRequest;
  readonly entries: readonly Entry[];
  /** On which counted models are counted. */
  readonly cpu: Backend;
  readonly clock: Clock;
  readonly onEvent: (event: SpeedEvent) => void;
  readonly signal: AbortSignal | undefined;
}

/** `opening`: whether not even the model was opened, so that the family's other works would fail alike. */
type Timed =
  | { readonly ok: true; readonly value: SpeedRate }
  | { readonly ok: false; readonly reason: string; readonly opening: boolean };

/** One run of all measurements, one backend after the other. */
export class Bench {
  readonly #ports: BenchPorts;
  readonly #packed: PackedImages;
  readonly #budget: Budget;
  readonly #tasks: readonly Task[];

  constructor(ports: BenchPorts) {
    this.#ports = ports;
    this.#budget = new Budget(ports.clock, ports.request.seconds);
    this.#packed = binarise(ports.request.images, { kind: 'stochastic', seed: 0 });
    this.#tasks = tasksOf(ports.entries);
  }

  /** Measurements of one backend that may give a rate. */
  get measurable(): number {
    return 1 + this.#tasks.filter(({ refusal }) => refusal === null).length;
  }

  /** `later`: measurements that are still to come on another backend. */
  async measure(kind: BackendKind, device: Reopened, software: boolean, later: number): Promise<void> {
    const { onEvent } = this.#ports;
    const found = await device.get();
    if (found.ok) await this.#product(kind, found.value, this.measurable + later);
    else onEvent({ type: 'product', backend: kind, together: 1, result: found });
    // The cpu says what computes once it has loaded it, for the product.
    const described = found.ok ? ok({ description: found.value.description, software }) : found;
    onEvent({ type: 'backend', backend: kind, found: described });
    const blocked = new Map<Entry, string>();
    for (const [at, { entry, work, refusal }] of this.#tasks.entries()) {
      const reason = refusal ?? (found.ok ? blocked.get(entry) : found.reason);
      const waiting = this.#tasks
        .slice(at)
        .filter((task) => task.refusal === null && !blocked.has(task.entry));
      const timed: Timed =
        reason === undefined
          ? await this.#rate(kind, device, this.#tasks[at], waiting.length + later)
          : { ok: false, reason, opening: false };
      if (!timed.ok && timed.opening) blocked.set(entry, timed.reason);
      onEvent({ type: 'rate', backend: kind, family: entry.spec.id, work, result: resultOf(timed) });
    }
  }

  async #product(kind: BackendKind, backend: Backend, waiting: number): Promise<void> {
    const { onEvent } = this.#ports;
    onEvent({ type: 'begun', backend: kind, family: null, work: null });
    let together = 1;
    const timed = await this.#timed(waiting, async () => {
      const subject = await openProducts(backend);
      together = subject.together;
      return subject;
    });
    onEvent({ type: 'product', backend: kind, together, result: resultOf(timed) });
  }

  async #rate(kind: BackendKind, device: Reopened, { entry, work }: Task, waiting: number): Promise<Timed> {
    const { onEvent, cpu, clock, request } = this.#ports;
    const { spec, hyper } = entry;
    onEvent({ type: 'begun', backend: kind, family: spec.id, work });
    const backend = await device.get();
    if (!backend.ok) return { ...backend, opening: false };
    const timed = await this.#timed(waiting, async () => {
      const given = { grey: request.images, packed: this.#packed, turn: () => clock.turn() };
      entry.model ??= await initialModel(cpu, spec, hyper, this.#packed, request.images);
      return await openSubject(backend.value, work, { ...given, spec, model: entry.model });
    });
    // What was given up may still be compiled or computed, which ends with the device; a lost one has ended already.
    if (!timed.ok && kind !== 'cpu') device.destroy();
    return timed;
  }

  async #timed(waiting: number, open: () => Promise<Subject>): Promise<Timed> {
    const { clock, signal } = this.#ports;
    const allowance = this.#budget.next(waiting);
    if (!allowance) return { ok: false, reason: OUT_OF_TIME, opening: false };
    let opening = true;
    try {
      const rate: Result<SpeedRate> = await within(clock, allowance, signal, async (guard) => {
        const subject = await guard(open);
        opening = false;
        try {
          return ok(await measureRate(subject, clock, allowance, guard));
        } finally {
          subject.close();
        }
      });
      return rate.ok ? rate : { ...rate, opening };
    } catch (error) {
      if (signal?.aborted) throw error;
      const lost = error instanceof DeviceLostError;
      return {
        ok: false,
        reason: lost ? `the device was lost: ${error.message}` : wordsOf(error),
        opening: false,
      };
    }
  }
}

function resultOf(timed: Timed): SpeedResult {
  return timed.ok ? timed : fail(timed.reason);
}

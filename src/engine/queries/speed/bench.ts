import { binarise } from '../../../data/binarise.ts';
import { wordsOf } from '../../../data/error-words.ts';
import type { PackedImages } from '../../../data/images.ts';
import { fail, ok } from '../../../data/result.ts';
import type { BackendKind } from '../../../models/runs.ts';
import { type Backend, DeviceLostError } from '../../backends/backend.ts';
import type { SpeedEvent, SpeedRequest, SpeedResult } from '../api.ts';
import { type Entry, type Task, tasksOf } from './entries.ts';
import { initialModel } from './initial-model.ts';
import { Budget, type Clock, type Guard, OUT_OF_TIME, within } from './limits.ts';
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

/** One run of all measurements, one backend after the other. */
export class Bench {
  readonly #ports: BenchPorts;
  readonly #packed: PackedImages;
  readonly #budget: Budget;
  readonly #tasks: readonly Task[];
  /** Resolves when what was begun last has ended, also where no one waited for it any more. */
  #underWay: Promise<void> = Promise.resolve();

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
    let waiting = this.measurable - 1 + later;
    for (const task of this.#tasks) {
      const { entry, work, refusal } = task;
      const reason = refusal ?? (found.ok ? null : found.reason);
      const result = reason === null ? await this.#rate(kind, device, task, waiting--) : fail(reason);
      onEvent({ type: 'rate', backend: kind, family: entry.spec.id, work, result });
    }
  }

  async #product(kind: BackendKind, backend: Backend, waiting: number): Promise<void> {
    const { onEvent } = this.#ports;
    onEvent({ type: 'begun', backend: kind, family: null, work: null });
    let together = 1;
    const result = await this.#timed(waiting, async () => {
      const subject = await openProducts(backend);
      together = subject.together;
      return subject;
    });
    onEvent({ type: 'product', backend: kind, together, result });
  }

  async #rate(
    kind: BackendKind,
    device: Reopened,
    { entry, work }: Task,
    waiting: number,
  ): Promise<SpeedResult> {
    const { onEvent, cpu, clock, request } = this.#ports;
    const { spec, hyper } = entry;
    onEvent({ type: 'begun', backend: kind, family: spec.id, work });
    const backend = await device.get();
    if (!backend.ok) return backend;
    return await this.#timed(
      waiting,
      async () => {
        const given = { grey: request.images, packed: this.#packed, turn: () => clock.turn() };
        entry.model ??= await initialModel(cpu, spec, hyper, this.#packed, request.images);
        return await openSubject(backend.value, work, { ...given, spec, model: entry.model });
      },
      () => device.destroy(),
    );
  }

  /** `onLost`: the device is gone, and the next measurement needs another. */
  async #timed(
    waiting: number,
    open: () => Promise<Subject>,
    onLost: () => void = () => undefined,
  ): Promise<SpeedResult> {
    const { clock, signal } = this.#ports;
    const allowance = this.#budget.next(waiting);
    if (!allowance) return fail(OUT_OF_TIME);
    try {
      return await within(clock, allowance, signal, async (plain) => {
        // What is given up goes on compiling or computing for a while. The next measurement waits for its end, because it would be slowed
        // by it, and because families share kernels.
        await plain(() => this.#underWay);
        const guard: Guard = (waited) =>
          plain(() => {
            const promise = waited();
            this.#underWay = promise.then(nothing, nothing);
            return promise;
          });
        const subject = await openedIn(guard, open);
        try {
          return ok(await measureRate(subject, clock, allowance, guard));
        } finally {
          subject.close();
        }
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      if (!(error instanceof DeviceLostError)) return fail(wordsOf(error));
      onLost();
      return fail(`the device was lost: ${error.message}`);
    }
  }
}

/** A subject that is open only after it was given up is closed at once. */
async function openedIn(guard: Guard, open: () => Promise<Subject>): Promise<Subject> {
  const openings: Promise<Subject>[] = [];
  try {
    return await guard(() => {
      openings.push(open());
      return openings[0];
    });
  } catch (error) {
    for (const opening of openings) void opening.then((late) => late.close(), nothing);
    throw error;
  }
}

const nothing = (): void => undefined;

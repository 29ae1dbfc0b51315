import { ok, type Result } from '../../../data/result.ts';
import { yieldToEventLoop } from '../../../data/slices.ts';
import type { Backend } from '../../backends/backend.ts';
import type { SpeedApi, SpeedEvent, SpeedRequest } from '../api.ts';
import { Bench } from './bench.ts';
import { entriesOf } from './entries.ts';
import { Reopened } from './reopened.ts';

/** The part of a machine that is measured. */
export interface MeasuredMachine {
  createCpu(): Backend;
  createWebGpu(): Promise<Result<Backend>>;
  /** Whether the adapter computes on the CPU. */
  isSoftware(): Promise<Result<boolean>>;
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export class SpeedQueries implements SpeedApi {
  readonly #machine: MeasuredMachine;
  readonly #turn: () => Promise<void>;

  constructor(machine: MeasuredMachine, turn = yieldToEventLoop) {
    this.#machine = machine;
    this.#turn = turn;
  }

  async measure(
    request: SpeedRequest,
    onEvent: (event: SpeedEvent) => void,
    signal?: AbortSignal,
  ): Promise<Result<null>> {
    signal?.throwIfAborted();
    const entries = entriesOf(request);
    if (!entries.ok) return entries;
    const machine = this.#machine;
    const software = await machine.isSoftware();
    const opened = machine.createCpu();
    const cpu = new Reopened(() => Promise.resolve(ok(opened)));
    const webgpu = new Reopened(() => machine.createWebGpu());
    try {
      const clock = {
        now: () => machine.now(),
        sleep: (milliseconds: number) => machine.sleep(milliseconds),
        turn: this.#turn,
      };
      const bench = new Bench({ request, entries: entries.value, cpu: opened, clock, onEvent, signal });
      await bench.measure('cpu', cpu, false, software.ok ? bench.measurable : 0);
      await bench.measure('webgpu', webgpu, software.ok && software.value, 0);
      return ok(null);
    } finally {
      cpu.destroy();
      webgpu.destroy();
    }
  }
}

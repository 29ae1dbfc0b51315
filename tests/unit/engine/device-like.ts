/**
 * A backend with the life of a device on top of typed arrays: what is destroyed answers no longer, a loss rejects what is pending, and
 * a test may hold a call between its arrival and its work.
 */
import {
  type Backend,
  DeviceLostError,
  type Evaluator,
  type Sampler,
} from '../../../src/engine/backends/backend.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';

export type Operation =
  'open' | 'logLikelihood' | 'conditionalLogits' | 'sampler' | 'iterativeSampler' | 'advance' | 'images';

export interface Held {
  /** Resolves when the call has arrived. */
  readonly arrived: Promise<void>;
  release(): void;
}

export interface DeviceLike extends Backend {
  /** Evaluators, samplers and iterative samplers that were opened and not destroyed. */
  readonly live: ReadonlySet<string>;
  /** How many of each were opened so far. */
  readonly opened: ReadonlyMap<string, number>;
  /** Holds the next call of this kind until it is released, before its work is done. */
  hold(operation: Operation): Held;
  /** The next call of this kind rejects with `error`. */
  failNext(operation: Operation, error: Error): void;
}

export function deviceLike(): DeviceLike {
  const cpu = createCpuBackend();
  const live = new Set<string>();
  const opened = new Map<string, number>();
  const held = new Map<Operation, { arrive: () => void; released: Promise<void> }[]>();
  const failures = new Map<Operation, Error>();
  let lost: string | null = null;
  let lose: (reason: string) => void = () => undefined;
  const loss = new Promise<string>((resolve) => {
    lose = (reason) => {
      lost ??= reason;
      live.clear();
      resolve(reason);
    };
  });

  function born(kind: string): string {
    const count = (opened.get(kind) ?? 0) + 1;
    opened.set(kind, count);
    const name = `${kind} ${count}`;
    live.add(name);
    return name;
  }

  function throwIfLost(): void {
    if (lost !== null) throw new DeviceLostError(lost);
  }

  async function call<T>(
    operation: Operation,
    owners: readonly string[],
    work: () => Promise<T>,
  ): Promise<T> {
    const check = () => {
      throwIfLost();
      for (const owner of owners)
        if (!live.has(owner)) throw new Error(`${owner}: used after it was destroyed`);
    };
    check();
    const hold = held.get(operation)?.shift();
    hold?.arrive();
    if (hold) await Promise.race([hold.released, loss]);
    const failure = failures.get(operation);
    failures.delete(operation);
    if (failure) throw failure;
    check();
    return await work();
  }

  function samplerOf(raw: Sampler, owner: string): Sampler {
    const name = born('sampler');
    return {
      get position() {
        return raw.position;
      },
      advance: (pixels) => call('advance', [owner, name], () => raw.advance(pixels)),
      images: () => call('images', [owner, name], () => raw.images()),
      destroy: () => void live.delete(name),
    };
  }

  function evaluatorOf(raw: Evaluator): Evaluator {
    const name = born('evaluator');
    return {
      ...raw,
      logLikelihood: (images) => call('logLikelihood', [name], () => raw.logLikelihood(images)),
      conditionalLogits: (images) => call('conditionalLogits', [name], () => raw.conditionalLogits(images)),
      sampler: (request) => call('sampler', [name], async () => samplerOf(await raw.sampler(request), name)),
      iterativeSampler: (method, request) =>
        call('iterativeSampler', [name], async () => {
          const sampler = await raw.iterativeSampler(method, request);
          const own = born('iterative sampler');
          return {
            finished: sampler.finished,
            get iterations() {
              return sampler.iterations;
            },
            get seconds() {
              return sampler.seconds;
            },
            advance: (count) => call('advance', [name, own], () => sampler.advance(count)),
            images: () => call('images', [name, own], () => sampler.images()),
            destroy: () => void live.delete(own),
          };
        }),
      destroy: () => void live.delete(name),
    };
  }

  return {
    ...cpu,
    kind: 'webgpu',
    description: 'like a device',
    open: (model) => call('open', [], async () => evaluatorOf(await cpu.open(model))),
    lost: loss,
    destroy: () => lose('destroyed'),
    live,
    opened,
    hold(operation) {
      let release: () => void = () => undefined;
      let arrive: () => void = () => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      const arrived = new Promise<void>((resolve) => (arrive = resolve));
      held.set(operation, [...(held.get(operation) ?? []), { arrive, released }]);
      return { arrived, release };
    },
    failNext: (operation, error) => void failures.set(operation, error),
  };
}

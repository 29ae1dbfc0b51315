import { fail, ok, type Result } from '../../../data/result.ts';
import { openDevice, type AdapterDescription, type Device, type DeviceOptions } from '../../../gpu/device.ts';
import { GpuLostError } from '../../../gpu/errors.ts';
import type { SubmitStatistics } from '../../../gpu/scheduler.ts';
import {
  DeviceLostError,
  type Backend,
  type Counter,
  type Evaluator,
  type EmIteration,
  type Learner,
  type Passes,
  type Sampler,
} from '../backend.ts';
import { withMembers } from '../class-conditional/class-models.ts';
import { withPixelOrder } from '../pixel-order.ts';
import { ClassReader } from './classifier.ts';
import { openCounter } from './counter.ts';
import { openEmIteration } from './em.ts';
import { openLearner } from './learner.ts';
import { openSampler } from './sampler.ts';
import { LogitReader, Scorer } from './scorer.ts';
import { openScope } from './scope.ts';
import { openPasses } from './sampling-methods.ts';
import type { Model } from '../../../models/types.ts';

export interface WebGpuBackend extends Backend {
  readonly kind: 'webgpu';
  readonly adapter: AdapterDescription;
  /** What was submitted to the device so far, and how long it took. */
  statistics(): SubmitStatistics;
}

/**
 * A device of `gpu` (of a browser, a worker, or Dawn in Node) as a backend. Fails with a sentence where there is no adapter or
 * no device. Once lost it stays lost: every pending and later call rejects with `DeviceLostError`.
 */
export async function createWebGpuBackend(
  gpu: GPU | undefined,
  options: DeviceOptions = {},
): Promise<Result<WebGpuBackend>> {
  const opened = await openDevice(gpu, options);
  if (!opened.ok) return fail(opened.reason);
  const device = opened.value;
  const lossy = lossyOn(device);
  const members = withPixelOrder({
    open: lossy(async (model) => openEvaluator(device, model, lossy)),
    counter: lossy(async (family, grid, hyper) =>
      lossyCounter(lossy, await openCounter(device, { family, grid, hyper })),
    ),
    emIteration: lossy(async (model) => lossyEmIteration(lossy, await openEmIteration(device, model))),
    learner: lossy(async (request) => lossyLearner(lossy, await openLearner(device, request))),
  });
  return ok({
    kind: 'webgpu',
    description: device.adapter.name,
    adapter: device.adapter,
    ...withMembers(members),
    liveBytes: () => device.liveBytes,
    statistics: () => device.scheduler.statistics(),
    lost: device.lost,
    destroy: () => device.destroy(),
  });
}

async function openEvaluator(device: Device, model: Model, lossy: Lossy): Promise<Evaluator> {
  const scope = await openScope(device, model, model.tensors);
  try {
    const name = `${model.family}: memory`;
    if (scope.program.classifier) {
      const classes = await device.guard(name, () => new ClassReader(scope));
      return {
        ...classifierOnly(),
        classLogits: lossy((images) => classes.classLogits(images)),
        destroy: () => scope.arena.destroy(),
      };
    }
    const make = () => ({ scorer: new Scorer(scope), reader: new LogitReader(scope) });
    const { scorer, reader } = await device.guard(name, make);
    const samplers = new Set<Sampler | Passes>();
    let destroyed = false;
    /** Notes what was opened. Where the evaluator was destroyed meanwhile, that goes too, and the call rejects. */
    const keep = <T extends Sampler | Passes>(opened: T): T => {
      if (destroyed) {
        opened.destroy();
        throw new Error(`${model.family}: destroyed while sampling was opened`);
      }
      samplers.add(opened);
      return opened;
    };
    return {
      classLogits: null,
      logLikelihood: lossy((images) => scorer.logLikelihood(images)),
      conditionalLogits: lossy((images) => reader.conditionalLogits(images)),
      sampler: lossy(async (request) => {
        const sampler = keep(await openSampler(scope, request));
        return {
          get position() {
            return sampler.position;
          },
          advance: lossy((pixels) => sampler.advance(pixels)),
          images: lossy(() => sampler.images()),
          destroy() {
            samplers.delete(sampler);
            sampler.destroy();
          },
        };
      }),
      passes: lossy(async (method, request) => {
        const passes = keep(await openPasses(scope, method, request));
        return lossyPasses(lossy, passes, () => samplers.delete(passes));
      }),
      destroy() {
        destroyed = true;
        for (const sampler of samplers) sampler.destroy();
        samplers.clear();
        scope.arena.destroy();
      },
    };
  } catch (error) {
    scope.arena.destroy();
    throw error;
  }
}

/** What a classifier cannot do; whoever asks for it has a bug. */
function classifierOnly(): Pick<Evaluator, 'logLikelihood' | 'conditionalLogits' | 'sampler' | 'passes'> {
  const refuse = () => Promise.reject(new Error('a classifier has no p(x)'));
  return { logLikelihood: refuse, conditionalLogits: refuse, sampler: refuse, passes: refuse };
}

function lossyPasses(lossy: Lossy, passes: Passes, onDestroy: () => void): Passes {
  return {
    finished: passes.finished,
    get passes() {
      return passes.passes;
    },
    get seconds() {
      return passes.seconds;
    },
    advance: lossy((count) => passes.advance(count)),
    images: lossy(() => passes.images()),
    destroy() {
      onDestroy();
      passes.destroy();
    },
  };
}

function lossyEmIteration(lossy: Lossy, emIteration: EmIteration): EmIteration {
  return {
    add: lossy((...given) => emIteration.add(...given)),
    finish: lossy(() => emIteration.finish()),
    destroy: () => emIteration.destroy(),
  };
}

function lossyCounter(lossy: Lossy, counter: Counter): Counter {
  return {
    add: lossy((...given) => counter.add(...given)),
    finish: lossy(() => counter.finish()),
    destroy: () => counter.destroy(),
  };
}

function lossyLearner(lossy: Lossy, learner: Learner): Learner {
  return {
    step: lossy((...given) => learner.step(...given)),
    takeLoss: lossy(() => learner.takeLoss()),
    logLikelihood: lossy((...given) => learner.logLikelihood(...given)),
    state: lossy(() => learner.state()),
    destroy: () => learner.destroy(),
  };
}

/** A function with the GPU layer's loss told as the contract's, whatever failed because of it. */
type Lossy = <Arguments extends unknown[], Value>(
  call: (...given: Arguments) => Promise<Value>,
) => (...given: Arguments) => Promise<Value>;

function lossyOn(device: Device): Lossy {
  return (call) =>
    async (...given) => {
      try {
        device.throwIfLost();
        return await call(...given);
      } catch (error) {
        const lost = error instanceof GpuLostError ? error.message : device.lostReason;
        throw lost === null ? error : new DeviceLostError(lost);
      }
    };
}

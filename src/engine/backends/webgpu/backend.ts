import { fail, ok, type Result } from '../../../data/result.ts';
import type { AdapterDescription } from '../../../gpu/adapter.ts';
import { openDevice, type Device, type DeviceOptions } from '../../../gpu/device.ts';
import { GpuLostError } from '../../../gpu/errors.ts';
import type { SubmitStatistics } from '../../../gpu/scheduler.ts';
import {
  DeviceLostError,
  type Backend,
  type Counter,
  type Evaluator,
  type EmIteration,
  type GpuDebug,
  type IterativeSampler,
  type Learner,
  type MatrixProduct,
  type Sampler,
} from '../backend.ts';
import { withClassModels } from '../class-conditional/class-models.ts';
import { withPixelOrder } from '../pixel-order.ts';
import { ClassReader } from './classifier.ts';
import { openCounter } from './counter.ts';
import { openEmIteration } from './em.ts';
import { openLearner } from './learner.ts';
import { openProduct } from './product.ts';
import { openSampler } from './sampler.ts';
import { LogitReader, Scorer } from './scorer.ts';
import { openScope } from './scope.ts';
import { openIterativeSampler } from './sampling-methods.ts';
import type { Model } from '../../../models/model.ts';

export interface WebGpuBackend extends Backend {
  readonly kind: 'webgpu';
  readonly adapter: AdapterDescription;
  readonly debug: () => GpuDebug;
  /** The submits to the device so far, and how long they took. */
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
  const mapDeviceLoss = deviceLossMapper(device);
  const models = withPixelOrder({
    open: mapDeviceLoss(async (model) => openEvaluator(device, model, mapDeviceLoss)),
    counter: mapDeviceLoss(async (family, grid, hyper) =>
      wrapCounter(mapDeviceLoss, await openCounter(device, { family, grid, hyper })),
    ),
    emIteration: mapDeviceLoss(async (model) =>
      wrapEmIteration(mapDeviceLoss, await openEmIteration(device, model)),
    ),
    learner: mapDeviceLoss(async (request) => wrapLearner(mapDeviceLoss, await openLearner(device, request))),
  });
  return ok({
    kind: 'webgpu',
    description: device.adapter.name,
    adapter: device.adapter,
    ...withClassModels(models),
    matrixProduct: mapDeviceLoss(async (side) => wrapProduct(mapDeviceLoss, await openProduct(device, side))),
    liveBytes: () => device.liveBytes,
    debug: () => device.debug(),
    statistics: () => device.scheduler.statistics(),
    lost: device.lost,
    destroy: () => device.destroy(),
  });
}

async function openEvaluator(device: Device, model: Model, mapDeviceLoss: MapDeviceLoss): Promise<Evaluator> {
  const scope = await openScope(device, model, model.tensors);
  try {
    const name = `${model.family}: memory`;
    if (scope.program.classifier) {
      const classes = await device.guard(name, () => new ClassReader(scope));
      return {
        ...classifierOnly(),
        classLogits: mapDeviceLoss((images) => classes.classLogits(images)),
        destroy: () => scope.arena.destroy(),
      };
    }
    const make = () => ({ scorer: new Scorer(scope), reader: new LogitReader(scope) });
    const { scorer, reader } = await device.guard(name, make);
    const samplers = new Set<Sampler | IterativeSampler>();
    let destroyed = false;
    /** Registers what was opened. If the evaluator was destroyed meanwhile, destroys it and throws. */
    const register = <T extends Sampler | IterativeSampler>(opened: T): T => {
      if (destroyed) {
        opened.destroy();
        throw new Error(`${model.family}: destroyed while sampling was opened`);
      }
      samplers.add(opened);
      return opened;
    };
    return {
      classLogits: null,
      logLikelihood: mapDeviceLoss((images) => scorer.logLikelihood(images)),
      conditionalLogits: mapDeviceLoss((images) => reader.conditionalLogits(images)),
      sampler: mapDeviceLoss(async (request) => {
        const sampler = register(await openSampler(scope, request));
        return {
          get position() {
            return sampler.position;
          },
          advance: mapDeviceLoss((pixels) => sampler.advance(pixels)),
          images: mapDeviceLoss(() => sampler.images()),
          destroy() {
            samplers.delete(sampler);
            sampler.destroy();
          },
        };
      }),
      iterativeSampler: mapDeviceLoss(async (method, request) => {
        const sampler = register(await openIterativeSampler(scope, method, request));
        return wrapIterativeSampler(mapDeviceLoss, sampler, () => samplers.delete(sampler));
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

/** The calls that a classifier does not support: calling them is a bug. */
function classifierOnly(): Omit<Evaluator, 'classLogits' | 'destroy'> {
  const refuse = () => Promise.reject(new Error('a classifier has no p(x)'));
  return { logLikelihood: refuse, conditionalLogits: refuse, sampler: refuse, iterativeSampler: refuse };
}

function wrapIterativeSampler(
  mapDeviceLoss: MapDeviceLoss,
  sampler: IterativeSampler,
  onDestroy: () => void,
): IterativeSampler {
  return {
    finished: sampler.finished,
    get iterations() {
      return sampler.iterations;
    },
    get seconds() {
      return sampler.seconds;
    },
    advance: mapDeviceLoss((iterations) => sampler.advance(iterations)),
    images: mapDeviceLoss(() => sampler.images()),
    destroy() {
      onDestroy();
      sampler.destroy();
    },
  };
}

function wrapEmIteration(mapDeviceLoss: MapDeviceLoss, emIteration: EmIteration): EmIteration {
  return {
    add: mapDeviceLoss((...given) => emIteration.add(...given)),
    finish: mapDeviceLoss(() => emIteration.finish()),
    destroy: () => emIteration.destroy(),
  };
}

function wrapCounter(mapDeviceLoss: MapDeviceLoss, counter: Counter): Counter {
  return {
    add: mapDeviceLoss((...given) => counter.add(...given)),
    finish: mapDeviceLoss(() => counter.finish()),
    destroy: () => counter.destroy(),
  };
}

function wrapProduct(mapDeviceLoss: MapDeviceLoss, product: MatrixProduct): MatrixProduct {
  return {
    together: product.together,
    run: mapDeviceLoss((times) => product.run(times)),
    result: mapDeviceLoss(() => product.result()),
    destroy: () => product.destroy(),
  };
}

function wrapLearner(mapDeviceLoss: MapDeviceLoss, learner: Learner): Learner {
  return {
    step: mapDeviceLoss((...given) => learner.step(...given)),
    takeLoss: mapDeviceLoss(() => learner.takeLoss()),
    logLikelihood: mapDeviceLoss((...given) => learner.logLikelihood(...given)),
    state: mapDeviceLoss(() => learner.state()),
    destroy: () => learner.destroy(),
  };
}

/** Wraps a function so that it rejects with `DeviceLostError` where the device was lost, whatever the error was. */
type MapDeviceLoss = <Arguments extends unknown[], Value>(
  call: (...given: Arguments) => Promise<Value>,
) => (...given: Arguments) => Promise<Value>;

function deviceLossMapper(device: Device): MapDeviceLoss {
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

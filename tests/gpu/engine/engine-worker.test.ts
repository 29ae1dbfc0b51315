import { afterEach, describe, expect, it } from 'vitest';
import { blankImages, type GreyImages } from '../../../src/data/images.ts';
import { threefry2x32, indexRange } from '../../../src/data/rng.ts';
import type { ImageSource, TrainEvent, TrainJob, TrainOutcome } from '../../../src/engine/api.ts';
import { jobOf, type JobSettings } from '../../../src/engine/job.ts';
import { createEngine, EngineDiedError, type EngineClient } from '../../../src/engine/client.ts';
import { completeHyper, findFamily } from '../../../src/models/registry.ts';

const grid = { width: 8, height: 8 };
const n = 64;

/** Bars of ink, one a picture. */
function bars(count: number): GreyImages {
  const pixels = new Uint8Array(count * n);
  const random = new Uint32Array(2);
  for (let image = 0; image < count; image++) {
    threefry2x32(9, 0, image, 0, random);
    const column = random[0] % grid.width;
    for (let row = 0; row < grid.height; row++)
      pixels[image * n + row * grid.width + column] = 140 + (random[1] % 116);
  }
  return { grid, count, pixels, labels: null };
}

function job(family: string, changes: Partial<JobSettings<ImageSource>> = {}): TrainJob {
  return jobOf<ImageSource>({
    runId: 'run',
    family,
    grid,
    hyper: completeHyper(findFamily(family)!),
    images: { kind: 'grey', images: bars(400) },
    binarisation: { kind: 'dynamic', seed: 1 },
    validationShare: 0.1,
    seed: 2,
    epochs: 8,
    batchSize: 50,
    learningRate: 0.03,
    ...changes,
  });
}

let client: EngineClient | null = null;

function start(): EngineClient {
  client = createEngine();
  return client;
}

afterEach(async () => {
  // Leaves no device behind for the tests that follow.
  await client?.engine.prefer('cpu').catch(() => undefined);
  client?.restart();
  client = null;
});

async function run(
  given: EngineClient,
  of: TrainJob,
  onEvent: (event: TrainEvent) => void,
): Promise<TrainOutcome> {
  const result = await given.engine.train(of, onEvent);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

describe('the worker', () => {
  it('chooses typed arrays over a software adapter, and WebGPU when asked to', async () => {
    const { engine } = start();
    expect(await engine.status()).toMatchObject({ kind: 'cpu', webgpuAvailable: true, state: 'ready' });
    expect(await engine.prefer('webgpu')).toMatchObject({ kind: 'webgpu', preference: 'webgpu' });
  });

  it('rejects the calls that are pending when it dies, and works again after a restart', async () => {
    const given = start();
    await given.engine.status();
    const pending = run(given, job('fvsbn', { epochs: 10_000 }), () => undefined);
    const rejection = expect(pending).rejects.toBeInstanceOf(EngineDiedError);
    given.restart();
    await rejection;
    expect((await given.engine.status()).state).toBe('ready');
  });

  it('says what is wrong with a call, by field', async () => {
    const { engine } = start();
    expect(await engine.read('unknown', blankImages(grid, 1))).toEqual({
      ok: false,
      reason: 'model: "unknown" is not loaded',
    });
    expect(await engine.advanceSampler('nowhere', 1)).toEqual({
      ok: false,
      reason: 'sampler: "nowhere" is not open',
    });
    const refused = await engine.train({ ...job('fvsbn'), family: 'nonsense' }, () => undefined);
    expect(refused.ok ? '' : refused.reason).toMatch(/^family: /);
  });

  it('trains, reads and samples on both backends to the same answers', async () => {
    const given = start();
    const { engine } = given;
    const answers = [];
    for (const kind of ['cpu', 'webgpu'] as const) {
      await engine.prefer(kind);
      const outcome = await run(given, job('fvsbn'), () => undefined);
      expect(outcome.backend).toBe(kind);
      await engine.load('model', outcome.model);
      const reading = await engine.read('model', blankImages(grid, 1));
      if (!reading.ok) throw new Error(reading.reason);
      const opened = await engine.openSampler('grid', 'model', {
        seed: 4,
        indices: indexRange(0, 16),
        temperature: 1,
      });
      if (!opened.ok) throw new Error(opened.reason);
      const frame = await engine.advanceSampler('grid', n);
      if (!frame.ok) throw new Error(frame.reason);
      expect(frame.value.position).toBe(n);
      answers.push({
        reading: reading.value.density!.logLikelihood,
        validation: outcome.validation!.nats,
        ink: frame.value.images.words.some((word) => word !== 0),
      });
    }
    const [cpu, webgpu] = answers;
    expect(Math.abs(cpu.reading - webgpu.reading)).toBeLessThan(1e-2);
    expect(Math.abs(cpu.validation - webgpu.validation)).toBeLessThan(1e-2);
    expect(cpu.ink && webgpu.ink).toBe(true);
  });

  it('loses its device amid a run, and ends with the weights of an undisturbed one', async () => {
    const given = start();
    await given.engine.prefer('webgpu');
    // Long enough that progress is reported amid it, however fast the machine.
    const long = job('fvsbn', { epochs: 40 });
    const whole = await run(given, long, () => undefined);
    let losses = 0;
    let recoveries = 0;
    const survived = await run(given, long, (event) => {
      if (event.type !== 'progress') return;
      if (event.progress.phase === 'recovering') recoveries++;
      // Steps are handed over quickly; the device may be found working on them in either phase.
      const amid = event.progress.phase === 'training' || event.progress.phase === 'validating';
      if (amid && event.progress.step > 0 && losses < 3) {
        losses++;
        void given.engine.loseDevice();
      }
    });
    expect(losses).toBeGreaterThan(0);
    expect(recoveries).toBeGreaterThan(0);
    expect(survived.backend).toBe('webgpu');
    expect(survived.model.tensors).toEqual(whole.model.tensors);
  });

  it('reads and samples through a loss: the cpu stands in', async () => {
    const given = start();
    const { engine } = given;
    const outcome = await run(given, job('neighbours'), () => undefined);
    await engine.load('model', outcome.model);
    await engine.prefer('webgpu');
    await engine.openSampler('grid', 'model', { seed: 4, indices: indexRange(0, 4), temperature: 1 });
    const half = await engine.advanceSampler('grid', 30);
    await engine.loseDevice();
    const [reading, rest] = await Promise.all([
      engine.read('model', blankImages(grid, 1)),
      engine.advanceSampler('grid', n),
    ]);
    expect(half.ok && half.value.position).toBe(30);
    expect(reading.ok && reading.value.density!.logLikelihood).toBeLessThan(0);
    expect(rest.ok && rest.value.position).toBe(n);
  });
});

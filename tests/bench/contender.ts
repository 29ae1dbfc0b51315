/** One worker for each contender, named after it: opens models and runs them when it is told to. */
import { binarise } from '../../src/data/binarise.ts';
import { readIdxImages } from '../../src/data/idx.ts';
import { answerTheEngine, isPoolWorker } from '../../src/engine/pool-workers.ts';
import { decodeModel } from '../../src/models/model-file.ts';
import type { OpenContender, Ready, Result, Subject } from './contenders/contender.ts';
import { BINARISATION, outcomeOf } from './contenders/contender.ts';
import { BATCH, modelFile } from './tasks.ts';
import type { Answer, Contender, Request, Row } from './tasks.ts';

const openers: Readonly<Record<Contender, () => Promise<OpenContender>>> = {
  plain: async () => (await import('./contenders/plain.ts')).plain,
  typed: async () => (await import('./contenders/inkling.ts')).inkling('typed'),
  simd: async () => (await import('./contenders/inkling.ts')).inkling('simd'),
  pool: async () => (await import('./contenders/inkling.ts')).inkling('pool'),
  webgpu: async () => (await import('./contenders/inkling.ts')).inkling('webgpu'),
  'tfjs-wasm': async () => (await import('./contenders/tfjs.ts')).tfjs('wasm'),
  'tfjs-webgpu': async () => (await import('./contenders/tfjs.ts')).tfjs('webgpu'),
  'jax-wasm': async () => (await import('./contenders/jax.ts')).jax('wasm'),
  'jax-webgpu': async () => (await import('./contenders/jax.ts')).jax('webgpu'),
  'ort-wasm': async () => (await import('./contenders/ort.ts')).ort('wasm'),
  'ort-webgpu': async () => (await import('./contenders/ort.ts')).ort('webgpu'),
};

async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  // Relative to the page, which lies one folder above the scripts that are built.
  const response = await fetch(new URL(`/${path}`, location.origin));
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function subjectOf({ family, weights, work }: Row): Promise<Subject> {
  const grey = readIdxImages(await bytesOf('data/starter-images.bin'), 'starter digits');
  if (!grey.ok) throw new Error(grey.reason);
  const file = decodeModel(await bytesOf(modelFile(family, weights)), family);
  if (!file.ok) throw new Error(file.reason);
  return {
    model: file.value.model,
    work,
    grey: grey.value,
    images: binarise(grey.value, BINARISATION),
    batch: BATCH[family],
  };
}

let ready: Ready | null = null;

async function answer(request: Request): Promise<Answer> {
  if (request.call === 'open') {
    ready?.close();
    ready = null;
    // The worker is named after its contender.
    const open = await openers[self.name as Contender]();
    const opened = await open(await subjectOf(request.row));
    if (typeof opened === 'string') return { kind: 'opened', opened: { ok: false, reason: opened } };
    ready = opened;
    const { description, wholeImages, pixels } = opened;
    return { kind: 'opened', opened: { ok: true, description, wholeImages, pixels } };
  }
  if (!ready) throw new Error('nothing has been opened');
  const start = performance.now();
  let result: Result = [];
  for (let time = 0; time < request.times; time++) result = await ready.run(request.amount);
  const milliseconds = performance.now() - start;
  return { kind: 'ran', ran: { milliseconds, outcome: request.wanted ? outcomeOf(result) : [] } };
}

if (isPoolWorker(self)) {
  answerTheEngine(self);
} else {
  addEventListener('message', ({ data }: MessageEvent<Request>) => {
    answer(data).then(
      (found) => postMessage(found),
      (error: unknown) =>
        postMessage({
          kind: 'failed',
          reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
        } satisfies Answer),
    );
  });
}

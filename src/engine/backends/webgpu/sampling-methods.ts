import { pixelCount, wordsPerImage } from '../../../data/images.ts';
import type { GpuBuffer } from '../../../gpu/arena.ts';
import type { Program, ProgramIterativeSampler } from '../../../models/program.ts';
import type { SampleRequest } from '../../../models/sampling.ts';
import type { SampleMethod } from '../backend.ts';
import type { IterativeSampler } from '../backend.ts';
import { asIterativeSampler } from '../sampling/ancestral.ts';
import { maxOf } from '../sampling/fixed-point.ts';
import { FIXED_POINT, openFixedPoint } from './fixed-point.ts';
import { openSampler } from './sampler.ts';
import { inNewArena, type OpenScope } from './scope.ts';

/** The images of one model, or class model, by a method that it supports, with the tensors of `scope`, which must outlive it. */
export async function openIterativeSampler(
  scope: OpenScope,
  method: SampleMethod,
  request: SampleRequest,
): Promise<IterativeSampler> {
  const unconditional = { ...request, given: null };
  const opened = await withKernels(scope, method === 'fixed-point' ? FIXED_POINT : []);
  switch (method) {
    case 'ancestral':
      return await asIterativeSampler(
        await openSampler({ ...opened, program: withPlainSampler(opened.program) }, unconditional),
        pixelCount(scope.grid),
      );
    case 'fixed-point':
      return await openFixedPoint(opened, unconditional);
    case 'first-firing':
      return await openFirstFiring(opened, unconditional);
  }
}

/** The program with `plainSampler`, which does not look ahead, as its sampler. */
function withPlainSampler(program: Program): Program {
  return program.plainSampler
    ? { ...program, sampler: (...given) => program.plainSampler!(...given) }
    : program;
}

/** The scope with the kernels of the sampling methods: compiled when the first method is opened, so that reading does not wait for them. */
async function withKernels(scope: OpenScope, ops: readonly string[]): Promise<OpenScope> {
  const paths = [...(scope.program.samplingKernels ?? []), ...ops];
  const kernels = await scope.device.kernels(paths, scope.overrides);
  return {
    ...scope,
    bind: (path, buffers) => kernels.get(path)?.bind(buffers) ?? scope.bind(path, buffers),
    constant: (path, name) => kernels.get(path)?.constant(name) ?? scope.constant(path, name),
  };
}

/** Images whose state fits one buffer; more are split over several. */
const MAX_TOGETHER = 4096;

interface Part {
  readonly images: GpuBuffer;
  readonly finished: GpuBuffer;
  readonly sampler: ProgramIterativeSampler;
}

async function openFirstFiring(scope: OpenScope, request: SampleRequest): Promise<IterativeSampler> {
  const { device, program, grid } = scope;
  const words = wordsPerImage(grid);
  const total = request.indices.length;
  const { arena, parts } = await inNewArena(device, scope.family, (arena) => {
    if (!program.firstFiring) throw new Error(`family: "${scope.family}" has no first firing`);
    const parts: Part[] = [];
    for (let first = 0; first < total; first += MAX_TOGETHER) {
      const own = { ...request, indices: request.indices.slice(first, first + MAX_TOGETHER) };
      const count = own.indices.length;
      const images = arena.storage('samples', count * words * 4);
      const finished = arena.storage('finished', count * 4);
      const indices = arena.filled('indices', own.indices);
      const io = { images, indices, finished, request: own };
      parts.push({ images, finished, sampler: program.firstFiring({ ...scope, arena }, io) });
    }
    return { arena, parts };
  });
  const finished = new Uint32Array(total);
  const bits = new Uint32Array(total * words);
  let done = 0;
  let seconds = 0;
  return {
    finished,
    get iterations() {
      return finished.includes(0) ? done : maxOf(finished);
    },
    get seconds() {
      return seconds;
    },
    async advance(iterations) {
      if (!finished.includes(0)) return;
      const begun = performance.now();
      const pieces = parts.flatMap((part, index) => {
        const count = Math.min(MAX_TOGETHER, total - index * MAX_TOGETHER);
        return [
          { source: part.images, count: count * words },
          { source: part.finished, count },
        ];
      });
      const work = parts.flatMap((part) => part.sampler.advance(iterations, done));
      const answers = await device.readback.read(pieces, work);
      parts.forEach((_, index) => {
        bits.set(new Uint32Array(answers[2 * index]), index * MAX_TOGETHER * words);
        finished.set(new Uint32Array(answers[2 * index + 1]), index * MAX_TOGETHER);
      });
      done += iterations;
      seconds += (performance.now() - begun) / 1000;
    },
    images: () => Promise.resolve({ grid, count: total, words: bits.slice() }),
    destroy: () => arena.destroy(),
  };
}

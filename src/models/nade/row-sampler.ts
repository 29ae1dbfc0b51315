/** The images of sampler.ts and first-firing.ts by row operations. */
import { type Grid, type PackedImages, setPixel } from '../../data/images.ts';
import { ancestralSampler, fires } from '../shared/ancestral.ts';
import { firstFiringSampler } from '../shared/first-firing.ts';
import type { CpuIterativeSampler, CpuSampler, SampleRequest } from '../sampling.ts';
import { GROUP, KeptSums, type RowStates } from './row-states.ts';

/** From so many images on, all decide a pixel before the next one: their states share the output's weights. */
const TOGETHER = 3;
/**
 * Outputs computed ahead on the guess that the pixels before them stay off: few where ink has just been, since four cost little more than
 * one, and twice as many after each guess that came true.
 */
const LEAST_AHEAD = 4;
const MOST_AHEAD = 16;

export function rowSampler(states: RowStates, grid: Grid, request: SampleRequest): CpuSampler {
  const { n } = states.layer;
  const count = request.indices.length;
  const { temperature } = request;
  const kept = new KeptSums(states, count);
  const uniforms = new Float32Array(Math.min(count, GROUP) * n);
  const z = new Float64Array(GROUP);

  function together(images: PackedImages, first: number, size: number, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      states.output(i, size, z);
      for (let place = 0; place < size; place++) {
        if (!fires(z[place] / temperature, uniforms[place * n + i - from])) continue;
        setPixel(images, first + place, i, 1);
        states.turnOn(place, i);
      }
    }
  }

  function alone(images: PackedImages, image: number, place: number, from: number, to: number): void {
    let ahead = LEAST_AHEAD;
    for (let i = from; i < to;) {
      const end = Math.min(to, i + ahead);
      const logits = states.run(place, i, end);
      while (i < end && !fires(logits[i] / temperature, uniforms[place * n + i - from])) i++;
      ahead = Math.min(MOST_AHEAD, 2 * ahead);
      if (i === end) continue;
      setPixel(images, image, i, 1);
      states.turnOn(place, i++);
      ahead = LEAST_AHEAD;
    }
  }

  return ancestralSampler(grid, request, {
    block: n,
    decide(images, image, from, to, drawn) {
      const last = image % GROUP;
      uniforms.set(drawn.subarray(0, to - from), last * n);
      // All images of a group come before the next block.
      if (last + 1 < GROUP && image + 1 < count) return;
      const first = image - last;
      for (let place = 0; place <= last; place++) kept.load(place, images, first + place, from);
      if (last + 1 >= TOGETHER) together(images, first, last + 1, from, to);
      else for (let place = 0; place <= last; place++) alone(images, first + place, place, from, to);
      if (to < n) for (let place = 0; place <= last; place++) kept.save(place, first + place);
    },
  });
}

/** Every pixel of every image decided by itself. */
export function rowPlainSampler(states: RowStates, grid: Grid, request: SampleRequest): CpuSampler {
  const { n } = states.layer;
  const kept = new KeptSums(states, request.indices.length);
  return ancestralSampler(grid, request, {
    block: n,
    decide(images, m, from, to, uniforms) {
      kept.load(0, images, m, from);
      for (let i = from; i < to; i++) {
        if (!fires(states.run(0, i, i + 1)[i] / request.temperature, uniforms[i - from])) continue;
        setPixel(images, m, i, 1);
        states.turnOn(0, i);
      }
      if (to < n) kept.save(0, m);
    },
  });
}

/** Outputs that an iteration computes together in search of the next pixel that turns on. */
const AHEAD = 8;

export function rowFirstFiring(states: RowStates, grid: Grid, request: SampleRequest): CpuIterativeSampler {
  const { n } = states.layer;
  const kept = new KeptSums(states, request.indices.length);
  let current = -1;
  const sampler = firstFiringSampler(grid, request, {
    next(m, cursor, uniformsOf) {
      if (m !== current) {
        if (current >= 0) kept.save(0, current);
        kept.load(0, sampler.images, m, cursor);
        current = m;
      }
      const uniforms = uniformsOf(m);
      for (let i = cursor; i < n; i += AHEAD) {
        const end = Math.min(n, i + AHEAD);
        const logits = states.run(0, i, end);
        for (let j = i; j < end; j++) if (fires(logits[j] / request.temperature, uniforms[j])) return j;
      }
      return n;
    },
    turnOn: (_, i) => states.turnOn(0, i),
  });
  return {
    finished: sampler.finished,
    images: sampler.images,
    advance(iterations) {
      sampler.advance(iterations);
      // Other samplers of the model use the place in between.
      if (current >= 0) kept.save(0, current);
      current = -1;
    },
  };
}

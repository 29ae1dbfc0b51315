/**
 * jax-js: functions compiled for each shape. Every use of an array consumes it, so that operations within compiled functions take `ref`, and arrays
 * outside of them are counted by hand.
 */
import type { Array as JaxArray } from '@jax-js/jax';
import { defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { takeImages } from '../../../src/data/images.ts';
import { peerModels } from '../peer-models/models.ts';
import type { Constants, Ops, PeerModel, Recurrence } from '../peer-models/ops.ts';
import { logLikelihood, masked } from '../peer-models/ops.ts';
import type { Amount, Family } from '../tasks.ts';
import { LEARNING_RATE } from '../tasks.ts';
import type { OpenContender, Ready, Subject } from './contender.ts';
import { batchAt, FEW_PIXELS, firstOf, floatsOf, MANY_PIXELS, uniforms } from './contender.ts';
import { laidOut, N, SIDE } from './ort-graph.ts';

type Arrays = Record<string, JaxArray>;

const array = (values: Float32Array, shape: readonly number[]): JaxArray =>
  np.array(values.slice(), { shape });

const ops: Ops<JaxArray> = {
  add: (a, b) => a.ref.add(b.ref),
  subtract: (a, b) => a.ref.sub(b.ref),
  multiply: (a, b) => a.ref.mul(b.ref),
  divide: (a, b) => a.ref.div(b.ref),
  product: (a, b) => np.matmul(a.ref, b.ref),
  sigmoid: (a) => nn.sigmoid(a.ref),
  softplus: (a) => nn.softplus(a.ref),
  // The derivative of nn.relu at 0, where features of paper are, is a half.
  relu: (a) => a.ref.mul(np.greater(a.ref, 0).astype(np.float32)),
  elu: (a) => nn.elu(a.ref),
  root: (a) => np.sqrt(a.ref),
  less: (a, b) => np.less(a.ref, b.ref).astype(np.float32),
  scalar: (value) => np.array(Float32Array.of(value)).reshape([]),
  sum: (a) => np.sum(a.ref, -1, { keepdims: true }),
  sumsBefore: (a) => np.cumsum(a.ref, 1).sub(a.ref),
  reshape: (a, shape) => a.ref.reshape(shape),
  column: (a, place) => np.take(a.ref, place.ref, 1),
  toMap: (a) => a.ref.reshape([-1, 1, SIDE, SIDE]),
  fromMap: (a) => a.ref.reshape([-1, N]),
  convolve: (map, kernel, { rows, columns }, dilation) => {
    const beside = ((columns - 1) / 2) * dilation;
    const padding = [
      [(rows - 1) * dilation, 0],
      [beside, beside],
    ] as const;
    return lax.convGeneralDilated(map.ref, kernel.ref, [1, 1], padding, {
      rhsDilation: [dilation, dilation],
    });
  },
  channelMean: (map) => np.mean(map.ref, 1, { keepdims: true }),
  mapSumsBefore(map) {
    const [images, channels] = map.shape;
    const flat = map.ref.reshape([images, channels, N]);
    return np.cumsum(flat.ref, 2).sub(flat).reshape([images, channels, SIDE, SIDE]);
  },
};

const arraysOf = (constants: Constants): Arrays =>
  Object.fromEntries(
    Object.entries(constants).map(([name, constant]) => {
      const { values, shape } = laidOut(constant);
      return [name, array(values, shape)];
    }),
  );

function scorer(model: PeerModel, constants: Arrays, { images }: Subject) {
  const compiled = jit((own: Arrays, x: JaxArray) => logLikelihood(ops, model.logits(ops, own, x), x));
  return async ({ images: count }: Amount) => {
    const bits = floatsOf(firstOf(images, count));
    const found: number[] = [];
    for (let first = 0; first < count; first += model.scoredAtOnce) {
      const some = Math.min(model.scoredAtOnce, count - first);
      const x = array(bits.subarray(first * N, (first + some) * N), [some, N]);
      found.push(...(await compiled(tree.ref(constants), x).data()));
    }
    return found;
  };
}

/** The rows that each pixel sees, and its number, as arrays of their own. */
function rowsOf(model: PeerModel, recurrence: Recurrence): { rows: JaxArray[]; place: JaxArray }[] {
  return Array.from({ length: N }, (_, i) => ({
    rows: recurrence.rows.map((name) => {
      const { values } = model.constants[name];
      const width = values.length / N;
      return array(values.subarray(i * width, (i + 1) * width), [1, width]);
    }),
    place: np.array(Int32Array.of(i), { dtype: 'int32' }),
  }));
}

/** [count, n] as n arrays [count, 1]. */
function columnsOf(values: Float32Array): JaxArray[] {
  const count = values.length / N;
  return Array.from({ length: N }, (_, i) =>
    array(
      Float32Array.from({ length: count }, (__, m) => values[m * N + i]),
      [count, 1],
    ),
  );
}

/** Work of a queue that grows without end takes memory. */
const QUEUED = 56;

function steppingScorer(model: PeerModel, constants: Arrays, recurrence: Recurrence, { images }: Subject) {
  const step = jit((state: JaxArray, sum: JaxArray, rows: JaxArray[], place: JaxArray, x: JaxArray) => {
    const z = recurrence.logit(ops, state, rows, place);
    return [recurrence.next(ops, state, rows, x), ops.add(sum, logLikelihood(ops, z, x))];
  });
  const pixels = rowsOf(model, recurrence);
  const begin = jit((initial: JaxArray, blank: JaxArray) => ops.add(initial, blank));
  return async ({ images: count }: Amount) => {
    const columns = columnsOf(floatsOf(firstOf(images, count)));
    let sum = np.zeros([count, 1]);
    let state = begin(constants[recurrence.initial].ref, np.zeros([count, 1]));
    for (let i = 0; i < N; i++) {
      const { rows, place } = pixels[i];
      [state, sum] = step(state, sum, tree.ref(rows), place.ref, columns[i]);
      if (i % QUEUED === QUEUED - 1) await sum.blockUntilReady();
    }
    state.dispose();
    return await sum.data();
  };
}

/** What is drawn is kept in `x`, [images, n], where pixel i is added by a row of the unit matrix. */
function steppingSampler(model: PeerModel, constants: Arrays, recurrence: Recurrence, count: number) {
  const step = jit(
    (state: JaxArray, drawn: JaxArray, rows: JaxArray[], place: JaxArray, u: JaxArray, unit: JaxArray) => {
      const x = ops.less(u, ops.sigmoid(recurrence.logit(ops, state, rows, place)));
      return [recurrence.next(ops, state, rows, x), ops.add(drawn, ops.multiply(x, unit))];
    },
  );
  const begin = jit((initial: JaxArray, blank: JaxArray) => ops.add(initial, blank));
  const pixels = rowsOf(model, recurrence);
  const columns = columnsOf(uniforms(count, N));
  const units = unitRows();
  return async ({ pixels: some }: Amount) => {
    let state = begin(constants[recurrence.initial].ref, np.zeros([count, 1]));
    let drawn = np.zeros([count, N]);
    for (let i = 0; i < some; i++) {
      const { rows, place } = pixels[i];
      [state, drawn] = step(state, drawn, tree.ref(rows), place.ref, columns[i].ref, units[i].ref);
      if (i % QUEUED === QUEUED - 1) await drawn.blockUntilReady();
    }
    state.dispose();
    return await drawn.data();
  };
}

const unitRows = (): JaxArray[] =>
  Array.from({ length: N }, (_, i) =>
    array(
      Float32Array.from({ length: N }, (__, at) => (at === i ? 1 : 0)),
      [1, N],
    ),
  );

/** Without a recurrence: the whole network for every pixel. */
function wholeSampler(model: PeerModel, constants: Arrays, count: number) {
  const step = jit((own: Arrays, drawn: JaxArray, u: JaxArray, unit: JaxArray) =>
    ops.add(drawn, ops.multiply(ops.less(u, ops.sigmoid(model.logits(ops, own, drawn))), unit)),
  );
  const u = array(uniforms(count, N), [count, N]);
  const units = unitRows();
  return async ({ pixels }: Amount) => {
    let drawn = np.zeros([count, N]);
    for (let i = 0; i < pixels; i++) {
      drawn = step(tree.ref(constants), drawn, u.ref, units[i].ref);
      if (i % 4 === 3) await drawn.blockUntilReady();
    }
    return await drawn.data();
  };
}

interface Learnt {
  readonly [name: string]: Arrays;
  weights: Arrays;
  first: Arrays;
  second: Arrays;
}

/** Adam as in Kingma and Ba 2015; the corrections of its bias are given, as `rate` and `epsilon`. */
function adam(
  names: readonly string[],
  learnt: Learnt,
  gradients: Arrays,
  rate: JaxArray,
  epsilon: JaxArray,
): Learnt {
  const { weights, first, second } = learnt;
  const next: Learnt = { weights: {}, first: {}, second: {} };
  for (const name of names) {
    const g = gradients[name];
    const m = first[name].ref.mul(0.9).add(g.ref.mul(0.1));
    const v = second[name].ref.mul(0.999).add(g.ref.mul(g.ref).mul(0.001));
    next.weights[name] = weights[name].ref.sub(m.ref.mul(rate.ref).div(np.sqrt(v.ref).add(epsilon.ref)));
    next.first[name] = m;
    next.second[name] = v;
  }
  return next;
}

function learner(model: PeerModel, constants: Arrays, { images, batch }: Subject) {
  const { learnt: names } = model;
  const fixed = Object.fromEntries(Object.entries(constants).filter(([name]) => !names.includes(name)));
  const zeros = (): Arrays =>
    Object.fromEntries(names.map((name) => [name, np.zeros(constants[name].shape)]));
  let state: Learnt = {
    weights: Object.fromEntries(names.map((name) => [name, constants[name].ref])),
    first: zeros(),
    second: zeros(),
  };
  const masks = arraysOf(model.masks);
  const lossAndGradient = jit((weights: Arrays, rest: Arrays, free: Arrays, x: JaxArray) =>
    valueAndGrad((own: Arrays) =>
      logLikelihood(ops, model.logits(ops, masked(ops, { ...rest, ...own }, free), x), x)
        .sum()
        .mul(-1 / batch),
    )(weights),
  );
  const plus = jit((a: Arrays, b: Arrays) =>
    Object.fromEntries(names.map((name) => [name, ops.add(a[name], b[name])])),
  );
  const update = jit((own: Learnt, gradients: Arrays, rate: JaxArray, epsilon: JaxArray) =>
    adam(names, own, gradients, rate, epsilon),
  );
  let step = 0;
  return async ({ steps }: Amount) => {
    const losses: JaxArray[] = [];
    for (let s = 0; s < steps; s++) {
      const bits = floatsOf(takeImages(images, batchAt(step++, batch, images.count)));
      let sums: Arrays | null = null;
      for (let first = 0; first < batch; first += model.learntAtOnce) {
        const part = bits.subarray(first * N, (first + model.learntAtOnce) * N);
        const x = array(part, [part.length / N, N]);
        const [loss, gradients] = lossAndGradient(
          tree.ref(state.weights),
          tree.ref(fixed),
          tree.ref(masks),
          x,
        );
        losses.push(loss);
        sums = sums ? plus(sums, gradients) : gradients;
        await loss.ref.blockUntilReady();
      }
      const root = Math.sqrt(1 - 0.999 ** step);
      const rate = array(Float32Array.of((LEARNING_RATE * root) / (1 - 0.9 ** step)), [1]).reshape([]);
      const epsilon = array(Float32Array.of(1e-8 * root), [1]).reshape([]);
      state = update(state, sums!, rate, epsilon);
    }
    let sum = 0;
    for (const loss of losses) sum += (await loss.data())[0];
    return [sum / steps];
  };
}

export function jax(device: 'wasm' | 'webgpu'): OpenContender {
  return async (subject) => {
    const build = peerModels[subject.model.family as Family];
    const found = await init(device);
    if (!found.includes(device)) throw new Error(`jax-js: no device ${device}`);
    defaultDevice(device);
    const model = build(subject.model);
    const constants = arraysOf(model.constants);
    const { recurrence } = model;
    const count = subject.work === 'sample 64' ? 64 : 1;
    const run = ((): Ready['run'] => {
      if (subject.work === 'train') return learner(model, constants, subject);
      if (subject.work === 'score') {
        return recurrence?.scores
          ? steppingScorer(model, constants, recurrence, subject)
          : scorer(model, constants, subject);
      }
      return recurrence
        ? steppingSampler(model, constants, recurrence, count)
        : wholeSampler(model, constants, count);
    })();
    return {
      description: `jax-js, ${device}`,
      wholeImages: subject.work === 'score' || subject.work === 'train',
      pixels: recurrence ? MANY_PIXELS : FEW_PIXELS,
      run,
      close: () => tree.dispose(constants),
    };
  };
}

import type { Grid } from '../../data/images.ts';
import { pixelCount } from '../../data/images.ts';
import { Stream, randomWords, streamKey, uniform } from '../../data/rng.ts';
import { logit } from '../shared/math.ts';
import type { Hyper, Tensors } from '../model.ts';
import type { Layer, Name } from './layout.ts';
import { CHANNELS, DOWN, layerSize, MIDDLE, QUIET, QUIET_FEATURES, tensorsOf, UP } from './layout.ts';

/** The probability of ink that every pixel is given at the start where none or all of its training pixels are on. */
const LEAST_MEAN = 1e-4;

/** The standard deviation that keeps the size of features through a layer (He, Zhang, Ren and Sun, ICCV 2015). */
const he = ({ inputs }: Layer): number => Math.sqrt(2 / inputs);

/** Standard deviations of the first weights; tensors that are not named begin at 0. */
const DEVIATIONS: Partial<Record<Name, number>> = {
  relative: 0.1,
  absolute: 0.03,
  down: he(DOWN),
  middle: he(MIDDLE),
  up: 0.3 * he(UP),
  readout: Math.sqrt(0.1 / CHANNELS),
  quiet_relative: 0.1,
  quiet_absolute: 0.03,
  quiet_hidden: he(QUIET),
  quiet_readout: Math.sqrt(0.1 / QUIET_FEATURES),
};

/** Layers whose tensors hold biases, which begin at 0. */
const LAYERS: Partial<Record<Name, Layer>> = { down: DOWN, middle: MIDDLE, up: UP, quiet_hidden: QUIET };

/** Normal weights around 0 and, for every pixel, the logit of its mean: the model begins near the independent one. */
export function initialise(grid: Grid, hyper: Hyper, pixelMeans: Float64Array, seed: number): Tensors {
  const n = pixelCount(grid);
  const base = Float32Array.from({ length: n }, (_, i) =>
    logit(Math.min(1 - LEAST_MEAN, Math.max(LEAST_MEAN, pixelMeans[i]))),
  );
  return Object.fromEntries(
    tensorsOf(n, hyper.blocks).map(({ name, shape }, number) => {
      if (name === 'bias' || name === 'quiet_bias') return [name, base.slice()];
      const size = shape.reduce((product, length) => product * length, 1);
      const deviation = DEVIATIONS[name as Name];
      if (deviation === undefined) return [name, new Float32Array(size)];
      const layer = LAYERS[name as Name];
      const free = layer ? layer.inputs * layer.outputs : size;
      const period = layer ? layerSize(layer) : size;
      return [name, normal(size, deviation, seed, number).map((v, at) => (at % period < free ? v : 0))];
    }),
  );
}

/** `[size]` normal numbers of mean 0 (Box and Muller, 1958), a function of seed and `number` alone. */
function normal(size: number, deviation: number, seed: number, number: number): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(2 * size);
  randomWords(seed, streamKey(Stream.initialise), number, words);
  return Float32Array.from({ length: size }, (_, at) => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform(words[2 * at])));
    return deviation * radius * Math.cos(2 * Math.PI * uniform(words[2 * at + 1]));
  });
}

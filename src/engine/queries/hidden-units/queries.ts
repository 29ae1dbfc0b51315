import { type PackedImages, pixelCount, sliceImages, unpackImage } from '../../../data/images.ts';
import { permutePixels } from '../../../data/orders.ts';
import { fail, ok, type Result } from '../../../data/result.ts';
import type { CpuFeatures } from '../../../models/features.ts';
import { forEachSlice } from '../../../data/slices.ts';
import type { HiddenUnitsApi, MapPosition, UnitComponents, UnitMap } from '../api.ts';
import { type Principal, principalPlane, project } from '../../../stats/principal-components.ts';
import { halves, probe } from '../../../stats/probe.ts';
import { moments, type Rows } from '../../../stats/rows.ts';
import type { LoadedModel, LoadedModels } from '../loaded-models.ts';

/** Intended time of a slice of digits. */
const SLICE_MS = 8;
/** Planes cached, so that a drawing can be placed on the maps of several models. */
const CACHED = 8;
/** Seed of the probe's split into training and test digits. */
const SPLIT_SEED = 0;
/** Progress at the end of each stage: activations, plane, probe of the activations; the probe of the pixels ends at 1. */
const STAGES = [0.15, 0.3, 0.6] as const;

/** A model's units, and the order of its pixels; null for raster order. */
interface Units {
  readonly own: CpuFeatures;
  readonly order: Uint32Array<ArrayBuffer> | null;
}

interface Plane {
  readonly loaded: LoadedModel;
  readonly units: Units;
  readonly principal: Principal;
}

export class HiddenUnitsQueries implements HiddenUnitsApi {
  readonly #planes = new Map<string, Plane>();

  constructor(readonly models: LoadedModels) {}

  async map(
    name: string,
    digits: PackedImages,
    labels: Uint8Array<ArrayBuffer>,
    onProgress: (done: number) => void,
    signal?: AbortSignal,
  ): Promise<Result<UnitMap>> {
    if (digits.count === 0 || labels.length !== digits.count)
      return fail(`labels: ${labels.length} for ${digits.count} digits`);
    const found = this.models.findFor(name, digits);
    if (!found.ok) return found;
    const units = this.#unitsOf(found.value);
    if (!units.ok) return units;
    let reported = 0;
    const part = (stage: number) => (done: number) => {
      const from = STAGES[stage - 1] ?? 0;
      const now = from + done * ((STAGES[stage] ?? 1) - from);
      // Every report is a message to the page.
      if (now - reported < 0.01) return;
      reported = now;
      onProgress(now);
    };

    const activations = await rowsOf(units.value, 'activations', digits, signal, part(0));
    const mapped = units.value.own.logRatios
      ? await rowsOf(units.value, 'logRatios', digits, signal, part(0))
      : activations;
    const principal = await principalPlane(mapped, { signal });
    part(1)(1);

    const split = halves(digits.count, SPLIT_SEED);
    const unitShare = await probe(activations, labels, split, { signal, onProgress: part(2) });
    const pixelShare = await probe(pixelRows(digits), labels, split, { signal, onProgress: part(3) });

    this.#cache(name, { loaded: found.value, units: units.value, principal });
    const { total, variances } = principal;
    return ok({
      units: units.value.own.units,
      pictures: pictures(units.value, pixelCount(digits.grid)),
      kind: units.value.own.kind,
      deviations: Float32Array.from(moments(activations).deviations),
      largest: largestOf(activations),
      mappedValues: mapped === activations ? 'activations' : 'log-ratios',
      points: project(mapped, principal),
      components: componentsOf(units.value, pixelCount(digits.grid)),
      variance: total > 0 ? [variances[0] / total, variances[1] / total] : [0, 0],
      probe: {
        activations: unitShare,
        pixels: pixelShare,
        trained: split.trained.length,
        tested: split.tested.length,
      },
    });
  }

  place(name: string, image: PackedImages): Promise<Result<MapPosition>> {
    const found = this.models.findFor(name, image);
    if (!found.ok) return Promise.resolve(found);
    const plane = this.#planes.get(name);
    // The plane may be of another model that was loaded under the same name before.
    if (!plane || plane.loaded !== found.value)
      return Promise.resolve(fail(`map: that of "${name}" has not been computed`));
    const { units, principal } = plane;
    const seen = toModelOrder(units, sliceImages(image, 0, 1));
    const activations = units.own.activations(seen);
    const mapped = units.own.logRatios?.(seen) ?? activations;
    const logJoint = units.own.components?.logJoint(seen) ?? null;
    const [x, y] = project({ count: 1, width: mapped.length, values: mapped }, principal);
    return Promise.resolve(ok({ point: [x, y], activations, logJoint }));
  }

  /** The model's units, or a sentence on why there are none to show. */
  #unitsOf(loaded: LoadedModel): Result<Units> {
    if (!loaded.density)
      return fail(
        'hidden units: a classifier computes the class from the pixels directly, without hidden units',
      );
    const { models, order } = this.models.cpuModels(loaded);
    const own = models[0].features;
    if (!own)
      return fail(
        'hidden units: this family has no hidden units: its conditionals depend on the pixels directly',
      );
    if (models.length > 1)
      return fail(
        'hidden units: with one model for each digit, every digit has hidden units of its own, which cannot be compared',
      );
    return ok({ own, order });
  }

  #cache(name: string, plane: Plane): void {
    this.#planes.delete(name);
    this.#planes.set(name, plane);
    const oldest = this.#planes.keys().next();
    if (this.#planes.size > CACHED && !oldest.done) this.#planes.delete(oldest.value);
  }
}

/** Activations or log-ratios of all digits. */
async function rowsOf(
  units: Units,
  what: 'activations' | 'logRatios',
  digits: PackedImages,
  signal: AbortSignal | undefined,
  onProgress: (done: number) => void,
): Promise<Rows> {
  const { own } = units;
  const values = new Float32Array(digits.count * own.units);
  await forEachSlice(digits.count, {
    targetMs: SLICE_MS,
    signal,
    work: (first, count) => {
      const ofSlice = own[what]?.(toModelOrder(units, sliceImages(digits, first, count)));
      if (ofSlice) values.set(ofSlice, first * own.units);
      onProgress((first + count) / digits.count);
    },
  });
  return { count: digits.count, width: own.units, values };
}

/** Images with their pixels in the model's own numbering. */
function toModelOrder({ order }: Units, images: PackedImages): PackedImages {
  return order ? permutePixels(images, order) : images;
}

/** [units, n] in raster order; a copy, which is transferred to the page. */
function pictures({ own, order }: Units, n: number): Float32Array<ArrayBuffer> {
  if (!order) return own.pictures.slice();
  const raster = new Float32Array(own.units * n);
  for (let at = 0; at < raster.length; at++) raster[at - (at % n) + order[at % n]] = own.pictures[at];
  return raster;
}

/** In raster order; copies, which are transferred to the page. */
function componentsOf({ own, order }: Units, n: number): UnitComponents | null {
  if (!own.components) return null;
  const { weights, trees } = own.components;
  if (!trees) return { weights: weights.slice(), trees: null };
  const [parents, nats] = [trees.parents.slice(), trees.nats.slice()];
  if (order) {
    for (let at = 0; at < parents.length; at++) {
      const raster = at - (at % n) + order[at % n];
      parents[raster] = trees.parents[at] < 0 ? -1 : order[trees.parents[at]];
      nats[raster] = trees.nats[at];
    }
  }
  return { weights: weights.slice(), trees: { parents, nats } };
}

function largestOf({ width, values }: Rows): Float32Array<ArrayBuffer> {
  const largest = new Float32Array(width).fill(-Infinity);
  for (let at = 0; at < values.length; at++) largest[at % width] = Math.max(largest[at % width], values[at]);
  return largest;
}

function pixelRows(images: PackedImages): Rows {
  const width = pixelCount(images.grid);
  const values = new Float32Array(images.count * width);
  const bits = new Uint8Array(width);
  for (let m = 0; m < images.count; m++) values.set(unpackImage(images, m, bits), m * width);
  return { count: images.count, width, values };
}

import { pixelCount, wordsPerImage } from '../../data/images.ts';
import type { GpuBuffer } from '../../gpu/arena.ts';
import type { BoundKernel, Dispatch, Params } from '../../gpu/kernel.ts';
import type { ProgramScope } from '../program.ts';
import { batchParams } from '../program-params.ts';
import { ensembleOrders, isDirect, layerNames, unitDegrees, unitsBelow } from './masks.ts';

/** Hidden units of one layer, or logits, in all orders, that are held at a time: 16 MiB. */
const MAX_UNITS = 2 ** 22;

/** Images that go through the network together: `count` of the call's `all`, from number `first` on. */
export interface Run {
  readonly first: number;
  readonly count: number;
  readonly all: number;
}

/** The direct weights; where there are none, some other tensor, which is not read. */
export function directOf({ tensors, hyper }: ProgramScope): GpuBuffer {
  return isDirect(hyper) ? tensors.direct : tensors.output;
}

/** The forward pass from images to the last hidden layer and to log p, in every order, with its buffers. */
export class Forward {
  readonly plan: GpuBuffer;
  /** Images by place. */
  readonly places: GpuBuffer;
  /** Units of every hidden layer. */
  readonly layers: readonly GpuBuffer[];
  /** What the logit of every place has without the hidden units. */
  readonly base: GpuBuffer;
  readonly orderParts: GpuBuffer;
  readonly best: GpuBuffer;
  readonly shares: GpuBuffer;
  /** Parts of log p: the tiles of the likeliest order, and one for the sum over the orders. */
  readonly parts: number;
  readonly #scope: ProgramScope;
  readonly #capacity: number;
  readonly #tiles: number;
  readonly #arrange: BoundKernel;
  readonly #layers: readonly BoundKernel[];
  readonly #writeBase: BoundKernel;

  /** The tables of shaders/made/lib/plan.wgsl. */
  static planOf({ grid, hyper, arena }: ProgramScope): GpuBuffer {
    const n = pixelCount(grid);
    const degrees = unitDegrees(n, hyper.hidden);
    const orders = ensembleOrders(grid, hyper).flatMap((order) => [...order]);
    return arena.filled('plan', Uint32Array.from([...degrees, ...unitsBelow(degrees, n), ...orders]));
  }

  /** `cut`: whether `capacity` images may go in several runs. */
  constructor(scope: ProgramScope, images: GpuBuffer, capacity: number, cut: boolean) {
    const { arena, tensors, grid, hyper } = scope;
    const { hidden, layers, orders } = hyper;
    this.#scope = scope;
    const widest = Math.max(hidden, pixelCount(grid));
    const imagesInMemory = Math.max(64, Math.floor(MAX_UNITS / (orders * widest)));
    const maxImages = cut ? Math.min(capacity, imagesInMemory) : capacity;
    this.#capacity = maxImages;
    this.#tiles = Math.ceil(pixelCount(grid) / scope.constant('made/first.wgsl', 'tile_columns'));
    this.parts = this.#tiles + 1;
    this.plan = Forward.planOf(scope);
    this.places = arena.storage('places', orders * maxImages * wordsPerImage(grid) * 4);
    this.layers = Array.from({ length: layers }, (_, l) =>
      arena.storage(`units_${l + 1}`, orders * maxImages * hidden * 4),
    );
    this.base = arena.storage('base', orders * maxImages * pixelCount(grid) * 4);
    this.orderParts = arena.storage('order_parts', orders * this.#tiles * maxImages * 4);
    this.best = arena.storage('best', maxImages * 4);
    this.shares = arena.storage('shares', orders * maxImages * 4);
    const { plan, places } = this;
    this.#arrange = scope.bind('made/arrange.wgsl', { plan, images, places });
    this.#layers = this.layers.map((units, l) => {
      const names = layerNames(l + 1);
      const own = { plan, weight: tensors[names.weight], bias: tensors[names.bias], units };
      return l === 0
        ? scope.bind('made/first.wgsl', { ...own, places })
        : scope.bind('made/layer.wgsl', { ...own, below: this.layers[l - 1] });
    });
    this.#writeBase = scope.bind('made/base.wgsl', {
      plan,
      places,
      direct: directOf(scope),
      output_bias: tensors.output_bias,
      base: this.base,
    });
  }

  get deepest(): GpuBuffer {
    return this.layers[this.layers.length - 1];
  }

  /** `count` images in as many runs as the memory bound requires. */
  runs(count: number): readonly Run[] {
    return Array.from({ length: Math.ceil(count / this.#capacity) }, (_, i) => {
      const first = i * this.#capacity;
      return { first, count: Math.min(this.#capacity, count - first), all: count };
    });
  }

  params({ first, count, all }: Run): Params {
    const { hyper } = this.#scope;
    return {
      ...batchParams(this.#scope, count),
      hidden: hyper.hidden,
      orders: hyper.orders,
      direct: Number(isDirect(hyper)),
      first_image: first,
      all_images: all,
      order: 0,
    };
  }

  /** Fills `places`, `base` and all `layers`. */
  units(run: Run): Dispatch[] {
    const { grid, hyper } = this.#scope;
    const words = hyper.orders * run.count * wordsPerImage(grid);
    const pixels = pixelCount(grid);
    return [
      this.#arrange.dispatch(this.params(run), [this.#arrange.groups(words)], 32),
      this.overImages(this.#writeBase, run, pixels, isDirect(hyper) ? pixels : 1),
      ...this.#layers.map((kernel, l) =>
        this.overImages(kernel, run, hyper.hidden, l === 0 ? pixels : hyper.hidden),
      ),
    ];
  }

  /** Fills `best`, `shares` and `partial`. */
  scorer(partial: GpuBuffer): (run: Run) => Dispatch[] {
    const { tensors, grid, hyper } = this.#scope;
    const score = this.#scope.bind('made/score.wgsl', {
      plan: this.plan,
      units: this.deepest,
      output: tensors.output,
      base: this.base,
      places: this.places,
      parts: this.orderParts,
    });
    const ensemble = this.ensemble(partial);
    return (run) => [this.overImages(score, run, pixelCount(grid), hyper.hidden), ensemble(run)];
  }

  /** The same, from `orderParts` alone. */
  ensemble(partial: GpuBuffer): (run: Run) => Dispatch {
    const { orderParts, best, shares } = this;
    const kernel = this.#scope.bind('made/ensemble.wgsl', { parts: orderParts, partial, best, shares });
    const work = this.#scope.hyper.orders * this.#tiles;
    return (run) => kernel.dispatch(this.params(run), [kernel.groups(run.count)], work);
  }

  /** A product with a row for every image in every order, `columns` columns, and sums of up to `inner` numbers. */
  overImages(kernel: BoundKernel, run: Run, columns: number, inner: number): Dispatch {
    const rows = this.#scope.hyper.orders * kernel.groups(run.count, 'tile_rows');
    return kernel.dispatch(this.params(run), [rows * kernel.groups(columns, 'tile_columns')], inner);
  }
}

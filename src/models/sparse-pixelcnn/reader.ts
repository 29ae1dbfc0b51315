/** Both nets on whole images, a few at a time. */
import { pixelCount } from '../../data/images.ts';
import type { Simd } from '../../simd/simd.ts';
import { openRows } from '../../simd/simd.ts';
import type { Model } from '../model.ts';
import { ActiveGradient, ActiveNet } from './active-net.ts';
import { Lists, Neighbourhood } from './lists.ts';
import { QuietGradient, QuietNet } from './quiet-net.ts';

/** Pixels of one pass: about a digit, so that its features stay in the cache; of small images as many as that. */
const PASS_PIXELS = 784;

export class Reader {
  readonly n: number;
  /** Images of one pass. */
  readonly images: number;
  readonly lists: Lists;
  readonly active: ActiveNet;
  readonly quiet: QuietNet;
  /** Of a pass: logits, [images, n]. */
  readonly z: Float32Array<ArrayBuffer>;
  readonly gradient: { readonly active: ActiveGradient; readonly quiet: QuietGradient } | null;

  constructor(
    private readonly model: Model,
    keep: 'nothing' | 'all',
    simd: Simd | null | undefined,
  ) {
    const { grid, hyper } = model;
    this.n = pixelCount(grid);
    this.images = Math.max(1, Math.floor(PASS_PIXELS / this.n));
    const capacity = this.images * this.n;
    const carried = capacity + this.images;
    const size = { n: this.n, blocks: hyper.blocks, capacity, carried, tapRows: capacity, keep };
    const bytes = [Lists.bytes(this.n, this.images), ActiveNet.bytes(size), QuietNet.bytes(size)];
    if (keep === 'all') bytes.push(ActiveGradient.bytes(size), QuietGradient.bytes(size));
    const operations = openRows(
      simd,
      bytes.reduce((sum, each) => sum + each, 0),
    );
    this.lists = new Lists(operations, new Neighbourhood(grid), this.images);
    this.active = new ActiveNet(operations, size);
    this.quiet = new QuietNet(operations, size);
    this.z = new Float32Array(capacity);
    this.gradient =
      keep === 'all'
        ? { active: new ActiveGradient(this.active), quiet: new QuietGradient(this.quiet) }
        : null;
    this.load();
  }

  /** Takes the weights that the model has now. */
  load(): void {
    this.active.load(this.model.tensors);
    this.quiet.load(this.model.tensors);
  }

  /** Logits of up to `images` images into z; `imageOf(m)` is [n] of 0 and 1, valid until the next call. */
  run(count: number, imageOf: (m: number) => Uint8Array): void {
    const { lists, active, quiet, z } = this;
    lists.clear();
    for (let m = 0; m < count; m++) lists.add(imageOf(m));
    active.table.carryAll(lists.added, lists.carried);
    quiet.table.carryAll(lists.added, lists.carried);
    active.forward(lists.active, lists.taps, z);
    quiet.forward(lists.quiet, z);
  }
}

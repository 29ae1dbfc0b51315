import { expect, it } from 'vitest';
import { linkInPicture } from '../../../src/app/results/link-in-picture.ts';
import { crc32 } from '../../../src/data/crc32.ts';
import { textOf, withText } from '../../../src/data/png-text.ts';
import { threefry2x32 } from '../../../src/data/rng.ts';
import { smallPng } from './pngs.ts';

const SEED = 20_261_201;
const COUNT = 120_000;
/** What a reader of files may take for any of them. */
const MAX_MS = 2000;

/** Random numbers of one mutation. */
function dice(mutation: number): (below: number) => number {
  const words = new Uint32Array(2);
  let at = 0;
  return (below) => {
    threefry2x32(SEED, 0, mutation, at++, words);
    return words[0] % below;
  };
}

type Dice = (below: number) => number;
type Mutation = (png: Uint8Array<ArrayBuffer>, below: Dice) => Uint8Array<ArrayBuffer>;

/** Where the chunks begin. */
function chunksOf(png: Uint8Array): number[] {
  const view = new DataView(png.buffer, png.byteOffset);
  const starts: number[] = [];
  for (let at = 8; at + 12 <= png.length; at += 12 + view.getUint32(at)) starts.push(at);
  return starts;
}

const joined = (...parts: readonly (Uint8Array | readonly number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** Writes the right checksum of the chunk at `start`, so that what is behind the checksum is reached. */
function signed(png: Uint8Array<ArrayBuffer>, start: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(png.buffer);
  const end = start + 8 + view.getUint32(start);
  if (end + 4 <= png.length) view.setUint32(end, crc32(png.subarray(start + 4, end)));
  return png;
}

const MUTATIONS: readonly Mutation[] = [
  // Bytes anywhere.
  (png, below) => {
    for (let flips = 1 + below(8); flips > 0; flips--) png[below(png.length)] = below(256);
    return png;
  },
  // The end cut off, or bytes behind it.
  (png, below) => png.slice(0, below(png.length + 1)),
  (png, below) =>
    joined(
      png,
      Array.from({ length: below(64) }, () => below(256)),
    ),
  // A length that lies.
  (png, below) => {
    const starts = chunksOf(png);
    const lie = [0, 1, 12, 0x7fffffff, 0xffffffff, png.length, below(2 ** 31)][below(7)];
    new DataView(png.buffer).setUint32(starts[below(starts.length)], lie);
    return png;
  },
  // Bytes inside a text, with the right checksum.
  (png, below) => {
    const starts = chunksOf(png);
    const start = starts[below(starts.length)];
    const length = new DataView(png.buffer).getUint32(start);
    for (let flips = 1 + below(4); flips > 0; flips--)
      png[start + 8 + below(Math.max(1, length))] = [0, 0, 1, 0x0a, 0x23, 0xff, below(256)][below(7)];
    return signed(png, start);
  },
  // A type of another chunk, with the right checksum.
  (png, below) => {
    const starts = chunksOf(png);
    const start = starts[below(starts.length)];
    png.set(
      new TextEncoder().encode(['iTXt', 'tEXt', 'zTXt', 'IHDR', 'IEND', 'IDAT', 'abcd'][below(7)]),
      start + 4,
    );
    return signed(png, start);
  },
  // Chunks twice, left out, or in another order.
  (png, below) => {
    const starts = chunksOf(png);
    const parts = starts.map((start, at) => png.subarray(start, starts.at(at + 1) ?? png.length));
    const order = Array.from({ length: below(2 * parts.length) }, () => parts[below(parts.length)]);
    return joined(
      png.subarray(0, 8),
      ...(below(2) ? [parts[0]] : []),
      ...order,
      ...(below(2) ? [parts[parts.length - 1]] : []),
    );
  },
];

it(`reads ${COUNT} mutated PNG files of seed ${SEED} without a throw, in time, and never a link that leaves the page`, () => {
  const made = withText(smallPng(), [
    { keyword: 'Inkling-Link', text: 'https://example.org/#/play?left=tree&right=neighbours&k=6&seed=3' },
    { keyword: 'Description', text: 'Å 漢字' },
  ]);
  if (!made.ok) throw new Error(made.reason);
  const png = made.value;
  expect(linkInPicture(png)).toBe('#/play?left=tree&right=neighbours&k=6&seed=3');
  const outcomes = { read: 0, refused: 0, links: 0 };
  let slowest = 0;
  for (let mutation = 0; mutation < COUNT; mutation++) {
    const below = dice(mutation);
    let mutated = png.slice();
    for (let times = 1 + below(2); times > 0 && mutated.length > 60; times--)
      mutated = MUTATIONS[below(MUTATIONS.length)](mutated, below);
    const begun = performance.now();
    const texts = textOf(mutated);
    const link = linkInPicture(mutated);
    const again = withText(mutated, [{ keyword: 'Title', text: 'a' }]);
    slowest = Math.max(slowest, performance.now() - begun);
    if (texts.ok) outcomes.read++;
    else outcomes.refused++;
    if (!texts.ok && !/^[\w ]+: /.test(texts.reason))
      throw new Error(`mutation ${mutation}: ${texts.reason}`);
    if (link !== null) {
      outcomes.links++;
      if (!/^#\/(play|lab|learn)(?![\w-])/.test(link) || /[\s<>"\\]/.test(link))
        throw new Error(`mutation ${mutation}: ${link}`);
    }
    if (again.ok !== texts.ok && !(texts.ok || /texts/.test(texts.reason)))
      throw new Error(`mutation ${mutation}: written although it is not read`);
  }
  console.log(JSON.stringify({ seed: SEED, ...outcomes, slowestMs: Math.round(slowest * 100) / 100 }));
  expect(outcomes.read).toBeGreaterThan(COUNT / 10);
  expect(outcomes.refused).toBeGreaterThan(COUNT / 10);
  expect(outcomes.links).toBeGreaterThan(COUNT / 20);
  expect(slowest).toBeLessThan(MAX_MS);
});

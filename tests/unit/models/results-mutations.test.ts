import { expect, it } from 'vitest';
import { encodeResults } from '../../../src/models/results.ts';
import { readResults } from '../../../src/models/results-reading.ts';
import { resultRun } from './result-runs.ts';

const SEED = 20_260_112;
const MUTATIONS = 120_000;

const start = encodeResults([
  resultRun(),
  resultRun({ family: 'tree', hyper: { strength: 1, 'class-conditional': 0 }, parameters: 59, seed: 7 }),
  resultRun({
    name: 'Mine',
    hyper: null,
    seed: null,
    accuracy: { share: 0.5, standardError: 0.1, images: 24 },
  }),
]);

/** Values that a reader may trip over. */
const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, -0, 1e308, 4_294_967_296, 2 ** 53],
  ...['', 'x', '1', 'NaN', '__proto__', 'constructor', 'a\u001b[31mb', 'x'.repeat(1000), '\ud800'],
  ...[[], {}, [[]], [null], { nats: 1 }, { width: 5, height: 5 }, { toString: 1 }],
];
/** Texts that JSON.stringify does not write. */
const TEXTS = [
  '1e999',
  '-0',
  '1e-999',
  'NaN',
  '"\\u0000"',
  '{"a":1,"a":2}',
  '[',
  '"',
  '\u0000',
  '00',
  '""""',
  ',,',
];

function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Node = Record<string, unknown> | unknown[];

/** All objects and lists of a value, itself included. */
function nodesIn(value: unknown): Node[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value as Node, ...Object.values(value).flatMap(nodesIn)];
}

/** The file with one to three changes: of fields, or of bytes. */
function mutated(below: (limit: number) => number): Uint8Array<ArrayBuffer> {
  const value = JSON.parse(new TextDecoder().decode(start)) as unknown;
  let bytes: Uint8Array<ArrayBuffer> = start;
  if (below(3) > 0) {
    for (let change = below(3); change >= 0; change--) {
      const nodes = nodesIn(value);
      const node = nodes[below(nodes.length)] as Record<string, unknown>;
      const keys = Object.keys(node);
      const key = keys.length > 0 ? keys[below(keys.length)] : 'a';
      const other = nodes[below(nodes.length)];
      const kind = below(5);
      if (kind === 0) Reflect.deleteProperty(node, key);
      else if (kind === 1) node[`${key}x`] = node[key];
      // A copy, because a circle is no JSON.
      else if (kind === 2) node[key] = structuredClone(other);
      else node[key] = structuredClone(VALUES[below(VALUES.length)]);
    }
    bytes = new TextEncoder().encode(JSON.stringify(value));
  }
  if (below(3) > 0) return bytes;
  const copy = [...bytes];
  for (let change = below(3); change >= 0; change--) {
    const at = below(copy.length);
    const kind = below(4);
    if (kind === 0) copy.splice(at, 1 + below(40));
    else if (kind === 1) copy[at] = below(256);
    else if (kind === 2) copy.splice(at, 0, ...new TextEncoder().encode(TEXTS[below(TEXTS.length)]));
    else copy.length = at;
  }
  return new Uint8Array(copy);
}

it(
  `gives a result for each of ${MUTATIONS} changed files, quickly; seed ${SEED}`,
  { timeout: 300_000 },
  () => {
    const below = random(SEED);
    let accepted = 0;
    let slowest = 0;
    for (let at = 0; at < MUTATIONS; at++) {
      const bytes = mutated(below);
      const begun = performance.now();
      const read = readResults(bytes, 'r.json');
      slowest = Math.max(slowest, performance.now() - begun);
      if (!read.ok) {
        if (
          !/^r\.json: \S/.test(read.reason) ||
          read.reason.length > 400 ||
          /\p{Cc}|\p{Cf}/u.test(read.reason)
        )
          expect.fail(`mutation ${at}: ${JSON.stringify(read.reason)}`);
        continue;
      }
      accepted++;
      // What is accepted can be written and read again.
      const again = readResults(encodeResults(read.value), 'r.json');
      if (!again.ok) expect.fail(`mutation ${at}: ${again.reason}`);
      if (at % 50 === 0) expect(encodeResults(again.value)).toEqual(encodeResults(read.value));
    }
    // Neither all nor none.
    expect(accepted).toBeGreaterThan(MUTATIONS / 200);
    expect(accepted).toBeLessThan(MUTATIONS / 2);
    expect(slowest).toBeLessThan(2000);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).nats).toBeUndefined();
  },
);

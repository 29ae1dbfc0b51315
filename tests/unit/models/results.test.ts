import { describe, expect, it } from 'vitest';
import { encodeResults, type ResultRun, settingsKey, sortRuns } from '../../../src/models/results.ts';
import { groupBySeed } from '../../../src/models/results-groups.ts';
import { MAX_RESULT_BYTES, readResults } from '../../../src/models/results-reading.ts';
import { resultRun } from './result-runs.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const file = (...runs: ResultRun[]) => encodeResults(runs);

/** The file of one run, as JSON that a test may change. */
function changed(change: (run: Record<string, unknown>, whole: Record<string, unknown>) => void): Uint8Array {
  const whole = JSON.parse(new TextDecoder().decode(file(resultRun()))) as Record<string, unknown>;
  change((whole.runs as Record<string, unknown>[])[0], whole);
  return bytesOf(JSON.stringify(whole));
}

describe('a file of results', () => {
  const runs = [
    resultRun({ seed: 10 }),
    resultRun({ seed: 9, accuracy: { share: 0.5, standardError: 0.1, images: 24 } }),
    resultRun({ name: 'Mine', hyper: null, seed: null, test: null, validation: null, machine: '', how: '' }),
    resultRun({ diverged: true, backend: 'webgpu', binarisation: { kind: 'threshold' } }),
  ];

  it('is read as it was written, and written again byte for byte, in whatever order', () => {
    const bytes = encodeResults(runs);
    const read = readResults(bytes, 'all.json');
    if (!read.ok) throw new Error(read.reason);
    expect(read.value).toEqual(sortRuns(runs));
    expect(encodeResults(read.value.toReversed())).toEqual(bytes);
    expect(encodeResults([...runs, ...read.value])).toEqual(bytes);
    expect(encodeResults([])).toEqual(bytesOf('{"format":"inkling-results","version":1,"runs":[]}\n'));
  });

  it('has seeds in the order of numbers', () => {
    const seeds = sortRuns([10, 9, 4_294_967_295, 0].map((seed) => resultRun({ seed }))).map(
      ({ seed }) => seed,
    );
    expect(seeds).toEqual([0, 9, 10, 4_294_967_295]);
  });

  it.each<[string, Uint8Array, string]>([
    ['no JSON', bytesOf('{'), 'is not JSON in UTF-8'],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'is not JSON in UTF-8'],
    ['nothing', new Uint8Array(0), 'is not JSON in UTF-8'],
    ['a list', bytesOf('[]'), 'format: is not "inkling-results"'],
    ['another format', changed((_, whole) => (whole.format = 'other')), 'format: is not "inkling-results"'],
    ['another version', changed((_, whole) => (whole.version = 2)), 'version: is not 1'],
    ['runs that are no list', changed((_, whole) => (whole.runs = {})), 'runs: is not a list'],
    [
      'a field that it does not have',
      changed((_, whole) => (whole.more = 1)),
      '"more": is no field of results',
    ],
    [
      'a key twice',
      bytesOf('{"format":"inkling-results","version":1,"runs":[],"runs":[]}'),
      'the key "runs" stands twice',
    ],
    [
      'too many runs',
      bytesOf(`{"format":"inkling-results","version":1,"runs":[${'0,'.repeat(100_000)}0]}`),
      'runs: 100001 of them, more than 100000',
    ],
    ['a run that is none', changed((_, whole) => (whole.runs = [null])), 'runs[0]: is not an object'],
    ['a field missing', changed((run) => delete run.seed), 'runs[0].seed: missing'],
    ['a field too many', changed((run) => (run.colour = 1)), 'runs[0]: "colour" is no field of a result'],
    [
      'one in an estimate',
      changed((run) => (run.test = { nats: 1, standardError: 1, images: 1, more: 1 })),
      'runs[0].test: "more" is no field',
    ],
    [
      '__proto__',
      bytesOf(new TextDecoder().decode(file(resultRun())).replace('"hyper":{', '"hyper":{"__proto__":1,')),
      'runs[0].hyper: "__proto__" is unknown to neighbours',
    ],
    [
      'an unknown family',
      changed((run) => (run.family = 'neighbors')),
      'runs[0].family: "neighbors" is unknown',
    ],
    [
      'a hyper-parameter out of range',
      changed((run) => ((run.hyper as Record<string, number>).k = 99)),
      'runs[0].hyper.k: 99 is outside 1 to 14',
    ],
    [
      'a hyper-parameter missing',
      changed((run) => delete (run.hyper as Record<string, number>).k),
      'runs[0].hyper.k: not a number',
    ],
    [
      'another number of parameters',
      changed((run) => (run.parameters = 7)),
      'runs[0].parameters: 7, but such a model has',
    ],
    [
      'a grid that is none',
      changed((run) => (run.grid = { width: 0, height: 5 })),
      'runs[0].grid.width: 0 is outside 1 to 256',
    ],
    ['a fraction of a seed', changed((run) => (run.seed = 0.5)), 'runs[0].seed: 0.5 is not a whole number'],
    [
      'a negative error',
      changed((run) => (run.train = { nats: 1, standardError: -1, images: 1 })),
      'runs[0].train.standardError: -1 is outside 0 to',
    ],
    ['no estimate', changed((run) => (run.train = null)), 'runs[0].train: is not an object'],
    [
      'a number of nothing',
      changed((run) => (run.test = { nats: null, standardError: 1, images: 1 })),
      'runs[0].test.nats: is not a number',
    ],
    [
      'a binarisation that is none',
      changed((run) => (run.binarisation = 'grey')),
      'runs[0].binarisation: "grey" is none of',
    ],
    [
      'a backend that is none',
      changed((run) => (run.backend = 'tpu')),
      'runs[0].backend: "tpu" is neither cpu nor webgpu',
    ],
    [
      'a name with escapes',
      changed((run) => (run.name = 'a\u001b[31mb')),
      'runs[0].name: is longer than 400 characters or has some that are not shown',
    ],
    [
      'a machine that goes on',
      changed((run) => (run.machine = 'x'.repeat(401))),
      'runs[0].machine: is longer than 400',
    ],
    [
      'neither hyper nor name',
      changed((run) => (run.hyper = null)),
      'runs[0].name: missing, where there is no hyper',
    ],
    [
      'a field nested deeply',
      bytesOf(
        `{"format":"inkling-results","version":1,"runs":[{"name":${'['.repeat(5000)}${']'.repeat(5000)}}]}`,
      ),
      'runs[0].name: is not a text',
    ],
  ])('is refused where it holds %s', (_, bytes, reason) => {
    const read = readResults(bytes, 'r.json');
    expect(read.ok ? 'accepted' : read.reason).toContain(`r.json: ${reason}`);
  });

  it('is refused before it is read where it is too long', () => {
    const read = readResults(new Uint8Array(MAX_RESULT_BYTES + 1), 'r.json');
    expect(read).toEqual({ ok: false, reason: 'r.json: exceeds the limit of 64 MiB: name a smaller file' });
  });
});

describe('runs that differ in their seed alone', () => {
  const at = (seed: number, nats: number, changes: Partial<ResultRun> = {}) =>
    resultRun({ seed, test: { nats, standardError: 0.5, images: 24 }, seconds: seed, ...changes });

  it('are one group, on whatever machine they ran: mean, standard error over images, spread over seeds', () => {
    const [group, ...others] = groupBySeed([at(3, 14, { machine: 'B' }), at(1, 10), at(2, 12)]);
    expect(others).toEqual([]);
    expect(group).toMatchObject({
      seeds: 3,
      seconds: 2,
      machines: ['A processor, 2 cores', 'B'],
      test: { mean: 12, standardError: 0.5, spread: 2, images: 24 },
      accuracy: null,
    });
  });

  it('count a seed once that was run twice, and leave out what diverged', () => {
    const runs = [at(1, 10), at(1, 10, { machine: 'B' }), at(2, 12), at(3, 900, { diverged: true })];
    expect(groupBySeed(runs)[0]).toMatchObject({ seeds: 2, diverged: 1, test: { mean: 11 } });
    expect(groupBySeed([at(3, 900, { diverged: true })])[0]).toMatchObject({ seeds: 0, test: null });
  });

  it('are not one group where anything else differs, or there is no seed', () => {
    const one = at(1, 10);
    const others = [
      at(2, 10, { how: 'passes 2' }),
      at(2, 10, { backend: 'webgpu' }),
      at(2, 10, { binarisation: { kind: 'threshold' } }),
      at(2, 10, { dataset: { ...one.dataset, id: 'other' } }),
      at(2, 10, { hyper: { ...one.hyper, k: 4 } }),
      at(2, 10, { name: 'Mine' }),
    ];
    for (const other of others) expect(groupBySeed([one, other])).toHaveLength(2);
    expect(groupBySeed([at(1, 10, { seed: null }), at(1, 11, { seed: null })])).toHaveLength(2);
    expect(groupBySeed([one])[0].test?.spread).toBeNull();
    expect(settingsKey({ ...one, seed: 2 })).not.toBe(settingsKey(one));
  });
});

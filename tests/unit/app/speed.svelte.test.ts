/** Lab > Speed: its state on an engine of the test, words, axis, facts, comparison and CSV. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decadeLabel, decadesOf, logAxis, placeOn } from '../../../src/app/speed/axis.ts';
import { backendRatio, productRatio, ratioTo } from '../../../src/app/speed/compare.ts';
import { recordCsv } from '../../../src/app/speed/csv.ts';
import { machineFacts } from '../../../src/app/speed/machine-facts.ts';
import { encodeRecord, type SpeedRecord } from '../../../src/app/speed/record.ts';
import { NOT_YET } from '../../../src/app/speed/run-record.ts';
import { Speed } from '../../../src/app/speed/speed.svelte.ts';
import {
  flopWords,
  productWords,
  rateWords,
  ratioWords,
  recordName,
  spreadWords,
  statement,
  timesWords,
} from '../../../src/app/speed/words.ts';
import { Turn } from '../../../src/app/turn.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { GreyImages } from '../../../src/data/images.ts';
import type { SpeedApi, SpeedEvent, SpeedRate, SpeedRequest } from '../../../src/engine/queries/api.ts';
import { families } from '../../../src/models/registry.ts';
import { fakeLocks } from './locks.ts';
import { rate, row, sampleRecord } from './speed-samples.ts';

const DIGITS: GreyImages = {
  grid: { width: 28, height: 28 },
  count: 10,
  pixels: new Uint8Array(7840),
  labels: new Uint8Array(10),
};
const RATE: SpeedRate = { median: 100, low: 90, high: 120, repetitions: 5, size: 64 };

/** Turns the direction of what follows; invisible. */
const REVERSED = String.fromCharCode(0x20_2e);

/** An engine whose measurement the test ends. */
function setUp(digits: Result<GreyImages> = ok(DIGITS)) {
  const calls: { request: SpeedRequest; onEvent: (event: SpeedEvent) => void; signal: AbortSignal }[] = [];
  let end: (result: Result<null>) => void = () => undefined;
  let failWith: (error: Error) => void = () => undefined;
  const measure: SpeedApi['measure'] = (request, onEvent, signal) => {
    calls.push({ request, onEvent, signal: signal! });
    return new Promise((resolve, reject) => {
      end = resolve;
      failWith = reject;
      signal!.addEventListener('abort', () => reject(signal!.reason as Error));
    });
  };
  const saved: { name: string; content: Blob }[] = [];
  let now = Date.UTC(2026, 11, 1);
  const turn = new Turn();
  const speed = new Speed({
    engine: { speed: { measure } },
    turn,
    digits: () => Promise.resolve(digits),
    machine: () => ({ browser: 'Test 1', system: 'Linux', cores: 4 }),
    save: (name, content) => saved.push({ name, content }),
    now: () => now,
  });
  return {
    speed,
    turn,
    calls,
    saved,
    end: (result: Result<null> = ok(null)) => end(result),
    failWith: (error: Error) => failWith(error),
    pass: (milliseconds: number) => (now += milliseconds),
  };
}

const settled = async () => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};
const fileOf = (name: string, text: string) => new File([text], name);

beforeEach(() => {
  vi.stubGlobal('navigator', { locks: fakeLocks().locks });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a run', () => {
  it('asks for every family in its default size, and keeps what comes', async () => {
    const { speed, calls, end, pass } = setUp();
    speed.seconds = 10;
    const running = speed.start();
    await settled();
    expect(speed.running).toBe(true);
    expect(calls[0].request.seconds).toBe(10);
    expect(calls[0].request.models.map(({ family }) => family)).toEqual(families.map(({ id }) => id));
    const { onEvent } = calls[0];
    onEvent({ type: 'begun', backend: 'cpu', family: null, work: null });
    expect(speed.progress).toEqual({ done: 0, total: 6 * families.length, name: 'CPU: product of matrices' });
    onEvent({ type: 'product', backend: 'cpu', together: 4, result: ok(RATE) });
    onEvent({ type: 'backend', backend: 'cpu', found: ok({ description: 'wasm', software: false }) });
    onEvent({ type: 'begun', backend: 'cpu', family: families[0].id, work: 'score' });
    expect(speed.progress?.name).toBe(`CPU: ${families[0].label}, scoring`);
    onEvent({ type: 'rate', backend: 'cpu', family: families[0].id, work: 'score', result: ok(RATE) });
    onEvent({
      type: 'rate',
      backend: 'webgpu',
      family: families[0].id,
      work: 'train',
      result: fail('a\u001b[1mb'),
    });
    expect(speed.progress?.done).toBe(2);
    pass(12_000);
    end();
    await running;
    expect(speed.running).toBe(false);
    const mine = speed.current?.rows.find(({ family }) => family === families[0].id);
    expect(mine?.rates.score.cpu).toEqual(ok(RATE));
    expect(mine?.rates.train.webgpu).toEqual(fail('ab'));
    expect(speed.current?.backends.cpu).toEqual({
      found: ok({ description: 'wasm', software: false }),
      product: ok(RATE),
      together: 4,
    });
    expect(speed.said).toBe(
      `Done after 12 s: 1 of ${6 * families.length} rates measured; of each of the others the table says why not.`,
    );
  });

  it('waits for its turn, and gives it back', async () => {
    const { speed, turn, calls, end } = setUp();
    const first = await turn.take();
    const running = speed.start();
    await settled();
    expect(calls).toHaveLength(0);
    expect(turn.longWork.busy).toBe(true);
    first();
    await settled();
    expect(calls).toHaveLength(1);
    end();
    await running;
    expect(turn.longWork.busy).toBe(false);
    (await turn.take())();
  });

  it('that is cancelled keeps what it has, with the reason of the rest', async () => {
    const { speed, calls, turn } = setUp();
    const running = speed.start();
    await settled();
    calls[0].onEvent({
      type: 'rate',
      backend: 'cpu',
      family: families[0].id,
      work: 'score',
      result: ok(RATE),
    });
    speed.cancel();
    await running;
    expect(calls[0].signal.aborted).toBe(true);
    calls[0].onEvent({
      type: 'rate',
      backend: 'cpu',
      family: families[0].id,
      work: 'train',
      result: ok(RATE),
    });
    expect(speed.current?.stopped).toBe(true);
    expect(JSON.stringify(speed.current)).not.toContain(NOT_YET);
    const mine = speed.current?.rows.find(({ family }) => family === families[0].id);
    expect(mine?.rates.score.cpu).toEqual(ok(RATE));
    expect(mine?.rates.train.cpu).toEqual(fail('stopped'));
    expect(speed.said).toMatch(/^Stopped after/);
    (await turn.take())();
  });

  it('that is cancelled before its turn leaves the result before it', async () => {
    const { speed, calls, turn, end } = setUp();
    let running = speed.start();
    await settled();
    end();
    await running;
    const before = speed.current;
    const other = await turn.take();
    running = speed.start();
    await settled();
    speed.cancel();
    other();
    await running;
    expect(calls).toHaveLength(1);
    expect(speed.current).toBe(before);
  });

  it('that fails says why, and so do the rates', async () => {
    const { speed, failWith } = setUp();
    const running = speed.start();
    await settled();
    failWith(new Error('The engine was restarted.'));
    await running;
    expect(speed.error).toBe('The measurement ended early. The engine was restarted.');
    expect(speed.current?.rows[0].rates.score.cpu).toEqual(fail('the measurement ended early'));

    const none = setUp(fail('starter.gz: HTTP 404'));
    await none.speed.start();
    expect(none.speed.error).toBe('The measurement ended early. Starter digits: starter.gz: HTTP 404');
    expect(none.speed.current).toBeNull();
  });
});

describe('files', () => {
  it('an opened result is shown until there is another, exported as it was, and then compared with', async () => {
    const { speed, saved, end } = setUp();
    const text = encodeRecord(sampleRecord());
    await speed.open(fileOf(`before${REVERSED}.json`, text));
    expect(speed.earlier?.file).toBe('before.json');
    expect(speed.shown).toEqual(sampleRecord());
    expect(speed.compared).toBeNull();
    speed.save('json');
    expect(saved[0].name).toMatch(/^inkling-speed-2026-12-01-\d{4}\.json$/);
    expect(await saved[0].content.text()).toBe(text);
    const running = speed.start();
    await settled();
    end();
    await running;
    expect(speed.shown?.machine.browser).toBe('Test 1');
    expect(speed.compared).toEqual(sampleRecord());
    speed.closeEarlier();
    expect(speed.compared).toBeNull();
  });

  it('that are none say why, and change nothing', async () => {
    const { speed } = setUp();
    await speed.open(fileOf('notes.json', '{}'));
    expect(speed.error).toBe('Not opened. notes.json: format: is missing.');
    await speed.open(fileOf('big.json', ' '.repeat(2 ** 20 + 1)));
    expect(speed.error).toContain('big.json: size: ');
    expect(speed.earlier).toBeNull();
    expect(speed.textOf('csv')).toBe('');
  });
});

describe('comparison', () => {
  const then = sampleRecord({
    rows: [
      row('one', {
        rates: { ...row('one').rates, score: { cpu: rate(500), webgpu: rate(2000, { size: 64 }) } },
      }),
      row('two', { parameters: 5 }),
    ],
  });

  it('is of the same family in the same size, and marks calls of other sizes', () => {
    expect(ratioTo(then, row('one'), 'score', 'cpu')).toEqual({ ratio: 2, otherCalls: false });
    expect(ratioTo(then, row('one'), 'score', 'webgpu')).toEqual({ ratio: 0.5, otherCalls: true });
    expect(ratioTo(then, row('two'), 'score', 'cpu')).toBeNull();
    expect(ratioTo(then, row('absent'), 'score', 'cpu')).toBeNull();
    expect(ratioTo(null, row('one'), 'score', 'cpu')).toBeNull();
    expect(ratioWords({ ratio: 0.5, otherCalls: true })).toBe('0.500× *');
    expect(ratioWords(null)).toBe('–');
  });

  it('of backends and products is null where one was not measured', () => {
    expect(backendRatio(row('one'), 'train')).toBeCloseTo(100 / 50.5, 12);
    expect(backendRatio(sampleRecord().rows[2], 'train')).toBeNull();
    expect(productRatio(sampleRecord(), sampleRecord(), 'cpu')).toBe(1);
    expect(productRatio(sampleRecord(), sampleRecord(), 'webgpu')).toBeNull();
  });
});

describe('words', () => {
  it.each([
    [12_345, '12,300'],
    [999.6, '1,000'],
    [45.61, '45.6'],
    [4.561, '4.56'],
    [0.0789, '0.0789'],
    [1_234_567_890, '1,230,000,000'],
  ])('%d images a second are "%s"', (value, words) => {
    expect(rateWords(value)).toBe(words);
  });

  it('give spread, ceiling and ratio', () => {
    expect(spreadWords(RATE)).toBe('± 15 %');
    expect(spreadWords({ ...RATE, low: 100, high: 100 })).toBe('± 0 %');
    expect(spreadWords({ ...RATE, repetitions: 1 })).toBe('once');
    expect(flopWords(3.82e10)).toBe('38.2 GFLOP/s');
    expect(productWords(sampleRecord().backends.cpu)).toBe(
      '38.2 GFLOP/s ± 5 % (products of 512 × 512, 8 threads)',
    );
    expect(productWords(sampleRecord().backends.webgpu)).toBe('none');
    expect(timesWords(1.82)).toBe('1.82×');
  });

  it('say what was measured in one line', () => {
    const line = statement(sampleRecord());
    expect(line).toMatch(/^28 × 28 pixels, 1,000 digits; images a call: 1,000 in scoring/);
    expect(line).toContain('fewer than 128 images use one thread');
    expect(line).not.toContain('\n');
    const none: SpeedRecord = sampleRecord({ rows: [] });
    expect(statement(none)).toContain('images a call: none in scoring');
  });

  it('name a file by the clock of the visitor', () => {
    expect(recordName(new Date(2026, 0, 2, 3, 4).getTime())).toBe('inkling-speed-2026-01-02-0304');
  });
});

describe('the axis', () => {
  it('goes from a power of ten to another, and holds every value', () => {
    expect(logAxis([])).toBeNull();
    const axis = logAxis([35, 120_000])!;
    expect(axis).toEqual({ from: 1, to: 6 });
    expect(decadesOf(axis)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(placeOn(axis, 10)).toBe(0);
    expect(placeOn(axis, 1e6)).toBe(1);
    expect(placeOn(axis, 10 ** 3.5)).toBeCloseTo(0.5, 12);
    // What lies at the beginning has a bar too.
    expect(placeOn(logAxis([100])!, 100)).toBeGreaterThan(0);
    expect(decadesOf({ from: 0, to: 20 }).length).toBeLessThanOrEqual(8);
  });

  it.each([
    [-2, '0.01'],
    [0, '1'],
    [2, '100'],
    [3, '1k'],
    [5, '100k'],
    [6, '1M'],
    [10, '10G'],
    [16, '10000T'],
  ])('10^%i is "%s"', (exponent, label) => {
    expect(decadeLabel(exponent)).toBe(label);
  });
});

describe('facts of the machine', () => {
  const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)';
  it.each([
    [`${WINDOWS} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0`, 'Edge 131.0.0.0', 'Windows'],
    [`${WINDOWS} Chrome/131.0.0.0 Safari/537.36`, 'Chrome 131.0.0.0', 'Windows'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox 140.0', 'Linux'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Safari 17.5',
      'iOS',
    ],
    [
      'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36',
      'Chrome 131.0',
      'Android',
    ],
    ['', 'not named by the browser', 'not named by the browser'],
  ])('%s', (userAgent, browser, system) => {
    expect(machineFacts({ userAgent })).toEqual({ browser, system, cores: null });
  });

  it('are taken from the brands of Chromium where there are any, and cleaned', () => {
    const userAgentData = {
      brands: [
        { brand: 'Not A;Brand', version: '99' },
        { brand: 'Chromium', version: '131' },
        { brand: `Brow${REVERSED}ser`, version: '131' },
      ],
      platform: 'Windows',
    };
    expect(machineFacts({ userAgent: 'x', hardwareConcurrency: 8, userAgentData })).toEqual({
      browser: 'Browser 131',
      system: 'Windows',
      cores: 8,
    });
  });
});

describe('CSV', () => {
  it('has a line for every measurement, each with the machine, and reasons for what was not measured', () => {
    const lines = recordCsv(sampleRecord()).split('\r\n');
    expect(lines.at(-1)).toBe('');
    expect(lines).toHaveLength(1 + 2 * (1 + 3 * 3) + 1);
    expect(lines[1]).toBe(
      '2026-12-01T03:05:00.123Z,"Browser ""X"" 1.2, beta",Système,8,cpu,"wasm SIMD, 8 threads",no,,,,product,floating-point operations a second,38200000000,36290000000,40110000000,9,512,',
    );
    expect(lines.find((line) => line.includes('three') && line.includes('webgpu'))).toMatch(
      /,,,,,out of time$/,
    );
    expect(lines.find((line) => line.includes('one') && line.includes('train'))).toContain(
      'train (descended)',
    );
  });

  it('holds no formula', () => {
    const machine = { browser: '=HYPERLINK("x")', system: '-1+1', cores: null };
    const line = recordCsv(sampleRecord({ machine })).split('\r\n')[1];
    expect(line).toContain(`"'=HYPERLINK(""x"")",'-1+1,,cpu`);
  });
});

import { expect, it, vi } from 'vitest';
import { Debug } from '../../../src/app/debug/debug.svelte.ts';
import { factsOf } from '../../../src/app/debug/report.ts';
import { type LogLine, recordLog } from '../../../src/data/log.ts';
import { EngineSession } from '../../../src/engine/session.ts';
import { ok } from '../../../src/data/result.ts';
import { completeHyper, findFamily } from '../../../src/models/registry.ts';
import type { Model } from '../../../src/models/model.ts';
import { hostWithoutWebGpu } from '../engine/host-without-webgpu.ts';

const grid = { width: 2, height: 2 };

function engineOnCpu(log: readonly LogLine[] = []): EngineSession {
  const host = hostWithoutWebGpu({ isSoftware: () => Promise.resolve(ok(true)) });
  return new EngineSession(host, () => Promise.resolve(), undefined, log);
}

function independent(): Model {
  const hyper = completeHyper(findFamily('independent')!);
  return { family: 'independent', grid, hyper, tensors: { logit: new Float32Array(4) } };
}

it('the cpu backend reports its models and samplers, and that it has no device', async () => {
  const engine = engineOnCpu([{ at: 5, level: 'warning', text: 'slow' }]);
  await engine.status();
  await engine.load('a', independent());
  const indices = Uint32Array.of(0, 1);
  await engine.openSampler('samples', 'a', { seed: 1, temperature: 1, indices });
  await engine.sampling.start('run', 'a', 'ancestral', { seed: 1, temperature: 1, indices });
  const report = await engine.debug();
  expect(report).toMatchObject({
    gpu: null,
    models: [{ name: 'a', family: 'independent', grid }],
    samplers: ['samples', 'run'],
    log: [{ text: 'slow' }],
  });
  expect(Object.fromEntries(factsOf(report))).toMatchObject({
    Backend: expect.stringMatching(/^cpu, ready\. /) as string,
    Device: expect.stringContaining('compiles no kernels') as string,
    Models: 'a (independent, 2x2)',
    Samplers: 'samples, run',
  });
});

it('the log holds what reaches the console and what nothing catches, cleaned, the last 50', () => {
  const printed = vi.fn();
  const console = { error: printed, warn: printed };
  const scope = new EventTarget();
  const lines = recordLog(scope, console);
  console.warn('a\u001b[31m', 1);
  console.error(new TypeError('b'));
  scope.dispatchEvent(Object.assign(new Event('error'), { message: 'c' }));
  scope.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason: new Error('d') }));
  expect(lines.map(({ level, text }) => `${level} ${text}`)).toEqual([
    expect.stringMatching(/^warning a.*1$/),
    'error TypeError: b',
    'error c',
    'error Error: d',
  ]);
  expect(lines[0].text).not.toContain('\u001b');
  expect(printed).toHaveBeenCalledTimes(2);
  for (let i = 0; i < 60; i++) console.warn(String(i));
  expect(lines).toHaveLength(50);
  expect(lines.at(-1)!.text).toBe('59');
});

it('the panel merges both logs by time, keeps the last report, and says why there is no newer one', async () => {
  const engine = engineOnCpu([{ at: 2000, level: 'error', text: 'of the worker' }]);
  await engine.status();
  let dead = false;
  const debug = new Debug(
    () => (dead ? Promise.reject(new Error('the worker has ended')) : engine.debug()),
    [
      { at: 1000, level: 'warning', text: 'first' },
      { at: 3000, level: 'warning', text: 'last' },
    ],
  );
  await debug.refresh();
  expect(debug.lines).toEqual([
    '00:00:01.000 page warning: first',
    '00:00:02.000 worker error: of the worker',
    '00:00:03.000 page warning: last',
  ]);
  dead = true;
  await debug.refresh();
  expect(debug.problem).toBe('the worker has ended');
  expect(debug.report).not.toBeNull();
});

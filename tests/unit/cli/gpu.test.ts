/** `npm run gpu` on the software adapter, with the smallest sizes: that it runs to its end, and what it writes. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { writeIdxImages } from '../../../src/data/idx.ts';
import { type GpuReport, SCHEMA } from '../../gpu/native/report.ts';
import { bars, cli, type Ended, workFolder } from './spawn.ts';

// Every run compiles its kernels anew, on the CPU where there is no GPU.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const script = fileURLToPath(new URL('../../gpu/native/run.mjs', import.meta.url));
const { folder, remove } = workFolder();
beforeAll(() => writeFileSync(join(folder, 'bars.idx'), writeIdxImages(bars(60))));
afterAll(remove);

const TINY = ['--software', '--sizes', 'tiny', '--minutes', '10', '--images', 'bars.idx'];

async function reportOf(args: readonly string[], run = script): Promise<{ ended: Ended; report: GpuReport }> {
  const ended = await cli(folder, [...TINY, ...args, '--out', 'report.json'], run);
  const text = readFileSync(join(folder, 'report.json'), 'utf8');
  return { ended, report: JSON.parse(text) as GpuReport };
}

it('checks, measures and trains, and writes one report', async () => {
  const { ended, report } = await reportOf(['--families', 'fvsbn']);
  expect(ended.stderr).toBe('');
  expect(ended.code).toBe(0);
  expect(report).toMatchObject({ schema: SCHEMA, complete: true, passed: true, sizes: 'tiny', errors: [] });
  expect(report.adapter.software).toBe(report.software);
  expect(report.adapter.features).toContain('core-features-and-limits');
  expect(report.adapter.limits.maxBufferSize).toBeGreaterThan(2 ** 20);
  expect(report.check).toMatchObject({ failed: 0, skipped: 0 });
  expect(report.check?.passed).toBe(report.check?.checks.length);
  expect(report.check?.checks.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['scores and conditionals', 'sum to 1', 'samples', 'learning']),
  );
  const { matmul, bandwidth, latency, rows } = report.measure!;
  expect(matmul?.best).toBeGreaterThan(0);
  for (const { error } of matmul!.products) expect(error).toBeLessThan(1e-4);
  expect(bandwidth?.rate.median).toBeGreaterThan(0);
  expect(latency?.submitMs).toBeGreaterThan(0);
  expect(rows.map(({ work }) => work)).toEqual(['score', 'sample 4', 'sample 1', 'train']);
  for (const { gpu, cpu, ratio, gflops, share, dispatches } of rows) {
    expect(gpu.median).toBeGreaterThan(0);
    expect(ratio).toBeCloseTo(gpu.median / cpu!.median, 9);
    expect(share).toBeCloseTo(gflops! / matmul!.best, 9);
    expect(dispatches).toBeGreaterThan(0);
  }
  // An adapter whose subgroups all have as many threads is also measured, and checked, without them.
  const [least, most] = report.adapter.subgroupSizes ?? [0, 0];
  const others = report.adapter.subgroups && least === most ? ['without subgroups'] : [];
  for (const { work, variants } of rows)
    expect(variants.map(({ what }) => what)).toEqual(work.startsWith('sample') ? others : []);
  const checked = report.check?.checks.filter(({ what }) => what === 'samples without subgroups') ?? [];
  expect(checked.length > 0).toBe(others.length > 0);
  const [run] = report.train!.runs;
  expect(report.train).toMatchObject({ images: 'bars.idx', learntFrom: 54, heldBack: 6 });
  // Bars of 30 pixels are below the nats that digits are to reach.
  expect(run).toMatchObject({ family: 'fvsbn', reached: true, ended: 'goal', targets: 'soft' });
  expect(run.curve.at(-1)?.validation).toBe(run.nats);
});

it('ends with code 1 where a kernel is wrong, and says which checks noticed', async () => {
  const { ended, report } = await reportOf(['--only', 'check', '--families', 'independent', '--plant-error']);
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(/FAILED independent.* scores and conditionals: log p .*, allowed below/);
  expect(report).toMatchObject({ passed: false, plantedError: true, complete: true });
  expect(report.check?.failed).toBeGreaterThan(0);
});

it('leaves out what there is no time for, and says so', async () => {
  const args = ['--only', 'check', '--families', 'independent', '--minutes', '0.00001'];
  const { ended, report } = await reportOf(args);
  expect(ended.code).toBe(0);
  expect(report).toMatchObject({ passed: true, complete: false });
  expect(report.check?.skipped).toBeGreaterThan(0);
});

it('puts everything it needs into a folder that runs by itself', async () => {
  const packed = await cli(folder, ['--bundle', 'apart'], script);
  expect(packed).toMatchObject({ code: 0, stderr: '' });
  expect(parseFloat(/: ([\d.]+) MiB\n$/.exec(packed.stdout)![1])).toBeLessThan(64);
  expect(existsSync(join(folder, 'apart', 'node_modules', 'webgpu', 'index.js'))).toBe(true);
  const args = ['--only', 'measure', '--families', 'independent'];
  const { ended, report } = await reportOf(args, join(folder, 'apart', 'gpu.mjs'));
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(report.measure?.rows.map(({ family, work }) => `${family} ${work}`)).toContain('independent count');
  const again = await cli(folder, ['--bundle', 'apart'], script);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/is not empty\n$/) as string });
});

it.each([
  [['--minutes', 'soon'], /^--minutes: "soon"/],
  [['--only', 'check,fly'], /^--only: "fly" is none of check, measure, train/],
  [['--families', 'nothing'], /^--families: "nothing" is none of/],
  [['--images', 'nowhere.idx'], /^--images: .*nowhere\.idx/],
])('refuses %j in one sentence', async (args, sentence) => {
  const ended = await cli(folder, args, script);
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr).toMatch(sentence);
});

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { curveText, RunFiles } from '../../../src/cli/run-files.ts';
import type { Checkpoint, CurvePoint } from '../../../src/engine/api.ts';
import { decodeModel } from '../../../src/models/model-file.ts';
import { cli, launcher, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);

describe('the files of a long run', () => {
  const own = mkdtempSync(join(tmpdir(), 'inkling-'));
  afterAll(() => rmSync(own, { recursive: true, force: true }));
  const out = join(own, 'best.bin');
  const curve = join(own, 'curve.csv');
  let now = 0;
  beforeEach(() => {
    now = 0;
    for (const name of readdirSync(own)) rmSync(join(own, name));
  });

  /** Encodes a model as its first weight. */
  const files = (names: { out: string | null; curve: string | null }) =>
    new RunFiles(
      names,
      ({ w }) => Uint8Array.of(w[0]),
      () => now,
    );
  const points: readonly CurvePoint[] = [
    { step: 5, epoch: 0.5, train: 3.25, validation: null },
    { step: 10, epoch: 1, train: 3, validation: 3.5 },
  ];
  const checkpoint = (weight: number, best: { weight: number; step: number } | null): Checkpoint => ({
    runId: 'r',
    step: 10,
    state: { step: 10, tensors: { w: Float32Array.of(weight) }, firstMoments: {}, secondMoments: {} },
    best: best && { tensors: { w: Float32Array.of(best.weight) }, validation: 1, step: best.step },
    curve: points,
    seconds: 1,
  });

  it('include the curve, at every checkpoint', () => {
    files({ out: null, curve }).checkpoint(checkpoint(1, null), 1);
    expect(readFileSync(curve, 'utf8')).toBe('step,epoch,train,validation\n5,0.5,3.25,\n10,1,3,3.5\n');
    expect(curveText([])).toBe('step,epoch,train,validation\n');
  });

  it('include the best model so far, at most once a minute and only when it is better', () => {
    const written = files({ out, curve: null });
    const stored = () => (existsSync(out) ? readFileSync(out)[0] : null);
    const after = (seconds: number, next: Checkpoint) => {
      now += seconds * 1000;
      written.checkpoint(next, 1);
      return stored();
    };
    expect(after(59, checkpoint(1, { weight: 2, step: 4 }))).toBe(null);
    expect(after(1, checkpoint(1, { weight: 3, step: 5 }))).toBe(3);
    expect(after(59, checkpoint(1, { weight: 4, step: 6 }))).toBe(3);
    expect(after(1, checkpoint(1, { weight: 5, step: 7 }))).toBe(5);
    expect(after(60, checkpoint(1, { weight: 6, step: 7 }))).toBe(5);
    expect(after(1, checkpoint(1, { weight: 7, step: 8 }))).toBe(7);
    expect(after(60, checkpoint(9, null))).toBe(9);
    expect(readdirSync(own)).toEqual(['best.bin']);
  });

  it('include the model so far at once where the run is asked to end, and the last one after that', () => {
    const written = files({ out, curve: null });
    written.end();
    expect(existsSync(out)).toBe(false);
    written.checkpoint(checkpoint(1, { weight: 2, step: 4 }), 1);
    expect(readFileSync(out)[0]).toBe(2);
    written.checkpoint(checkpoint(1, { weight: 3, step: 5 }), 1);
    expect(readFileSync(out)[0]).toBe(3);
    const other = files({ out, curve: null });
    other.checkpoint(checkpoint(1, { weight: 7, step: 4 }), 1);
    expect(readFileSync(out)[0]).toBe(3);
    other.end();
    expect(readFileSync(out)[0]).toBe(7);
  });

  it('that are not regular files are written only at the end', () => {
    execFileSync('mkfifo', [out, curve]);
    // A write would block without a reader.
    const written = files({ out, curve });
    now = 60_000;
    written.checkpoint(checkpoint(1, { weight: 2, step: 4 }), 1);
    written.end();
    expect(readdirSync(own).sort()).toEqual(['best.bin', 'curve.csv']);
  });

  it('may fail to be written, which the last write reports', () => {
    const written = files({ out: join(own, 'nowhere', 'best.bin'), curve: null });
    now = 60_000;
    written.checkpoint(checkpoint(1, null), 1);
    const ended = written.finish({
      model: { family: 'f', grid: { width: 1, height: 1 }, hyper: {}, tensors: { w: Float32Array.of(1) } },
      ended: 'finished',
      step: 1,
      epochs: 1,
      seconds: 1,
      backend: 'cpu',
      curve: [],
      train: { nats: 1, standardError: 0, images: 1 },
      validation: null,
      diverged: null,
    });
    expect(ended.ok ? '' : ended.reason).toContain('--out');
  });
});

describe('Ctrl-C', () => {
  it('ends a run between two steps and keeps its model', async () => {
    // Builds the bundle first.
    await cli(folder, ['--help']);
    const args = ['train', '--family', 'fvsbn', '--images', 'train.idx', '--epochs', '100000'];
    const options = [
      ...args,
      '--valid-share',
      '0',
      '--out',
      'kept.safetensors',
      '--curve',
      'kept.csv',
      '--json',
    ];
    const child = spawn(process.execPath, [launcher, ...options], { cwd: folder });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    // Waits for the first checkpoint.
    while (!existsSync(join(folder, 'kept.csv')) && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(stderr).toBe('');
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(result).toMatchObject({ ended: 'stopped', out: 'kept.safetensors', curve: 'kept.csv' });
    const file = decodeModel(new Uint8Array(readFileSync(join(folder, 'kept.safetensors'))), 'kept');
    expect(file).toMatchObject({ ok: true, value: { provenance: { steps: result.steps } } });
  });
});

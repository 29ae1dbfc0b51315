import { spawn, spawnSync } from 'node:child_process';
import { linkSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { complain, jsonLine, print, READER_GONE } from '../../../src/cli/output.ts';
import { cliInProcess } from './in-process.ts';
import { cli, launcher, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);

/** The system's error of a failed write. */
const failure = (code: string) => Object.assign(new Error(`${code}: write`), { code });
let written: Record<1 | 2, string> = { 1: '', 2: '' };
beforeEach(() => {
  written = { 1: '', 2: '' };
});
/** Streams that fail with these codes. */
const streams = (codes: { readonly 1?: string; readonly 2?: string }) => ({
  write: (descriptor: 1 | 2, bytes: Uint8Array) => {
    const code = codes[descriptor];
    if (code !== undefined) throw failure(code);
    written[descriptor] += new TextDecoder().decode(bytes);
  },
});

describe('a result', () => {
  it('is printed whole', () => {
    expect(print('one\ntwo  three\n', streams({}))).toBe(0);
    expect(written).toEqual({ 1: 'one\ntwo  three\n', 2: '' });
  });

  it('without a reader prints no message', () => {
    expect(print('text\n', streams({ 1: 'EPIPE' }))).toBe(READER_GONE);
    expect(written).toEqual({ 1: '', 2: '' });
  });

  it('without space on the disk gives code 1 and one line', () => {
    expect(print('text\n', streams({ 1: 'ENOSPC' }))).toBe(1);
    expect(written).toEqual({
      1: '',
      2: 'standard output: no space left; the result was not printed whole\n',
    });
  });

  it('may fail on both streams', () => {
    expect(print('text\n', streams({ 1: 'ENOSPC', 2: 'EPIPE' }))).toBe(1);
    expect(() => complain('why', streams({ 2: 'EIO' }))).not.toThrow();
  });

  it('contains no control character', () => {
    print('a\u001b[31mb\u0007\r\n\u009b2J\u202ec\td\n', streams({}));
    expect(written[1]).toBe('ab \nc d\n');
  });
});

describe('a message', () => {
  it('is one line of visible characters', () => {
    complain('a\nb\u001b]0;title\u0007\u009b2Jc\u202ed\u0000\r\n', streams({}));
    expect(written[2]).toBe('a bcd \n');
  });

  it('is cut to a maximum length', () => {
    complain(`--family: ${'x'.repeat(10_000)}`, streams({}));
    expect(written[2].length).toBe(2001);
    expect(written[2].endsWith('…\n')).toBe(true);
  });
});

describe('JSON', () => {
  it('is one line of visible characters that gives the same value', () => {
    const value = { name: '\u001b[2J\u009b\u202e\u2028\u{e0001}ü€\u{1d11e}', count: 3 };
    const line = jsonLine(value);
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
    expect(line).toContain('ü€\u{1d11e}');
    expect(JSON.parse(line)).toEqual(value);
  });
});

describe('a command', () => {
  const model = join(folder, 'model');
  const images = join(folder, 'train.idx');
  const ran = async (...args: string[]) => expect(await cliInProcess(args)).toMatchObject({ code: 0 });

  it('whose reader is gone ends with code 141 and no message', async () => {
    const child = spawn(process.execPath, [launcher, 'help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(141);
    expect(stderr).toBe('');
  });

  it('may write an output to the standard output, and then reports to the standard error', async () => {
    await ran('train', '--family', 'independent', '--images', images, '--out', model);
    const draw = ['--model', model, '--count', '3', '--seed', '1', '--out'];
    await ran('sample', ...draw, join(folder, 'samples'));
    const ended = await cli(folder, ['sample', ...draw, '/dev/stdout', '--json']);
    expect(ended.code).toBe(0);
    expect(Buffer.from(ended.stdout, 'utf8').toString('latin1')).toBe(
      Buffer.from(readFileSync(join(folder, 'samples')).toString('utf8'), 'utf8').toString('latin1'),
    );
    expect(JSON.parse(ended.stderr)).toMatchObject({ images: 3, out: '/dev/stdout' });
  });

  it('that cannot write its whole output ends with code 1 and one line, and preserves the old file', async () => {
    await ran('train', '--family', 'independent', '--images', images, '--out', model);
    writeFileSync(join(folder, 'plain'), 'old');
    writeFileSync(join(folder, 'linked'), 'old');
    linkSync(join(folder, 'linked'), join(folder, 'twin'));
    const before = readdirSync(folder).sort();
    // A limit of 512 bytes per file acts like a full disk.
    const limited = `ulimit -f 1; exec "${process.execPath}" "${launcher}" sample --model model --count 1000`;
    for (const name of ['plain', 'linked']) {
      const ended = spawnSync('sh', ['-c', `${limited} --out ${name}`], { cwd: folder, encoding: 'utf8' });
      expect(ended).toMatchObject({ status: 1, stdout: '' });
      expect(ended.stderr).toMatch(new RegExp(`^${name}: --out: larger than the file system .+\n$`));
      expect(readFileSync(join(folder, name), 'utf8')).toBe('old');
    }
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  it('names files as they are, but prints no control character of their names', async () => {
    const name = '\u001b[31mred\u202e';
    const given = ['sample', '--count', '1', '--out', model, '--model'];
    writeFileSync(join(folder, name), '');
    const { stderr } = await cliInProcess([...given, join(folder, name)]);
    expect(stderr).toMatch(/\/red: header length: /);
    const absent = await cliInProcess([...given, join(folder, `${name}.absent`)]);
    expect(absent.stderr).toMatch(/\/red.absent: --model: no such file or folder\n$/);
  });
});

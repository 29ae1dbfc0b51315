import { spawnSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../../src/cli/main.ts';
import { input, optional, output, readOptions, text } from '../../../src/cli/options.ts';
import { cliInProcess } from './in-process.ts';
import { launcher, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);
const at = (name: string) => `${folder}/${name}`;

const OUTPUTS = ['out', 'png', 'per-image', 'curve'];

/** Every pair of options of a command whose values the help calls files, of which at least one is an output. */
const pairs = commands.flatMap(({ name, options }) => {
  const files = Object.keys(options).filter((each) => /^(FILE|IDX)$/.test(options[each].value ?? ''));
  return files.flatMap((one, place) =>
    files
      .slice(place + 1)
      .filter((other) => OUTPUTS.includes(one) || OUTPUTS.includes(other))
      .map((other) => [name, one, other] as const),
  );
});

describe('two options that name one file', () => {
  it('are covered for every command that writes', () => {
    const writing = ['train', 'score', 'complete', 'sample', 'publish', 'export'];
    expect(new Set(pairs.map(([name]) => name))).toEqual(new Set(writing));
    expect(pairs).toContainEqual(['complete', 'images', 'png']);
  });

  it.each(pairs)('%s refuses --%s and --%s', async (name, one, other) => {
    const before = readFileSync(at('train.idx'));
    const args = [name, `--${one}`, at('train.idx'), `--${other}`, at('train.idx')];
    const reason = (await cliInProcess(args)).stderr;
    expect(reason).toContain('is the same file as');
    expect(reason).toContain(`--${one}`);
    expect(reason).toContain(`--${other}`);
    expect(readFileSync(at('train.idx'))).toEqual(before);
  });
});

describe('one file', () => {
  const known = {
    images: optional(input('IDX', '')),
    labels: optional(input('IDX', '')),
    out: optional(output('FILE', '')),
    curve: optional(output('FILE', '')),
    note: optional(text('TEXT', '')),
  };
  const readGiven = (given: Record<string, string>) => readOptions(known, new Map(Object.entries(given)));
  beforeAll(() => {
    mkdirSync(at('inner'));
    mkdirSync(at('far'));
    symlinkSync('train.idx', at('alias'));
    symlinkSync('alias', at('alias-of-alias'));
    symlinkSync('far', at('near'));
    symlinkSync('far/new', at('dangling'));
    linkSync(at('train.idx'), at('hard'));
    writeFileSync(at('far/old'), 'old');
    symlinkSync('round', at('round'));
  });

  it.each([
    ['the same path', 'train.idx', 'train.idx'],
    ['a dot', 'train.idx', './train.idx'],
    ['two dots', 'train.idx', 'inner/../train.idx'],
    ['slashes', 'train.idx', './/train.idx'],
    ['a symbolic link', 'train.idx', 'alias'],
    ['a link to a link', 'train.idx', 'alias-of-alias'],
    ['a hard link', 'train.idx', 'hard'],
    ['a linked folder', 'far/old', 'near/old'],
    ['the folder above a linked one', 'train.idx', 'near/../train.idx'],
    ['no file yet', 'new', './new'],
    ['no file yet, in a linked folder', 'far/new', 'near/new'],
    ['a link to no file yet', 'dangling', 'near/new'],
  ])('is known by %s', (_, one, other) => {
    for (const [option, written] of [
      ['images', 'out'],
      ['curve', 'out'],
    ]) {
      const read = readGiven({ [option]: at(one), [written]: at(other) });
      expect(read.ok ? '' : read.reason).toMatch(
        new RegExp(
          `^.+: --(out|curve): is the same file as --(${option}|out) .+; give --(out|curve) another name$`,
        ),
      );
    }
  });

  it('may be read twice, and be the value of an option that is no path', () => {
    for (const other of ['labels', 'note'])
      expect(readGiven({ images: at('train.idx'), [other]: at('train.idx') }).ok).toBe(true);
  });

  it('may have the same name as one in another folder', () => {
    const read = readGiven({ images: at('train.idx'), out: at('far/train.idx') });
    expect(read.ok).toBe(true);
  });

  it('may be a device, which options may share', () => {
    expect(readGiven({ out: '/dev/null', curve: '/dev/null' }).ok).toBe(true);
  });

  it.each([
    ['round', 'its symbolic links form a circle'],
    ['train.idx/below', 'a part of the path is not a folder'],
    ['nowhere/new', 'no such file or folder'],
    ['none/', 'no such file or folder'],
    ['far', 'is a folder'],
    ['near', 'is a folder'],
  ])('that cannot be written is refused before any work: %s', (name, reason) => {
    const read = readGiven({ out: at(name) });
    expect(read).toEqual({ ok: false, reason: `${at(name)}: --out: ${reason}` });
  });

  it('may not be the target of a redirected standard output', () => {
    const before = readdirSync(folder).sort();
    const redirected = openSync(at('test.idx'), 'a');
    const args = ['sample', '--model', 'none', '--count', '1', '--out', join('inner', '..', 'test.idx')];
    const ended = spawnSync(process.execPath, [launcher, ...args], {
      cwd: folder,
      stdio: ['ignore', redirected, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(redirected);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(/--out: is the same file as the standard output.*another name\n$/);
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});

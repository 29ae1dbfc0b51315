import { execFile, execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { refuseTarget, writeBytes } from '../../../src/cli/files.ts';
import { temporaryPath } from '../../../src/cli/replace-file.ts';

const all = mkdtempSync(join(tmpdir(), 'inkling-'));
afterAll(() => rmSync(all, { recursive: true, force: true }));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(all, 'case-'));
});
const at = (name: string) => join(folder, name);
const bytes = (text: string) => new TextEncoder().encode(text);
const write = (name: string, text: string) => writeBytes('--out', at(name), bytes(text));
const done = { ok: true, value: null };

describe('a file that is written', () => {
  it('is new, with the usual mode', () => {
    writeFileSync(at('usual'), '');
    expect(write('new', 'text')).toEqual(done);
    expect(readFileSync(at('new'), 'utf8')).toBe('text');
    expect(statSync(at('new')).mode).toBe(statSync(at('usual')).mode);
    expect(readdirSync(folder)).toEqual(['new', 'usual']);
  });

  it('is the target of a symbolic link, which stays', () => {
    mkdirSync(at('far'));
    writeFileSync(at('far/file'), 'old');
    symlinkSync('far/file', at('link'));
    symlinkSync('link', at('link-to-link'));
    symlinkSync('far/new', at('dangling'));
    expect(write('link-to-link', 'text')).toEqual(done);
    expect(write('dangling', 'made')).toEqual(done);
    expect([
      readlinkSync(at('link-to-link')),
      readlinkSync(at('link')),
      readlinkSync(at('dangling')),
    ]).toEqual(['link', 'far/file', 'far/new']);
    expect(readFileSync(at('far/file'), 'utf8')).toBe('text');
    expect(readFileSync(at('far/new'), 'utf8')).toBe('made');
    expect(readdirSync(at('far'))).toEqual(['file', 'new']);
  });

  it.each([0o600, 0o640, 0o755, 0o666])('keeps its mode %o, and is replaced as a whole', (mode) => {
    writeFileSync(at('file'), 'old');
    chmodSync(at('file'), mode);
    const before = statSync(at('file'));
    expect(write('file', 'text')).toEqual(done);
    const after = statSync(at('file'));
    expect(after.mode).toBe(before.mode);
    expect(after.ino).not.toBe(before.ino);
    expect(readFileSync(at('file'), 'utf8')).toBe('text');
  });

  it('keeps its owner', () => {
    writeFileSync(at('file'), 'old');
    // A process may give its files to itself; root may give them to anyone.
    const uid = process.getuid?.() === 0 ? 65534 : (process.getuid?.() ?? 0);
    const gid = process.getuid?.() === 0 ? 65534 : (process.getgid?.() ?? 0);
    chownSync(at('file'), uid, gid);
    expect(write('file', 'text')).toEqual(done);
    expect(statSync(at('file'))).toMatchObject({ uid, gid });
  });

  it('keeps its hard links', () => {
    writeFileSync(at('file'), 'a longer text of before');
    linkSync(at('file'), at('other'));
    expect(write('file', 'text')).toEqual(done);
    expect(readFileSync(at('other'), 'utf8')).toBe('text');
    expect(statSync(at('file')).nlink).toBe(2);
    expect(readdirSync(folder)).toEqual(['file', 'other']);
  });

  it('may have a name of the maximum length', () => {
    expect(write('n'.repeat(255), 'text')).toEqual(done);
    expect(readdirSync(folder)).toEqual(['n'.repeat(255)]);
  });

  it('may be a pipe, which stays one', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const read = new Promise<string>((resolve) =>
      execFile('cat', [at('pipe')], { encoding: 'utf8' }, (_, stdout) => resolve(stdout)),
    );
    expect(refuseTarget('--out', at('pipe'))).toBe(null);
    expect(write('pipe', 'text')).toEqual(done);
    expect(await read).toBe('text');
    expect(lstatSync(at('pipe')).isFIFO()).toBe(true);
    expect(readdirSync(folder)).toEqual(['pipe']);
  });

  it('may be a non-blocking pipe, whose writes are retried', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const kept = openSync(at('pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    const pipe = openSync(at('pipe'), constants.O_WRONLY | constants.O_NONBLOCK);
    const count = 1 << 20;
    const read = new Promise<string>((resolve) =>
      execFile('wc', ['-c', at('pipe')], { encoding: 'utf8' }, (_, stdout) => resolve(stdout)),
    );
    expect(writeBytes('--out', `/dev/fd/${pipe}`, new Uint8Array(count))).toEqual(done);
    closeSync(pipe);
    closeSync(kept);
    expect(await read).toMatch(new RegExp(`^ *${count} `));
  });

  it('is neither a folder nor a socket', async () => {
    mkdirSync(at('folder'));
    symlinkSync('folder', at('link'));
    for (const name of ['folder', 'link']) {
      const reason = `${at(name)}: --out: is a folder`;
      expect(refuseTarget('--out', at(name))).toBe(reason);
      expect(write(name, 'text')).toEqual({ ok: false, reason });
    }
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at('s'), resolve));
    expect(refuseTarget('--out', at('s'))).toMatch(/--out: is a socket; name \/dev\/stdout/);
    expect(write('s', 'text').ok).toBe(false);
    expect(lstatSync(at('s')).isSocket()).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });

  it('must be open for writing where it is a descriptor', () => {
    expect(refuseTarget('--out', '/dev/fd/4000')).toBe('/dev/fd/4000: --out: is not open for this');
  });
});

describe('a temporary file that a killed run left', () => {
  const leave = (name: string, pid: number) => {
    const path = temporaryPath(at(name), pid);
    writeFileSync(path, 'half');
    return basename(path);
  };
  /** The id of a process that has ended. */
  const ended = () => spawnSync('true').pid;

  it('is removed at the next write of its file, but not those of other files and of running processes', () => {
    const gone = leave('file', ended());
    const earlier = leave('file', process.pid);
    const running = leave('file', process.ppid);
    const others = leave('other', ended());
    writeFileSync(at('file.tmp'), 'of the user');
    expect(write('file', 'text')).toEqual(done);
    const left = readdirSync(folder);
    expect(left).not.toContain(gone);
    expect(left).not.toContain(earlier);
    expect(left.sort()).toEqual(['file', 'file.tmp', running, others].sort());
  });

  it('is removed when a link to its file is written', () => {
    mkdirSync(at('far'));
    symlinkSync('far/file', at('link'));
    leave('far/file', ended());
    expect(write('link', 'text')).toEqual(done);
    expect(readdirSync(at('far'))).toEqual(['file']);
  });
});

import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readBytes } from '../../../src/cli/files.ts';
import { workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);

const LIMIT = 1 << 20;
const refusal = (path: string) => ({
  ok: false,
  reason: `${path}: --images: exceeds the limit of 1 MiB: name a smaller file`,
});

it('reads no more of a device without an end than the limit', () => {
  expect(readBytes('--images', '/dev/zero', LIMIT)).toEqual(refusal('/dev/zero'));
});

it('reads no more of a pipe than the limit, and all of a shorter one', () => {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const written = (bytes: number) => {
    execFileSync('sh', ['-c', `head -c ${bytes} /dev/zero > "$0" 2>/dev/null &`, path], { stdio: 'ignore' });
    return readBytes('--images', path, 100_000);
  };
  expect(written(100_001)).toMatchObject({ ok: false });
  expect(written(100_000)).toEqual({ ok: true, value: new Uint8Array(100_000) });
});

it('reads a file of the limit whole, and refuses one that is a byte longer', () => {
  const path = join(folder, 'file');
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
  writeFileSync(path, bytes);
  expect(readBytes('--images', path, 1000)).toEqual({ ok: true, value: bytes });
  expect(readBytes('--images', path, 999)).toMatchObject({ ok: false });
  truncateSync(path, LIMIT + 1);
  expect(readBytes('--images', path, LIMIT)).toEqual(refusal(path));
});

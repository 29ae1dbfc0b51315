import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../src/cli/main.ts';

/** What a command line took in version 0.1.0: see tests/fixtures/README.md. */
interface Command {
  readonly options: readonly string[];
  /** Fields of what `--json` prints. */
  readonly keys: readonly string[];
  /** Lines that end well. MODELS and OUT stand for folders. */
  readonly lines: readonly string[];
  /** The same for the other backend, which may be missing: a line that is refused for the file OUT/absent alone. */
  readonly absent: string;
}

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));
const commands = JSON.parse(readFileSync(join(fixtures, 'commands.json'), 'utf8')) as Record<string, Command>;
const folder = mkdtempSync(join(tmpdir(), 'inkling-commands-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What went to stdout and stderr. */
const printed = vi.hoisted(() => ({ 1: '', 2: '' }));
vi.mock(import('node:fs'), async (original) => {
  const fs = await original();
  const writeSync = new Proxy(fs.writeSync, {
    apply: (target, self, given: [number, Uint8Array, number?]) => {
      const [descriptor, data, at = 0] = given;
      if (descriptor !== 1 && descriptor !== 2) return Reflect.apply(target, self, given) as number;
      printed[descriptor] += new TextDecoder().decode(data.subarray(at));
      return data.length - at;
    },
  });
  return { ...fs, writeSync };
});
beforeEach(() => void Object.assign(printed, { 1: '', 2: '' }));

const argumentsOf = (line: string) =>
  line.split(' ').map((word) => word.replace('MODELS', `${fixtures}models`).replace('OUT', folder));

describe.each(Object.entries(commands))('%s', (name, { options, keys, lines, absent }) => {
  it.each(lines)('takes %s', async (line) => {
    const code = await main([name, ...argumentsOf(line)]);
    expect({ code, refusal: printed[2] }).toEqual({ code: 0, refusal: '' });
    if (line.endsWith('--json'))
      expect(Object.keys(JSON.parse(printed[1]) as object)).toEqual(expect.arrayContaining([...keys]));
  });

  it('takes --backend webgpu', async () => {
    expect(await main([name, ...argumentsOf(absent)])).toBe(2);
    expect(printed[2]).toMatch(/\/absent: --(images|model): no such file/);
  });

  it('explains itself', async () => {
    for (const how of ['--help', '-h']) expect(await main([name, how])).toBe(0);
    for (const option of options) expect(printed[1]).toContain(`--${option}`);
  });

  it('has a line for every option', () => {
    const words = lines.flatMap((line) => line.split(/[ =]/)).filter((word) => word.startsWith('--'));
    expect([...new Set(words)].sort()).toEqual(options.map((option) => `--${option}`).sort());
  });
});

it.each(['help', '--help', '-h'])('%s ends well', async (how) => {
  expect(await main([how])).toBe(0);
  expect(printed[1]).not.toBe('');
});

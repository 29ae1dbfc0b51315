import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { onEndSignal } from '../../../src/cli/end-signals.ts';
import { decodeModel } from '../../../src/models/model-file.ts';
import { cliInProcess } from './in-process.ts';
import { workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

describe.each(SIGNALS)('%s', (signal) => {
  it('ends the work once; a second signal, of whatever kind, finds the default action', () => {
    const emitter = new EventEmitter();
    let ended = 0;
    onEndSignal(() => ended++, emitter);
    expect(emitter.emit(signal)).toBe(true);
    expect(ended).toBe(1);
    for (const second of SIGNALS) expect(emitter.emit(second)).toBe(false);
    expect(ended).toBe(1);
  });

  it('has its default action again after the work', () => {
    const emitter = new EventEmitter();
    onEndSignal(() => expect.unreachable(), emitter)();
    expect(emitter.emit(signal)).toBe(false);
  });

  it('stops a run, which writes its model', async () => {
    const out = join(folder, signal);
    const before = process.listeners(signal);
    const args = ['train', '--family', 'fvsbn', '--images', join(folder, 'train.idx'), '--epochs', '100000'];
    const running = cliInProcess([...args, '--valid-share', '0', '--out', out, '--json']);
    const own = () => process.listeners(signal).filter((listener) => !before.includes(listener));
    // The command reads its files and opens a backend first.
    while (own().length === 0) await new Promise((resolve) => setImmediate(resolve));
    own()[0](signal);
    expect(own()).toEqual([]);
    const result = await running;
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const { ended, steps } = JSON.parse(result.stdout) as Record<string, unknown>;
    expect(ended).toBe('stopped');
    const file = decodeModel(new Uint8Array(readFileSync(out)), out);
    expect(file).toMatchObject({ ok: true, value: { provenance: { steps } } });
  });
});

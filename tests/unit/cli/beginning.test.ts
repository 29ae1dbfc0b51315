import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeModel } from '../../../src/models/model-file.ts';
import { cliInProcess } from './in-process.ts';
import { workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);
const at = (name: string) => join(folder, name);

/** A run of one small step a batch on the images of the tests. */
const run = (family: string, more: readonly string[]) =>
  cliInProcess([
    ...['train', '--family', family, '--images', at('train.idx'), '--valid-images', at('test.idx')],
    ...['--workers', '1', '--batch', '16', ...more],
  ]);

function tensorsOf(name: string) {
  const file = decodeModel(new Uint8Array(readFileSync(at(name))), name);
  if (!file.ok) throw new Error(file.reason);
  return file.value.model.tensors;
}

/** Most that two numbers of the two models differ by. */
function difference(one: string, other: string): number {
  const a = tensorsOf(one);
  const b = tensorsOf(other);
  expect(Object.keys(a)).toEqual(Object.keys(b));
  return Math.max(
    ...Object.entries(a).map(([name, values]) =>
      values.reduce((most, value, i) => Math.max(most, Math.abs(value - b[name][i])), 0),
    ),
  );
}

describe.each([
  ['fvsbn', []],
  ['nade', ['--hidden', '7']],
  ['sparse-pixelcnn', ['--blocks', '1']],
])('%s, begun with the weights of a file', (family, hyper) => {
  it('goes on from them', async () => {
    const first = `${family}.safetensors`;
    const second = `${family}-more.safetensors`;
    const trained = await run(family, [...hyper, '--epochs', '20', '--out', at(first)]);
    expect(trained.stderr).toBe('');
    const fresh = await run(family, [
      ...hyper,
      '--epochs',
      '1',
      '--learning-rate',
      '1e-9',
      '--out',
      at(second),
    ]);
    expect(fresh.code).toBe(0);
    // A rate this small leaves the weights where they began: small random ones, and those of the file.
    expect(difference(first, second)).toBeGreaterThan(0.01);
    const more = ['--epochs', '1', '--learning-rate', '1e-9', '--from', at(first), '--out', at(second)];
    expect(await run(family, [...hyper, ...more])).toMatchObject({ code: 0, stderr: '' });
    expect(difference(first, second)).toBeLessThan(1e-6);
  });
});

describe('a file to begin with is refused', () => {
  it.each([
    ['of another family', 'nade', ['--hidden', '7'], ['fvsbn', '--family', 'nade']],
    ['of another size', 'fvsbn', ['--grid', '3x3'], ['6x5', '3x3']],
    ['of another hyper-parameter', 'fvsbn', ['--order', 'serpentine'], ['order', '--order']],
    ['where nothing is learnt step by step', 'independent', [], ['--from', 'independent']],
  ])('%s', async (_what, family, options, words) => {
    expect((await run('fvsbn', ['--epochs', '1', '--out', at('known.safetensors')])).code).toBe(0);
    const refused = await run(family, [
      ...options,
      '--from',
      at('known.safetensors'),
      '--out',
      at('never.safetensors'),
    ]);
    expect(refused.code).toBe(2);
    for (const word of words) expect(refused.stderr).toContain(word);
  });

  it('that is missing', async () => {
    const refused = await run('fvsbn', ['--from', at('nothing.safetensors')]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--from');
  });
});

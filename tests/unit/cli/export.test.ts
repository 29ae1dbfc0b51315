import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { readZip } from '../../../src/data/zip.ts';
import { decodeModel, metadataOf } from '../../../src/models/model-file.ts';
import { cliInProcess } from './in-process.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/models/', import.meta.url));
const nade = join(fixtures, 'nade-28x28.safetensors');
const folder = mkdtempSync(join(tmpdir(), 'inkling-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const exported = (...args: string[]) => cliInProcess(['export', ...args]);
const bytesOf = (path: string) => new Uint8Array(readFileSync(path));

it('writes the same file of safetensors, byte for byte, also that of a model with measurements in half precision', async () => {
  const shipped = fileURLToPath(new URL('../../../public/models/nade.safetensors', import.meta.url));
  for (const path of [nade, shipped]) {
    const ended = await exported('--model', path, '--format', 'safetensors', '--out', at('same'));
    expect(ended.code).toBe(0);
    expect(readFileSync(at('same')).equals(readFileSync(path))).toBe(true);
  }
});

it('writes an archive for NumPy with all tensors, the orders, the metadata and the card', async () => {
  const ended = await exported('--model', nade, '--format', 'npz', '--out', at('m.npz'), '--json');
  expect(ended.code).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({ family: 'nade', grid: '28x28', format: 'npz' });
  const limits = { entries: 100, entryBytes: 2 ** 26, bytes: 2 ** 26 };
  const entries = readZip(bytesOf(at('m.npz')), 'm.npz', limits);
  if (!entries.ok) throw new Error(entries.reason);
  const names = entries.value.map(({ name }) => name);
  expect(names).toEqual([
    ...['bias', 'hidden_bias', 'input', 'output', 'orders', 'metadata'].map((name) => `${name}.npy`),
    'README.md',
  ]);
  const file = decodeModel(bytesOf(nade), 'nade');
  if (!file.ok) throw new Error(file.reason);
  const { tensors } = file.value.model;
  const content = (name: string) => entries.value.find((each) => each.name === name)!.bytes;
  const input = content('input.npy');
  expect(new TextDecoder().decode(input.subarray(10, 128))).toContain(
    "{'descr': '<f4', 'fortran_order': False, 'shape': (784, 4), }",
  );
  expect(new Float32Array(input.slice(128).buffer)).toEqual(tensors.input);
  const points = new Uint32Array(content('metadata.npy').slice(128).buffer);
  expect(JSON.parse(String.fromCodePoint(...points))).toEqual(metadataOf(file.value));
});

it('writes the model card beside, with what the file says of its training', async () => {
  const ended = await exported(
    ...['--model', nade, '--format', 'onnx', '--out', at('m.onnx'), '--card', at('card.md')],
  );
  expect(ended.code).toBe(0);
  const card = readFileSync(at('card.md'), 'utf8');
  expect(card).toMatch(/^---\nlibrary_name: inkling\n/);
  expect(card).toContain('| Family | NADE (`nade`) |');
  expect(card).toContain('| Parameters | 7,');
  expect(card).toContain('Larochelle');
  // Graphs begin with the version of the messages, 8.
  expect([...bytesOf(at('m.onnx')).subarray(0, 2)]).toEqual([8, 8]);
});

it.each([
  [['--format', 'tflite'], /--format: "tflite" is none of safetensors, onnx, npz/],
  [['--format', 'npz'], /--out: missing|out/],
] as const)('refuses %j', async (args, reason) => {
  const ended = await exported('--model', nade, ...args);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toMatch(reason);
});

it('writes nothing where the model is none', async () => {
  const images = join(fixtures, 'images-4x4.idx');
  const ended = await exported('--model', images, '--format', 'onnx', '--out', at('none.onnx'));
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('images-4x4.idx: header length');
  expect(existsSync(at('none.onnx'))).toBe(false);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { decodeModel } from '../../../src/models/model-file.ts';
import { families } from '../../../src/models/registry.ts';
import { cli, workFolder } from './spawn.ts';

// Every run compiles its kernels anew, on the CPU where there is no GPU.
vi.setConfig({ testTimeout: 240_000 });

const { folder, remove } = workFolder();
afterAll(remove);
const bytesOf = (name: string) => new Uint8Array(readFileSync(join(folder, name)));

/** Floats of a --per-image file. */
function floatsOf(name: string): Float32Array {
  const bytes = bytesOf(name);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

async function json(args: readonly string[]): Promise<Record<string, unknown>> {
  const ended = await cli(folder, [...args, '--json']);
  expect(ended.stderr).toBe('');
  expect(ended.code).toBe(0);
  return JSON.parse(ended.stdout) as Record<string, unknown>;
}

function tensorsOf(name: string) {
  const file = decodeModel(bytesOf(name), name);
  if (!file.ok) throw new Error(file.reason);
  return file.value.model.tensors;
}

/** Both backends of the command line, one after the other: they share the cores. */
async function onBoth(args: (backend: string) => readonly string[]): Promise<void> {
  for (const backend of ['cpu', 'webgpu'])
    expect(await json([...args(backend), '--backend', backend])).toMatchObject({ backend });
}

describe.each(families.map((family) => family.id))('%s on WebGPU in Node', (family) => {
  it('trains to the weights of the cpu', async () => {
    await onBoth((backend) => [
      ...['train', '--family', family, '--images', 'train.idx', '--binarise', 'dynamic:2', '--epochs', '3'],
      ...['--batch', '16', '--out', `${family}-${backend}.safetensors`],
    ]);
    const cpu = tensorsOf(`${family}-cpu.safetensors`);
    const webgpu = tensorsOf(`${family}-webgpu.safetensors`);
    expect(Object.keys(webgpu)).toEqual(Object.keys(cpu));
    for (const [name, values] of Object.entries(cpu))
      values.forEach((value, i) => expect(webgpu[name][i], `${name} ${i}`).toBeCloseTo(value, 3));
  });

  it('scores within 1e-4 nats an image of the cpu', async () => {
    await onBoth((backend) => [
      ...[
        'score',
        '--model',
        `${family}-cpu.safetensors`,
        '--images',
        'test.idx',
        '--binarise',
        'stochastic:4',
      ],
      ...['--per-image', `${family}-${backend}.f32`],
    ]);
    const cpu = floatsOf(`${family}-cpu.f32`);
    const webgpu = floatsOf(`${family}-webgpu.f32`);
    expect(webgpu).toHaveLength(24);
    cpu.forEach((value, i) => expect(Math.abs(webgpu[i] - value), `image ${i}`).toBeLessThan(1e-4));
  });

  it('draws the same images', async () => {
    await onBoth((backend) => [
      ...['sample', '--model', `${family}-cpu.safetensors`, '--count', '20', '--seed', '6'],
      ...['--out', `${family}-${backend}.idx`],
    ]);
    expect(bytesOf(`${family}-webgpu.idx`)).toEqual(bytesOf(`${family}-cpu.idx`));
  });
});

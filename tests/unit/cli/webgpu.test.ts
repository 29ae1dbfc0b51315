import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { decodeModel } from '../../../src/models/model-file.ts';
import { families } from '../../../src/models/registry.ts';
import { gridFor, hyperArgs, json, smallHyper, workFolder } from './spawn.ts';

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

function tensorsOf(name: string) {
  const file = decodeModel(bytesOf(name), name);
  if (!file.ok) throw new Error(file.reason);
  return file.value.model.tensors;
}

/** Runs a command on both backends, one after the other, because they share the cores. */
async function onBoth(args: (backend: string) => readonly string[]): Promise<Record<string, unknown>[]> {
  const results = [];
  for (const backend of ['cpu', 'webgpu']) {
    const result = await json(folder, [...args(backend), '--backend', backend]);
    expect(result).toMatchObject({ backend });
    results.push(result);
  }
  return results;
}

/** One family per training method: tests/gpu covers all families without compiling kernels for each command. */
const firsts = ['counted', 'em', 'descended'].flatMap((training) =>
  ['density', 'classifier'].flatMap(
    (task) => families.find((spec) => spec.training === training && spec.task === task) ?? [],
  ),
);

describe.each(firsts.map((spec) => [spec.id, spec] as const))('%s on WebGPU in Node', (family, spec) => {
  const hyper = smallHyper(spec);
  const { width, height } = gridFor(spec, hyper);
  const model = `${family}-cpu.safetensors`;

  it('trains to the weights of the cpu', async () => {
    await onBoth((backend) => [
      ...['train', '--family', family, '--images', 'train.idx', '--labels', 'train-labels.idx'],
      ...[...hyperArgs(spec, hyper), '--grid', `${width}x${height}`, '--binarise', 'dynamic:2'],
      ...['--epochs', '3', '--batch', '16', '--out', `${family}-${backend}.safetensors`],
    ]);
    const cpu = tensorsOf(`${family}-cpu.safetensors`);
    const webgpu = tensorsOf(`${family}-webgpu.safetensors`);
    expect(Object.keys(webgpu)).toEqual(Object.keys(cpu));
    for (const [name, values] of Object.entries(cpu))
      values.forEach((value, i) => expect(webgpu[name][i], `${name} ${i}`).toBeCloseTo(value, 3));
  });

  if (spec.task === 'classifier' || spec.classes === 'always') {
    it('classifies as the cpu does', async () => {
      const [cpu, webgpu] = await onBoth(() => [
        ...['classify', '--model', model, '--images', 'test.idx', '--labels', 'test-labels.idx'],
        ...['--binarise', 'stochastic:4'],
      ]);
      expect(webgpu.accuracy).toBe(cpu.accuracy);
      expect(webgpu.meanLogPosterior).toBeCloseTo(cpu.meanLogPosterior as number, 4);
    });
  }
  if (spec.task === 'classifier') return;

  it('scores within 1e-4 nats an image of the cpu', async () => {
    await onBoth((backend) => [
      ...['score', '--model', model, '--images', 'test.idx', '--binarise', 'stochastic:4'],
      ...['--per-image', `${family}-${backend}.f32`],
    ]);
    const cpu = floatsOf(`${family}-cpu.f32`);
    const webgpu = floatsOf(`${family}-webgpu.f32`);
    expect(webgpu).toHaveLength(24);
    cpu.forEach((value, i) => expect(Math.abs(webgpu[i] - value), `image ${i}`).toBeLessThan(1e-4));
  });

  it('draws the same images', async () => {
    await onBoth((backend) => [
      ...['sample', '--model', model, '--count', '20', '--seed', '6'],
      ...['--out', `${family}-${backend}.idx`],
    ]);
    expect(bytesOf(`${family}-webgpu.idx`)).toEqual(bytesOf(`${family}-cpu.idx`));
  });
});

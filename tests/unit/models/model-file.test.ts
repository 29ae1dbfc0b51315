import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, type TensorFile } from '../../../src/data/safetensors.ts';
import { decodeModel, encodeModel, type ModelFile } from '../../../src/models/model-file.ts';
import { completeHyper, families } from '../../../src/models/registry.ts';
import { refuseModel } from '../../../src/models/validation.ts';

const GRID = { width: 5, height: 3 };

function modelOf(family: (typeof families)[number]): ModelFile {
  const hyper = completeHyper(family);
  const tensors = family.tensors(GRID, hyper).map(({ name, shape }, t) => {
    const size = shape.reduce((product, side) => product * side, 1);
    // Structure, not weights: every pixel of the tree has the pixel before it as its parent.
    const n = GRID.width * GRID.height;
    const value = name === 'parent' ? (i: number) => (i % n) - 1 : (i: number) => Math.sin(i + t);
    return [name, Float32Array.from({ length: size }, (_, i) => value(i))] as const;
  });
  return {
    model: { family: family.id, grid: GRID, hyper, tensors: Object.fromEntries(tensors) },
    provenance: {
      dataset: 'own "digits" ✎',
      images: 123,
      binarisation: { kind: 'dynamic', seed: 4_000_000_000 },
      seed: 9,
      epochs: 2.25,
      steps: 77,
      seconds: 1.5e-7,
      backend: 'webgpu',
    },
  };
}

describe.each(families.map((family) => [family.id, family] as const))('%s', (_, family) => {
  const file = modelOf(family);
  const bytes = encodeModel(file);

  it('comes back as it was, and gives the same bytes again', () => {
    const read = decodeModel(bytes, 'm');
    expect(read).toEqual({ ok: true, value: file });
    expect(encodeModel(file)).toEqual(bytes);
  });

  /** The file with something changed in it, read again. */
  function changed(change: (file: { -readonly [K in keyof TensorFile]: TensorFile[K] }) => void): string {
    const raw = decodeSafetensors(bytes);
    if (!raw.ok) throw new Error(raw.reason);
    const copy = { ...raw.value };
    change(copy);
    const read = decodeModel(encodeSafetensors(copy), 'm.safetensors');
    return read.ok ? 'accepted' : read.reason;
  }

  it.each(Object.keys(readMetadata(bytes)))('says that %s is missing', (field) => {
    const reason = changed((raw) => {
      raw.metadata = Object.fromEntries(Object.entries(raw.metadata).filter(([name]) => name !== field));
    });
    expect(reason).toMatch(new RegExp(`^m\\.safetensors: ${field}: missing`));
  });

  it.each([
    ['format', '2'],
    ['family', 'oracle'],
    ['width', '0'],
    ['width', '1e9'],
    ['width', '4'],
    ['width', '0x5'],
    ['width', '5e0'],
    ['width', '5.0'],
    ['width', '05'],
    ['width', ' 5'],
    ['width', '5n'],
    ['height', '-3'],
    ['height', 'Infinity'],
    ['hyper', '{'],
    ['hyper', '[]'],
    ['hyper', '{"wings":2}'],
    ['hyper', '{"__proto__":2}'],
    [
      'hyper',
      `${JSON.stringify(file.model.hyper).slice(0, -1)},${JSON.stringify(file.model.hyper).slice(1)}`,
    ],
    ['images', '1.5'],
    ['binarisation', 'coin'],
    ['seed', '4294967296'],
    ['epochs', 'NaN'],
    ['epochs', '0x2'],
    ['epochs', '2.'],
    ['steps', ''],
    ['seconds', ' 3'],
    ['backend', 'abacus'],
  ])('refuses %s %s', (field, value) => {
    const reason = changed((raw) => {
      raw.metadata = { ...raw.metadata, [field]: value };
    });
    const shapes = (width: number) =>
      JSON.stringify(family.tensors({ ...GRID, width }, file.model.hyper).map(({ shape }) => shape));
    // Convolutions fit a grid of any size.
    if (field === 'width' && value === '4' && shapes(4) === shapes(GRID.width)) {
      expect(reason).toBe('accepted');
      return;
    }
    expect(reason).toMatch(/^m\.safetensors: /);
    // A grid of another size shows in the tensors.
    expect(reason).toMatch(value === '4' ? /shape/ : new RegExp(field));
  });

  it('refuses tensors that are missing, surplus or of another shape', () => {
    const [first] = family.tensors(GRID, file.model.hyper);
    expect(changed((raw) => void (raw.tensors = raw.tensors.slice(1)))).toContain(
      `${first.name}: the tensor is missing`,
    );
    const surplus = { name: 'extra', shape: [1], values: new Float32Array(1), dtype: 'F32' } as const;
    expect(changed((raw) => void (raw.tensors = [...raw.tensors, surplus]))).toContain('"extra"');
    expect(
      changed((raw) => {
        raw.tensors = raw.tensors.map((tensor) => ({ ...tensor, shape: [1, ...tensor.shape] }));
      }),
    ).toContain('shape');
  });

  it.each([1.5e4, -1.5e4, 1e6, -1e10, 3e38])('refuses a weight of %s in any tensor, naming it', (value) => {
    for (const [t, { name }] of family.tensors(GRID, file.model.hyper).entries()) {
      const reason = changed((raw) => {
        raw.tensors = raw.tensors.map((tensor, i) =>
          i === t ? { ...tensor, values: tensor.values.with(tensor.values.length - 1, value) } : tensor,
        );
      });
      expect(reason).toMatch(new RegExp(`^m\\.safetensors: ${name}: value \\d+ is `));
    }
  });

  it.each(family.hyperparameters.map((p) => [p.name, p] as const))('refuses %s out of range', (name, p) => {
    for (const value of [p.max + 1, p.min - 1])
      expect(
        changed((raw) => {
          raw.metadata = { ...raw.metadata, hyper: JSON.stringify({ ...file.model.hyper, [name]: value }) };
        }),
      ).toMatch(new RegExp(`hyper: ${name}: .* is outside`));
  });
});

function readMetadata(bytes: Uint8Array): TensorFile['metadata'] {
  const raw = decodeSafetensors(bytes);
  if (!raw.ok) throw new Error(raw.reason);
  return raw.value.metadata;
}

describe('a damaged file of any family', () => {
  /** Values that a field of the header may be replaced by, beside those that it has. */
  const odd = fc.constantFrom(
    '',
    '0',
    '-1',
    '1e3',
    '0x5',
    'NaN',
    '[]',
    '{}',
    'null',
    '\u001b[2J',
    '9'.repeat(400),
  );

  it('is a model within the bounds or is refused in one clean line', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...families),
        fc.array(fc.tuple(fc.constantFrom('value', 'field', 'byte'), fc.nat(), odd, fc.float()), {
          minLength: 1,
          maxLength: 3,
        }),
        (family, damage) => {
          const file = modelOf(family);
          const raw = decodeSafetensors(encodeModel(file));
          if (!raw.ok) throw new Error(raw.reason);
          const metadata: Record<string, string> = { ...raw.value.metadata };
          for (const [what, at, text, value] of damage) {
            const { values } = raw.value.tensors[at % raw.value.tensors.length];
            if (what === 'value') values[at % values.length] = value;
            if (what === 'field') metadata[Object.keys(metadata)[at % Object.keys(metadata).length]] = text;
          }
          const bytes = encodeSafetensors({ tensors: raw.value.tensors, metadata });
          for (const [what, at, text] of damage)
            if (what === 'byte') bytes[at % bytes.length] = text.length * 37;
          const read = decodeModel(bytes, 'm');
          if (!read.ok) {
            expect(read.reason).toMatch(/^m: [^\p{Cc}\p{Cf}]+$/u);
            expect(read.reason.length).toBeLessThan(400);
          } else expect(refuseModel(read.value.model)).toBeNull();
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe.each([
  ['tree', {}],
  ['tree of every class', { 'class-conditional': 1 }],
])('the parents of a %s', (_, given) => {
  const spec = families.find(({ id }) => id === 'tree')!;
  const hyper = completeHyper(spec, given);
  const grid = { width: 2, height: 2 };
  const classes = 'class-conditional' in given ? 10 : 1;

  function reasonOf(parent: readonly number[]): string {
    const tensors = spec.tensors(grid, hyper).map(({ name, shape }) => {
      const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
      // Every class has a chain of pixels but the last, which has the parents under test.
      if (name === 'parent')
        for (let y = 0; y < classes; y++) values.set(y < classes - 1 ? [-1, 0, 1, 2] : parent, 4 * y);
      return [name, values] as const;
    });
    const { provenance } = modelOf(spec);
    const model = { family: 'tree', grid, hyper, tensors: Object.fromEntries(tensors) };
    const read = decodeModel(encodeModel({ model, provenance }), 'm');
    return read.ok ? 'accepted' : read.reason;
  }

  it('may be any tree', () => {
    expect(reasonOf([-1, 0, 0, 0])).toBe('accepted');
    expect(reasonOf([3, 3, 1, -1])).toBe('accepted');
  });

  it.each([
    ['a cycle', [-1, 2, 3, 1], /parent: pixel 1 is its own ancestor/],
    ['a pixel that is its own parent', [-1, 1, 0, 0], /parent: pixel 1 is its own ancestor/],
    ['no root', [1, 0, 0, 0], /parent: .* ancestor|parent: no pixel is the root/],
    ['two roots', [-1, -1, 0, 0], /parent: pixels 0 and 1 are both roots/],
    ['a fraction', [-1, 0.25, 0, 0], /parent: pixel 1 has the parent 0\.25, which is none of/],
    ['a pixel that there is not', [-1, 0, 0, 4], /parent: pixel 3 has the parent 4, which is none of/],
    ['a negative number other than -1', [-1, 0, 0, -2], /parent: pixel 3 has the parent -2/],
  ])('may not have %s', (_case, parent, sentence) => {
    expect(reasonOf(parent)).toMatch(sentence);
  });
});

describe('the file of a model that comes with the app', () => {
  const estimate = { nats: 81.5, standardError: 0.2, images: 10_000 };
  const plain = modelOf(families.find((spec) => spec.id === 'fvsbn')!);
  const file: ModelFile = {
    ...plain,
    provenance: { ...plain.provenance, command: 'train --family fvsbn', machine: 'some processor, 2 cores' },
    published: {
      binarisation: { kind: 'stochastic', seed: 0 },
      train: estimate,
      validation: { ...estimate, nats: 82 },
      test: { ...estimate, nats: 83 },
      unseen: Float32Array.from({ length: 1000 }, (_, i) => -100.5 - (i % 7)),
    },
  };

  it('comes back as it was', () => {
    expect(decodeModel(encodeModel(file), 'm')).toEqual({ ok: true, value: file });
  });

  it('of an earlier version, with quantiles of the scores of training images, is read without scores', () => {
    const raw = decodeSafetensors(encodeModel(file));
    if (!raw.ok) throw new Error(raw.reason);
    const values = Float32Array.from({ length: 1001 }, (_, i) => i - 1200.5);
    const old = { name: 'log_p_quantiles', shape: [1001], values, dtype: 'F32' } as const;
    const bytes = encodeSafetensors({ ...raw.value, tensors: [...raw.value.tensors.slice(0, -1), old] });
    const { unseen, ...published } = file.published!;
    expect(unseen).toHaveLength(1000);
    expect(decodeModel(bytes, 'm')).toEqual({ ok: true, value: { ...file, published } });
  });

  it('holds weights of half precision, and all else as it was', () => {
    const bytes = encodeModel(file, 'F16');
    expect(bytes.length).toBeLessThan(encodeModel(file).length);
    const read = decodeModel(bytes, 'm');
    if (!read.ok) throw new Error(read.reason);
    expect(read.value.published).toEqual(file.published);
    for (const [name, values] of Object.entries(read.value.model.tensors))
      values.forEach((value, i) => {
        const exact = file.model.tensors[name][i];
        expect(Math.abs(value - exact)).toBeLessThanOrEqual(Math.abs(exact) / 2048);
      });
  });

  it.each<[string, (raw: { -readonly [K in keyof TensorFile]: TensorFile[K] }) => void, RegExp]>([
    ['a missing estimate', (raw) => void (raw.metadata = without(raw.metadata, 'test')), /^m: test: missing/],
    [
      'an estimate that is none',
      (raw) => void (raw.metadata = { ...raw.metadata, test: '{"nats":"many"}' }),
      /^m: test: not an estimate/,
    ],
    [
      'an unknown binarisation',
      (raw) => void (raw.metadata = { ...raw.metadata, measured: 'coin' }),
      /^m: measured: binarisation/,
    ],
    [
      'missing scores of unseen digits',
      (raw) => void (raw.tensors = raw.tensors.slice(0, -1)),
      /^m: log_p_unseen: the tensor is missing/,
    ],
    [
      'a score of an unseen digit that is no number',
      (raw) => void (raw.tensors = withLast(raw, (values) => values.with(3, NaN))),
      /^m: "log_p_unseen": value 3 is NaN/,
    ],
    [
      'a score of an unseen digit above 0',
      (raw) => void (raw.tensors = withLast(raw, (values) => values.with(999, 0.5))),
      /^m: log_p_unseen: not logarithms of probabilities/,
    ],
    [
      'scores of unseen digits in rows',
      (raw) => void (raw.tensors = withLast(raw, (values) => values, [100, 10])),
      /^m: log_p_unseen: not a list of scores/,
    ],
    [
      'scores of unseen digits without measurements',
      (raw) => void (raw.metadata = without(raw.metadata, 'measured')),
      /^m: log_p_unseen: a file without "measured"/,
    ],
  ])('is refused with %s', (_, change, reason) => {
    const raw = decodeSafetensors(encodeModel(file));
    if (!raw.ok) throw new Error(raw.reason);
    const copy = { ...raw.value };
    change(copy);
    const read = decodeModel(encodeSafetensors(copy), 'm');
    expect(read.ok ? 'accepted' : read.reason).toMatch(reason);
  });
});

/** The tensors of a file with another last one, which holds the scores of unseen digits. */
function withLast(
  { tensors }: TensorFile,
  change: (values: Float32Array<ArrayBuffer>) => Float32Array<ArrayBuffer>,
  shape?: readonly number[],
): TensorFile['tensors'] {
  const last = tensors[tensors.length - 1];
  return [...tensors.slice(0, -1), { ...last, values: change(last.values), shape: shape ?? last.shape }];
}

describe('the file of a model that knows classes and comes with the app', () => {
  const estimate = { nats: 81.5, standardError: 0.2, images: 10_000 };
  const naiveBayes = modelOf(families.find((spec) => spec.id === 'naive-bayes')!);
  const fvsbn = modelOf(families.find((spec) => spec.id === 'fvsbn')!);
  const measured = {
    binarisation: { kind: 'threshold' },
    train: estimate,
    validation: estimate,
    test: estimate,
    unseen: Float32Array.of(-2, -1),
  } as const;
  const accuracy = {
    validation: { share: 0.97, standardError: 0.0024, images: 5000 },
    test: { share: 0.9663, standardError: 0.0018, images: 10_000 },
  };
  const file: ModelFile = { ...naiveBayes, published: { ...measured, accuracy } };
  const bytes = encodeModel(file);

  it('comes back with its accuracy', () => {
    expect(decodeModel(bytes, 'm')).toEqual({ ok: true, value: file });
  });

  it.each([
    ['a share above 1', 'validationAccuracy', '{"share":1.2,"standardError":0.1,"images":9}'],
    ['a share below 0', 'testAccuracy', '{"share":-0.1,"standardError":0.1,"images":9}'],
    ['a share that is no number', 'testAccuracy', '{"share":"0.9","standardError":0.1,"images":9}'],
    ['a negative standard error', 'testAccuracy', '{"share":0.9,"standardError":-0.1,"images":9}'],
    ['a standard error above 1', 'testAccuracy', '{"share":0.9,"standardError":2,"images":9}'],
    ['no images', 'validationAccuracy', '{"share":0.9,"standardError":0.1,"images":0}'],
    ['half an image', 'validationAccuracy', '{"share":0.9,"standardError":0.1,"images":0.5}'],
    ['no number of images', 'validationAccuracy', '{"share":0.9,"standardError":0.1}'],
    ['null in its place', 'testAccuracy', 'null'],
    ['a word in its place', 'testAccuracy', 'high'],
  ])('is refused with %s', (_, field, text) => {
    expect(reasonWith({ [field]: text })).toMatch(
      new RegExp(`^m: ${field}: not an accuracy: share from 0 to 1`),
    );
  });

  it('is refused without one of the two, or without both', () => {
    expect(reasonWith({ testAccuracy: null })).toBe('m: testAccuracy: missing');
    expect(reasonWith({ validationAccuracy: null })).toBe('m: validationAccuracy: missing');
    expect(reasonWith({ testAccuracy: null, validationAccuracy: null })).toBe(
      'm: validationAccuracy: missing: the model knows classes',
    );
  });

  it('has no accuracy where the model knows no classes', () => {
    const other = encodeModel({ ...fvsbn, published: { ...measured, accuracy } });
    const read = decodeModel(other, 'm');
    expect(read.ok ? 'accepted' : read.reason).toBe('m: validationAccuracy: the model knows no classes');
  });

  /** Why the file is refused with other fields, null meaning none. */
  function reasonWith(fields: Readonly<Record<string, string | null>>): string {
    const raw = decodeSafetensors(bytes);
    if (!raw.ok) throw new Error(raw.reason);
    const metadata = Object.fromEntries(
      Object.entries({ ...raw.value.metadata, ...fields }).flatMap(([name, text]) =>
        text === null ? [] : [[name, text]],
      ),
    );
    const read = decodeModel(encodeSafetensors({ ...raw.value, metadata }), 'm');
    return read.ok ? 'accepted' : read.reason;
  }
});

function without(metadata: Readonly<Record<string, string>>, field: string): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== field));
}

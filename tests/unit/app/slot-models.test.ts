import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Choice } from '../../../src/app/compare/choice.ts';
import { fingerprint } from '../../../src/app/recipes/fingerprint.ts';
import type { Side } from '../../../src/app/sides.ts';
import { type ShippedModel, standInFor } from '../../../src/app/compare/shipped-models.ts';
import { SlotModels } from '../../../src/app/slot-models.ts';
import { MNIST_GRID } from '../../../src/data/images.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';

const shippedModel = (name: string, bytes: number, changes: Partial<ShippedModel> = {}): ShippedModel => ({
  name,
  bytes,
  sha256: '',
  family: 'independent',
  grid: MNIST_GRID,
  hyper: {},
  binarisation: { kind: 'stochastic', seed: 0 },
  test: { nats: 90, standardError: 0.1 },
  accuracy: null,
  ...changes,
});
const large = shippedModel('large', 1000);
const small = shippedModel('small', 100);
const steps: string[] = [];
let library: readonly unknown[] = [];
const state = { kept: false, answers: {} as Record<string, (result: Result<unknown>) => void> };

vi.mock('../../../src/app/compare/fetch-shipped.ts', () => ({
  isShippedKept: () => Promise.resolve(state.kept),
  fetchShipped: ({ name }: ShippedModel) => {
    steps.push(`fetch ${name}`);
    return new Promise((resolve) => (state.answers[name] = resolve));
  },
}));
vi.mock('../../../src/app/compare/shipped-models.ts', async (original) => ({
  ...(await original<typeof import('../../../src/app/compare/shipped-models.ts')>()),
  findShipped: (name: string) => [large, small].find((each) => each.name === name),
  standInFor: (wanted: ShippedModel) => (wanted === large ? small : undefined),
}));

beforeEach(() => {
  steps.length = 0;
  state.kept = false;
});

describe('a stand-in', () => {
  const real = () =>
    vi.importActual<typeof import('../../../src/app/compare/shipped-models.ts')>(
      '../../../src/app/compare/shipped-models.ts',
    );

  it('is the best of the models that are small beside the one that is waited for', async () => {
    const { standInFor: choose } = await real();
    const others = [
      shippedModel('classifier', 10, { family: 'logistic-regression' }),
      shippedModel('other grid', 10, { grid: { width: 7, height: 7 } }),
      shippedModel('nearly as large', 300),
      shippedModel('best', 200),
      small,
    ];
    expect(choose(large, [large, ...others])?.name).toBe('best');
    expect(choose(large, [large, ...others.slice(0, 3)])).toBeUndefined();
    expect(standInFor(small)).toBeUndefined();
  });
});

/** A first visit: A is counted, B comes with the app. */
function visit() {
  const choices: Record<Side, Choice> = {
    left: { kind: 'counted', family: 'independent', hyper: {} },
    right: { kind: 'shipped', name: 'large' },
  };
  const slotOf = (side: Side) => ({
    state: '',
    load: (model: { name: string }) => {
      steps.push(`${side} shows ${model.name}`);
      return Promise.resolve();
    },
  });
  const model = (name: string) => ({ name, grid: MNIST_GRID });
  const ports = {
    slots: { left: slotOf('left'), right: slotOf('right') },
    library: { ready: true, models: library },
    counting: { known: () => model('counted') },
    starter: () => {
      steps.push('starter digits');
      return Promise.resolve(null);
    },
    experiment: () => ({ ...choices, grid: MNIST_GRID, binarisation: { kind: 'threshold' } }),
    training: () => false,
    onGrid: () => undefined,
    onFound: (side: Side, id: string) => steps.push(`${side} found ${id}`),
  };
  const models = new SlotModels(ports as unknown as ConstructorParameters<typeof SlotModels>[0]);
  const answer = async (name: string, result: Result<unknown> = ok(model(name))) => {
    await vi.waitFor(() => expect(steps).toContain(`fetch ${name}`));
    state.answers[name](result);
  };
  return { models, answer, choices, slots: ports.slots };
}

describe('a model of a link, by its recipe', () => {
  const tensors = { bias: Float32Array.of(1, 2) };
  const stored = { id: 'here', name: 'stored', family: 'fvsbn', grid: MNIST_GRID, tensors };
  const choice = (changes: object) =>
    ({
      kind: 'recipe',
      recipe: { family: 'fvsbn', weights: fingerprint(stored), ...changes },
    }) as unknown as Choice;

  it('is the one here that has its weights', async () => {
    library = [{ ...stored, id: 'other', tensors: { bias: Float32Array.of(1, 3) } }, stored];
    const { models } = visit();
    await models.load('left', choice({}));
    expect(steps).toEqual(['left found here', 'left shows stored']);
  });

  it('is not here where the weights, the family or the grid are others', async () => {
    library = [stored];
    const { models, slots } = visit();
    for (const missing of [choice({ weights: '00000000' }), choice({ family: 'nade' })]) {
      await models.load('left', missing);
      expect(slots.left.state).toBe('failed');
    }
    library = [{ ...stored, grid: { width: 7, height: 7 } }];
    const { models: others, slots: otherSlots } = visit();
    await others.load('right', choice({}));
    expect(otherSlots.right.state).toBe('failed');
    expect(steps).toEqual([]);
  });
});

describe('the first models', () => {
  it('are A, the stand-in of B, then the digits and the model of B', async () => {
    const { models, answer } = visit();
    const loaded = models.loadFirst();
    await answer('small');
    await answer('large');
    await loaded;
    expect(steps).toEqual([
      'left shows counted',
      'fetch small',
      'right shows small',
      'starter digits',
      'fetch large',
      'right shows large',
    ]);
  });

  it('have no stand-in where the model of B is here already', async () => {
    state.kept = true;
    const { models, answer } = visit();
    const loaded = models.loadFirst();
    await answer('large');
    await loaded;
    expect(steps).not.toContain('fetch small');
  });

  it('have none where it cannot be fetched, or another model was chosen meanwhile', async () => {
    const { models, answer } = visit();
    const loaded = models.loadFirst();
    await answer('small', fail('no network'));
    await answer('large');
    await loaded;
    expect(steps).not.toContain('right shows small');

    steps.length = 0;
    const other = visit();
    const second = other.models.loadFirst();
    await vi.waitFor(() => expect(steps).toContain('fetch small'));
    other.choices.right = other.choices.left;
    await other.models.load('right', other.choices.right);
    await other.answer('small');
    await second;
    expect(steps).toEqual(['left shows counted', 'fetch small', 'right shows counted', 'starter digits']);
  });
});

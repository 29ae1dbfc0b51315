import { describe, expect, it, vi } from 'vitest';
import { ModelSlot } from '../../../src/app/compare/model-slot.svelte.ts';
import { findShipped, SHIPPED } from '../../../src/app/compare/shipped-models.ts';
import { lackOf } from '../../../src/app/questions/abilities.ts';
import { type Need, QUESTIONS } from '../../../src/app/questions/list.ts';
import type { QuestionPorts, StandInChoice } from '../../../src/app/questions/ports.ts';
import { Questions } from '../../../src/app/questions/questions.svelte.ts';
import { standInsFor } from '../../../src/app/stand-ins/choice.ts';
import { standInModel } from '../../../src/app/stand-ins/model.ts';
import { Turn } from '../../../src/app/turn.ts';
import { type GreyImages, MNIST_GRID } from '../../../src/data/images.ts';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import { classifying, families, findFamily, presetHyper } from '../../../src/models/registry.ts';
import type { Model } from '../../../src/models/model.ts';
import type { ModelRecord } from '../../../src/store/records.ts';
import { engineWithoutWebGpu } from '../engine/host-without-webgpu.ts';
import { randomImages, randomModel } from '../models/families.ts';

const GRID = { width: 4, height: 4 };
const NEEDS = ['density', 'one order', 'classes', 'hidden units'] as const;
const recordOf = (model: Model, name: string) => ({ ...model, id: name, name }) as ModelRecord;
const density = () => randomModel('neighbours', GRID, 1);
const classifier = () => randomModel('logistic-regression', GRID, 1);

/** What the loaded slot of a model lacks for a need. */
async function lackOfModel(model: Model, need: Need): Promise<string | null> {
  const slot = new ModelSlot('left', engineWithoutWebGpu());
  await slot.load(recordOf(model, 'x'));
  return lackOf(slot, need);
}

const digits: GreyImages = {
  grid: GRID,
  count: 40,
  pixels: Uint8Array.from({ length: 40 * 16 }, (_, i) => ((i * 7919) % 5 < 2 ? 255 : 0)),
  labels: Uint8Array.from({ length: 40 }, (_, i) => i % 10),
};

/** Two slots with these models, and stand-ins that `model` answers for. */
async function open(
  left: Model,
  right: Model,
  model: (choice: StandInChoice) => Promise<Result<ModelRecord>> = () => Promise.resolve(fail('none')),
) {
  const engine = engineWithoutWebGpu();
  const slots = { left: new ModelSlot('left', engine), right: new ModelSlot('right', engine) };
  await slots.left.load(recordOf(left, 'own left'));
  await slots.right.load(recordOf(right, 'own right'));
  const asked = vi.fn(async ([choice]: readonly StandInChoice[]) => {
    const made = await model(choice);
    return made.ok ? ok({ choice, model: made.value }) : made;
  });
  const ports = {
    engine,
    slots,
    pad: { grid: GRID, seen: { packed: randomImages(GRID, 1, 0.4) } },
    binarisation: () => ({ kind: 'threshold' }),
    onQuestion: () => undefined,
    standInsFor,
    standInModel: asked,
  };
  return { questions: new Questions(ports as unknown as QuestionPorts), slots, asked };
}

describe('what a model lacks for a question', () => {
  it('is nothing for what it has, and named for what it has not', async () => {
    expect(await lackOfModel(density(), 'density')).toBeNull();
    expect(await lackOfModel(density(), 'one order')).toBeNull();
    expect(await lackOfModel(density(), 'classes')).toContain('nothing of classes');
    expect(await lackOfModel(density(), 'hidden units')).toContain('no hidden units');
    expect(await lackOfModel(classifier(), 'classes')).toBeNull();
    for (const need of ['density', 'one order', 'hidden units'] as const)
      expect(await lackOfModel(classifier(), need)).toContain('is a classifier');
    expect(await lackOfModel(randomModel('nade', GRID, 1), 'hidden units')).toBeNull();
    const mixture = findFamily('mixture')!;
    const byDigit = randomModel('mixture', GRID, 1, 1, classifying(mixture, { components: 2 })!);
    expect(await lackOfModel(byDigit, 'hidden units')).toContain('for each digit');
  });

  it('is named for every question of the list but that of training', () => {
    expect(QUESTIONS.filter(({ needs }) => needs === null).map(({ id }) => id)).toEqual(['training']);
  });
});

describe('the choice of a stand-in', () => {
  it.each(NEEDS)('has what every model without it lacks: %s', async (need) => {
    let asked = 0;
    for (const side of ['left', 'right'] as const)
      for (const spec of families) {
        const hyper = presetHyper(spec, 'starter');
        if (spec.refuses?.(GRID, hyper)) continue;
        if ((await lackOfModel(randomModel(spec.id, GRID, 1, 1, hyper), need)) === null) continue;
        const [choice] = standInsFor({ family: spec.id, hyper, grid: GRID }, need, side);
        if (choice.kind === 'counted')
          expect(await lackOfModel(randomModel(choice.family, GRID, 1, 1, choice.hyper), need)).toBeNull();
        else expect([choice.kind, need]).toEqual(['fitted', 'hidden units']);
        asked++;
      }
    expect(asked).toBeGreaterThan(0);
  });

  it('comes with the app on the grid of MNIST, where it cannot be counted', () => {
    const own = { family: 'sparse-pixelcnn', hyper: {}, grid: MNIST_GRID };
    for (const need of ['classes', 'hidden units'] as const) {
      const [choice, next] = standInsFor(own, need, 'right');
      // What is counted or fitted here comes after it, for where there is no network.
      expect(['counted', 'fitted']).toContain(next.kind);
      const model = choice.kind === 'shipped' ? findShipped(choice.name) : undefined;
      expect(model?.grid).toEqual(MNIST_GRID);
      expect(need === 'classes' ? model?.accuracy : findFamily(model!.family)?.features).toBeTruthy();
    }
  });

  it('is the same family with classes where it can be counted, and two kinds of units for the two slots', () => {
    const neighbours = {
      family: 'neighbours',
      hyper: presetHyper(findFamily('neighbours')!, 'starter'),
      grid: GRID,
    };
    expect(standInsFor(neighbours, 'classes', 'right')[0]).toMatchObject({
      kind: 'counted',
      family: 'neighbours',
    });
    const [left, right] = (['left', 'right'] as const).map((side) =>
      standInsFor(neighbours, 'hidden units', side).at(0),
    );
    expect(left).not.toEqual(right);
  });
});

describe('a stand-in', () => {
  it('is loaded where the model of the slot cannot answer, answers in its place, and reads the drawing', async () => {
    const { questions, slots, asked } = await open(density(), classifier(), () =>
      Promise.resolve(ok(recordOf(density(), 'another'))),
    );
    questions.current = 'explain';
    const [a, b] = [questions.of('left'), questions.of('right')];
    for (const each of [a, b]) each.standIn.follow();
    expect(a.slot).toBe(slots.left);
    expect(b.slot).toBe(b.standIn.slot);
    await expect.poll(() => b.slot.reading).not.toBeNull();
    expect(asked).toHaveBeenCalledTimes(1);
    expect(b.slot.density?.logLikelihood).toBeLessThan(0);
    expect(b.title).toContain('Neighbours');
    expect(b.own).toBe(slots.right);

    // The next question needs the same: it stays. One that the model answers itself: it is asked again.
    questions.current = 'sampling';
    b.standIn.follow();
    questions.current = 'classify';
    b.standIn.follow();
    expect(b.slot).toBe(slots.right);
    // Naive Bayes stands in for p(x) of a classifier, one counted model for a single order.
    expect(asked.mock.calls.map(([[choice]]) => choice.kind)).toEqual(['counted', 'counted']);
  });

  it('says why it could not be loaded, and is loaded when tried again', async () => {
    const answers = [fail('the digits are not here'), ok(recordOf(density(), 'another'))];
    const { questions } = await open(classifier(), density(), () => Promise.resolve(answers.shift()!));
    questions.current = 'explain';
    const { standIn } = questions.of('left');
    standIn.follow();
    await expect.poll(() => standIn.slot.note).toBe('the digits are not here');
    expect([standIn.slot.state, standIn.slot.model]).toEqual(['failed', null]);
    standIn.retry();
    await expect.poll(() => standIn.slot.model?.name).toBe('another');
    expect(standIn.slot.state).toBe('ready');
  });

  it('whose question was left while it loaded does not replace that of the next', async () => {
    const waiting: ((model: Result<ModelRecord>) => void)[] = [];
    const { questions } = await open(
      density(),
      density(),
      () => new Promise((resolve) => waiting.push(resolve)),
    );
    const { standIn } = questions.of('right');
    questions.current = 'classify';
    standIn.follow();
    questions.current = 'hidden-units';
    standIn.follow();
    waiting[1](ok(recordOf(randomModel('nade', GRID, 1), 'units')));
    await expect.poll(() => standIn.slot.model?.name).toBe('units');
    waiting[0](ok(recordOf(density(), 'classes')));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(standIn.slot.model?.name).toBe('units');
  });

  it('is fitted to the starter digits where none comes with the app', async () => {
    const engine = engineWithoutWebGpu();
    const choices = standInsFor(density(), 'hidden units', 'left');
    const ports = {
      engine,
      turn: new Turn(),
      starter: () => Promise.resolve<GreyImages | null>(digits),
      experiment: () => ({ grid: GRID, binarisation: { kind: 'threshold' } as const }),
      modelOf: () => Promise.resolve(fail('not asked')),
    };
    const fitted = await standInModel(choices, ports, new AbortController().signal);
    if (!fitted.ok) throw new Error(fitted.reason);
    expect(fitted.value.model.grid).toEqual(GRID);
    expect(findFamily(fitted.value.model.family)?.features).toBe(true);
    const none = { ...ports, starter: () => Promise.resolve(null) };
    expect(await standInModel(choices, none, new AbortController().signal)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('reload') as string,
    });
  });

  it('is the next one where the best cannot be fetched, and nothing is fetched without a network', async () => {
    const asked: string[] = [];
    const counted = { kind: 'counted', family: 'chain', hyper: {} } as const;
    const choices = [{ kind: 'shipped', name: SHIPPED[0].name } as const, counted];
    const ports = {
      engine: engineWithoutWebGpu(),
      turn: new Turn(),
      starter: () => Promise.resolve(null),
      experiment: () => ({ grid: GRID, binarisation: { kind: 'threshold' } as const }),
      modelOf: (choice: StandInChoice) => {
        asked.push(choice.kind);
        return Promise.resolve(
          choice.kind === 'counted' ? ok(recordOf(density(), 'another')) : fail<ModelRecord>('not found'),
        );
      },
    };
    const standIn = () => standInModel(choices, ports, new AbortController().signal);
    try {
      vi.stubGlobal('navigator', { onLine: true });
      expect(await standIn()).toMatchObject({ value: { choice: counted } });
      vi.stubGlobal('navigator', { onLine: false });
      expect(await standIn()).toMatchObject({ value: { choice: counted } });
      expect(asked).toEqual(['shipped', 'counted', 'counted']);
      const alone = await standInModel([choices[0]], ports, new AbortController().signal);
      expect(alone).toMatchObject({ ok: false, reason: expect.stringContaining('no network') as string });
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

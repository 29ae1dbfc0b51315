import { describe, expect, it, vi } from 'vitest';
import { trainInTurn, Turn } from '../../../src/app/turn.ts';
import { fail } from '../../../src/data/result.ts';
import type { Engine, TrainOutcome, TrainJob } from '../../../src/engine/api.ts';

it('a Turn is taken in the order of the calls, by one caller at a time', async () => {
  const turn = new Turn();
  const order: string[] = [];
  const first = await turn.take();
  const second = turn.take().then((end) => {
    order.push('second');
    end();
  });
  const third = turn.take().then((end) => {
    order.push('third');
    end();
  });
  order.push('first');
  first();
  await Promise.all([second, third]);
  expect(order).toEqual(['first', 'second', 'third']);
});

describe('training in turn', () => {
  const request = {} as TrainJob;

  it('is stopped by an abort, before its turn too, and gives the turn back', async () => {
    const calls: string[] = [];
    let end: () => void = () => undefined;
    const engine = {
      train: () => {
        calls.push('train');
        return new Promise((resolve) => (end = () => resolve(fail<TrainOutcome>('stopped'))));
      },
      stop: () => {
        calls.push('stop');
        end();
        return Promise.resolve();
      },
    } as unknown as Engine;
    const turn = new Turn();
    const [first, second] = [new AbortController(), new AbortController()];
    const runs = [first, second].map(({ signal }) => trainInTurn({ engine, turn }, request, signal));
    await vi.waitFor(() => expect(calls).toEqual(['train']));
    second.abort();
    expect(calls).toEqual(['train']);
    first.abort();
    expect(calls).toEqual(['train', 'stop']);
    for (const run of runs) await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    (await turn.take())();
    expect(calls).toEqual(['train', 'stop']);
  });
});

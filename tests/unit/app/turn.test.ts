import { expect, it } from 'vitest';
import { Turn } from '../../../src/app/turn.ts';

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

import { expect, it } from 'vitest';
import { ok } from '../../../src/data/result.ts';
import type { Result } from '../../../src/data/result.ts';
import { fetchedPart } from '../../../src/engine/fetched-part.ts';

class Counter {
  readonly calls: string[] = [];

  add(name: string): Promise<Result<number>> {
    return Promise.resolve(ok(this.calls.push(name)));
  }
}

it('is created at the first call, once, and called in the order of the calls', async () => {
  let created = 0;
  const counter = new Counter();
  const part = fetchedPart(async () => {
    created++;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return counter;
  });
  expect(created).toBe(0);
  const answers = await Promise.all([part.add('a'), part.add('b'), part.add('c')]);
  expect(answers).toEqual([ok(1), ok(2), ok(3)]);
  expect(await part.add('d')).toEqual(ok(4));
  expect(counter.calls).toEqual(['a', 'b', 'c', 'd']);
  expect(created).toBe(1);
});

it('fails with the remedy where its code cannot be fetched, and tries again at the next call', async () => {
  let connected = false;
  const part = fetchedPart(() =>
    connected ? Promise.resolve(new Counter()) : Promise.reject(new TypeError('Failed to fetch')),
  );
  const lost = await part.add('a');
  expect(lost).toEqual({
    ok: false,
    reason: 'engine: a part of it could not be fetched (Failed to fetch). Check the connection and try again',
  });
  connected = true;
  expect(await part.add('b')).toEqual(ok(1));
});

it('lets the rejection of a call through, and is no promise', async () => {
  const part = fetchedPart(() =>
    Promise.resolve({ fail: (): Promise<Result<null>> => Promise.reject(new Error('wrong')) }),
  );
  await expect(part.fail()).rejects.toThrow('wrong');
  const resolved = await Promise.resolve(part);
  expect(resolved).toBe(part);
});

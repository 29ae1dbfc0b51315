import { expect, it } from 'vitest';
import { WakeLock } from '../../../src/app/wake-lock.ts';

const settled = () => new Promise((resolve) => setTimeout(resolve));

/** A phone whose screen may be held; counts the locks held now. */
function phone({ refuse = false } = {}) {
  let visible = true;
  let changed: (() => void) | null = null;
  const state = {
    held: 0,
    asked: 0,
    show(seen: boolean) {
      visible = seen;
      // The browser releases the lock of a page that is hidden.
      if (!seen) state.held = 0;
      changed?.();
    },
    get watched() {
      return changed !== null;
    },
    lock: new WakeLock({
      request: () => {
        state.asked++;
        if (refuse) return Promise.reject(new DOMException('low battery', 'NotAllowedError'));
        state.held++;
        return Promise.resolve({
          release: () => {
            state.held--;
            return Promise.resolve();
          },
        });
      },
      visible: () => visible,
      onVisibility: (change) => {
        changed = change;
        return () => {
          changed = null;
        };
      },
    }),
  };
  return state;
}

it('is held while it is wanted, and released then', async () => {
  const device = phone();
  device.lock.want(true);
  device.lock.want(true);
  await settled();
  expect(device.held).toBe(1);
  device.lock.want(false);
  await settled();
  expect(device.held).toBe(0);
  expect(device.watched).toBe(false);
  expect(device.asked).toBe(1);
});

it('is asked for again when the page is seen again', async () => {
  const device = phone();
  device.lock.want(true);
  await settled();
  device.show(false);
  expect(device.held).toBe(0);
  device.show(true);
  await settled();
  expect(device.held).toBe(1);
  device.show(true);
  await settled();
  expect(device.held).toBe(1);
});

it('is released where the work ended while the browser answered', async () => {
  const device = phone();
  device.lock.want(true);
  device.lock.want(false);
  await settled();
  expect(device.held).toBe(0);
});

it('may be refused, and is asked for at the next occasion', async () => {
  const device = phone({ refuse: true });
  device.lock.want(true);
  await settled();
  device.show(false);
  device.show(true);
  await settled();
  device.lock.want(false);
  expect(device.asked).toBe(2);
});

it('is no concern of a machine whose screen does not lock', () => {
  const lock = new WakeLock({
    request: null,
    visible: () => true,
    onVisibility: () => {
      throw new Error('watched');
    },
  });
  lock.want(true);
  lock.want(false);
});

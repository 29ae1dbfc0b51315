import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { announceUpdate } from '../../../src/app/announcements.ts';
import { Notices } from '../../../src/app/notices.svelte.ts';
import { Updates } from '../../../src/app/updates.svelte.ts';

/** A service worker that waits beside an active one; what the page sends to it. */
const sent: unknown[] = [];
const listeners: (() => void)[] = [];
const registration = {
  active: { postMessage: () => undefined },
  waiting: { postMessage: (message: unknown) => sent.push(message) } as {
    postMessage(m: unknown): void;
  } | null,
  addEventListener: () => undefined,
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubEnv('PROD', true);
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('location', new URL('https://inkling.test/'));
  vi.stubGlobal('navigator', {
    serviceWorker: {
      controller: {},
      ready: Promise.resolve(registration),
      getRegistration: () => Promise.resolve(registration),
      register: () => Promise.resolve(registration),
      addEventListener: (_: string, listener: () => void) => listeners.push(listener),
    },
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

it('an accepted version is said to be starting until the browser has started it', async () => {
  const reload = vi.fn(() => Promise.resolve());
  const updates = new Updates({ reload, busy: () => false });
  await updates.register();
  expect(updates.state).toBe('ready');

  await updates.accept();
  expect(sent).toEqual([{ type: 'SKIP_WAITING' }]);
  expect(updates.state).toBe('starting');
  const notices = new Notices();
  announceUpdate(notices, updates.state, updates);
  expect(notices.list).toMatchObject([{ text: expect.stringContaining('close the other tabs') as string }]);
  expect(reload).not.toHaveBeenCalled();

  registration.waiting = null;
  for (const listener of listeners) listener();
  expect(reload).toHaveBeenCalledOnce();
  expect(updates.state).toBe('none');

  // The page was not reloaded, and one more version waits.
  registration.waiting = { postMessage: () => undefined };
  for (const listener of listeners) listener();
  expect(updates.state).toBe('ready');
});

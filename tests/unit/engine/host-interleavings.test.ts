import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BackendPreference, BackendStatus } from '../../../src/engine/api.ts';
import { type Backend } from '../../../src/engine/backends/backend.ts';
import { BackendHost } from '../../../src/engine/backend-host.ts';
import { type Held, HeldMachine, settle } from './fake-machine.ts';

/** Grants pending operations, or only those that are `due`, until there are none. */
async function grantAll(machine: HeldMachine, due: (held: Held) => boolean = () => true): Promise<void> {
  for (;;) {
    await settle();
    const place = machine.held.findIndex(due);
    if (place < 0) return;
    machine.release(place, true);
  }
}

async function started(): Promise<{ machine: HeldMachine; host: BackendHost }> {
  const machine = new HeldMachine();
  const host = new BackendHost(machine);
  await grantAll(machine);
  expect(host.now()).toBe(machine.created[0]);
  return { machine, host };
}

describe('a loss while another recovery is under way', () => {
  it('starts a new recovery when the device of the recovery is lost at once', async () => {
    const { machine, host } = await started();
    machine.created[0].crash('first');
    await settle();
    machine.release(0, true);
    await settle();
    expect(machine.held.map(({ kind }) => kind)).toEqual(['creation']);
    machine.release(0, true);
    machine.created[1].crash('second');
    await settle();
    expect(host.status()).toMatchObject({ kind: 'cpu', state: 'recovering' });
    await grantAll(machine);
    expect(host.status()).toMatchObject({ kind: 'webgpu', state: 'ready' });
    expect(host.now()).toBe(machine.created[2]);
  });

  it('starts a new recovery when a choice of the visitor created the device while the older recovery sleeps', async () => {
    const { machine, host } = await started();
    machine.created[0].crash('first');
    await settle();
    expect(machine.held.map(({ kind }) => kind)).toEqual(['sleep']);
    for (const preference of ['cpu', 'webgpu'] as const) {
      const chosen = host.prefer(preference);
      await grantAll(machine, ({ kind }) => kind !== 'sleep');
      expect(await chosen).toMatchObject({ kind: preference, state: 'ready' });
    }
    expect(host.status()).toMatchObject({ kind: 'webgpu', state: 'ready' });
    machine.created[1].crash('second');
    await settle();
    expect(host.status()).toMatchObject({ kind: 'cpu', state: 'recovering' });
    await grantAll(machine);
    expect(host.status()).toMatchObject({ kind: 'webgpu', state: 'ready' });
  });
});

describe('devices that are lost at once', () => {
  it('are requested about once a second', async () => {
    const { machine, host } = await started();
    for (let loss = 0; loss < 20; loss++) {
      machine.created[loss].crash('at once');
      await grantAll(machine);
      expect(host.now()).toBe(machine.created[loss + 1]);
    }
    expect(machine.clock).toBeGreaterThan(15_000);
    expect(machine.clock).toBeLessThan(20_000);
  });
});

describe('the wait for a device', () => {
  it('ends at once with the cpu when it is aborted', async () => {
    const { machine, host } = await started();
    machine.created[0].crash('lost');
    await settle();
    const abort = new AbortController();
    const waiting = host.settled(abort.signal);
    abort.abort();
    expect((await waiting).kind).toBe('cpu');
    expect((await host.settled(abort.signal)).kind).toBe('cpu');
    expect(host.status().state).toBe('recovering');
    await grantAll(machine);
    expect((await host.settled(abort.signal)).kind).toBe('webgpu');
  });
});

describe('a choice during a recovery', () => {
  it.each(['auto', 'webgpu'] as const)(
    'of %s continues the recovery, though adapters are refused',
    async (preference) => {
      const { machine, host } = await started();
      machine.created[0].crash('lost');
      await settle();
      void host.prefer(preference);
      machine.release(
        machine.held.findIndex(({ kind }) => kind === 'probe'),
        false,
      );
      await settle();
      expect(machine.held.map(({ kind }) => kind)).toEqual(['sleep']);
      expect(host.status()).toMatchObject({ preference, state: 'recovering', webgpuAvailable: true });
      machine.release(0, true);
      await settle();
      machine.release(0, false);
      await settle();
      expect(host.status().state).toBe('recovering');
      await grantAll(machine);
      expect(host.status()).toMatchObject({ kind: 'webgpu', state: 'ready' });
      expect(machine.created.filter((backend) => !backend.ended)).toHaveLength(1);
    },
  );
});

type Command =
  | { readonly type: 'prefer'; readonly preference: BackendPreference }
  | { readonly type: 'lose' }
  | { readonly type: 'crash'; readonly which: number }
  | { readonly type: 'release'; readonly place: number; readonly granted: boolean }
  | { readonly type: 'wait'; readonly microtasks: number }
  | { readonly type: 'task' }
  | { readonly type: 'settled' };

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    type: fc.constant('prefer' as const),
    preference: fc.constantFrom('auto' as const, 'cpu' as const, 'webgpu' as const),
  }),
  fc.record({ type: fc.constant('lose' as const) }),
  fc.record({ type: fc.constant('crash' as const), which: fc.nat(9) }),
  // Releases are the most frequent, because every operation needs one.
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('release' as const), place: fc.nat(9), granted: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('wait' as const), microtasks: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('task' as const) }) },
  fc.record({ type: fc.constant('settled' as const) }),
);

async function execute(commands: readonly Command[], software: boolean): Promise<void> {
  const machine = new HeldMachine();
  machine.software = software;
  const host = new BackendHost(machine);
  let preference: BackendPreference = 'auto';
  const seen: BackendStatus[] = [];
  host.watch((status) => seen.push(status));
  const settled: Promise<Backend>[] = [];
  for (const each of commands) {
    switch (each.type) {
      case 'prefer':
        ({ preference } = each);
        void host.prefer(preference);
        break;
      case 'lose':
        host.lose();
        break;
      case 'crash':
        machine.created[each.which]?.crash('by the test');
        break;
      case 'release':
        // A refusal of a choice is final; only a recovery retries.
        machine.release(each.place, each.granted || host.status().state !== 'recovering');
        break;
      case 'wait':
        for (let turn = 0; turn < each.microtasks; turn++) await Promise.resolve();
        break;
      case 'task':
        await new Promise((resolve) => setImmediate(resolve));
        break;
      case 'settled':
        settled.push(host.settled());
        break;
    }
  }
  await grantAll(machine);
  const expected = preference === 'webgpu' || (preference === 'auto' && !software) ? 'webgpu' : 'cpu';
  expect(host.status()).toMatchObject({ preference, kind: expected, state: 'ready', webgpuAvailable: true });
  expect(seen.at(-1)).toEqual(host.status());
  // No device is left behind, and the one in use is alive.
  const alive = machine.created.filter((backend) => !backend.ended);
  expect(alive).toEqual(expected === 'webgpu' ? [host.now()] : []);
  const byHand = commands.some((each) => each.type === 'prefer' && each.preference === 'cpu');
  // Training never gets typed arrays merely because a recovery is in progress: it would keep them to its end.
  for (const { kind } of await Promise.all(settled)) if (!byHand && !software) expect(kind).toBe('webgpu');
}

describe('losses, choices, refusals and waits in any order', () => {
  it.each([
    ['a GPU', false],
    ['a software adapter', true],
  ])('end on the preferred backend, with %s', async (_, software) => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 30 }), (commands) => execute(commands, software)),
      { numRuns: 1500, seed: 1 },
    );
  });
});

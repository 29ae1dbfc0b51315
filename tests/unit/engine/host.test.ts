import { describe, expect, it } from 'vitest';
import { fail, ok, type Result } from '../../../src/data/result.ts';
import type { BackendStatus } from '../../../src/engine/api.ts';
import type { Backend } from '../../../src/engine/backends/backend.ts';
import { BackendHost, type Machine, RECOVERY_MS } from '../../../src/engine/backend-host.ts';
import { type FakeBackend, fakeBackend, settle } from './fake-machine.ts';

/** A machine whose clock advances only by sleeping. */
class FakeMachine implements Machine {
  clock = 0;
  adapter: Result<boolean> = ok(false);
  creations = 0;
  created: FakeBackend[] = [];
  refusals = 0;

  createCpu = () => fakeBackend('cpu');
  isSoftware = () => Promise.resolve(this.adapter);
  now = () => this.clock;
  createWebGpu = (): Promise<Result<Backend>> => {
    this.creations++;
    if (this.refusals > 0) {
      this.refusals--;
      return Promise.resolve(fail('adapter: refused'));
    }
    const backend = fakeBackend('webgpu');
    this.created.push(backend);
    return Promise.resolve(ok(backend));
  };
  sleep = async (milliseconds: number) => {
    this.clock += milliseconds;
    await new Promise((resolve) => setImmediate(resolve));
  };
}

describe('the choice of a backend', () => {
  it('is a hardware GPU by default', async () => {
    const host = new BackendHost(new FakeMachine());
    // The host does not wait for the probe: typed arrays are used until the choice is made.
    expect(host.now().kind).toBe('cpu');
    expect((await host.settled()).kind).toBe('webgpu');
    expect(host.now().kind).toBe('webgpu');
  });

  it('is not a software adapter, unless the visitor chooses it', async () => {
    const machine = new FakeMachine();
    machine.adapter = ok(true);
    const host = new BackendHost(machine);
    await host.ready();
    expect(host.now().kind).toBe('cpu');
    expect(host.status()).toMatchObject({ webgpuAvailable: true, webgpuInSoftware: true });
    expect(await host.prefer('webgpu')).toMatchObject({ kind: 'webgpu', preference: 'webgpu' });
  });

  it('has a reason where there is no WebGPU', async () => {
    const machine = new FakeMachine();
    machine.adapter = fail('This browser has no WebGPU.');
    const host = new BackendHost(machine);
    await host.ready();
    expect(host.status()).toMatchObject({
      kind: 'cpu',
      webgpuAvailable: false,
      webgpuInSoftware: false,
      reason: 'This browser has no WebGPU.',
    });
  });

  it('is the last of several made at once', async () => {
    const machine = new FakeMachine();
    const host = new BackendHost(machine);
    const choices = [host.prefer('webgpu'), host.prefer('auto'), host.prefer('cpu')];
    await Promise.all(choices);
    await settle();
    expect(host.status().kind).toBe('cpu');
    expect(machine.created.every((backend) => backend.destroyed)).toBe(true);
  });
});

describe('a lost device', () => {
  it('is replaced once, with the cpu in use meanwhile', async () => {
    const machine = new FakeMachine();
    const host = new BackendHost(machine);
    await host.ready();
    const seen: BackendStatus[] = [];
    host.watch((status) => seen.push(status));
    machine.refusals = 3;
    host.lose();
    await machine.created[0].lost;
    expect(host.status().state).toBe('recovering');
    expect(host.now().kind).toBe('cpu');
    expect((await host.settled()).kind).toBe('webgpu');
    expect(machine.creations).toBe(5);
    expect(seen.map((status) => status.state)).toContain('recovering');
    expect(seen.at(-1)).toMatchObject({ state: 'ready', kind: 'webgpu' });
  });

  it('is waited for through the 126 s in which Chromium refuses adapters', async () => {
    const machine = new FakeMachine();
    const host = new BackendHost(machine);
    await host.ready();
    machine.createWebGpu = () =>
      Promise.resolve(machine.clock < 150_000 ? fail('adapter: refused') : ok(fakeBackend('webgpu')));
    host.lose();
    await settle();
    expect((await host.settled()).kind).toBe('webgpu');
    expect(machine.clock).toBeGreaterThanOrEqual(150_000);
  });

  it('is given up in the end in favour of the cpu', async () => {
    const machine = new FakeMachine();
    const host = new BackendHost(machine);
    await host.ready();
    machine.refusals = Number.POSITIVE_INFINITY;
    host.lose();
    await settle();
    expect((await host.settled()).kind).toBe('cpu');
    expect(machine.clock).toBeGreaterThanOrEqual(RECOVERY_MS);
    expect(host.status()).toMatchObject({ state: 'ready', kind: 'cpu' });
  });

  it('is not recovered when the visitor has chosen the cpu meanwhile', async () => {
    const machine = new FakeMachine();
    const host = new BackendHost(machine);
    await host.ready();
    machine.refusals = 4;
    host.lose();
    await machine.created[0].lost;
    await host.prefer('cpu');
    await settle();
    expect((await host.settled()).kind).toBe('cpu');
    expect(machine.created.filter((backend) => !backend.destroyed)).toEqual([]);
  });

  it('is ignored where it was already replaced', async () => {
    const machine = new FakeMachine();
    const host = new BackendHost(machine);
    await host.ready();
    // The first device is destroyed by the choice of the cpu; its loss is reported only after the next device is created.
    await host.prefer('cpu');
    await host.prefer('webgpu');
    const [first, second] = machine.created;
    expect([first.destroyed, first.ended]).toEqual([true, false]);
    expect(host.now()).toBe(second);
    await settle();
    expect(first.ended).toBe(true);
    expect(host.now()).toBe(second);
    expect(host.status().state).toBe('ready');
    expect(machine.creations).toBe(2);
  });
});

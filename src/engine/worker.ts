import * as Comlink from 'comlink';
import type { ReadSource } from '../data/import/read-source.ts';
import { recordLog } from '../data/log.ts';
import type { Result } from '../data/result.ts';
import type { Engine } from './api.ts';
import { receivingCalls } from './calls.ts';
import { sendExitSignals } from './exit-signals.ts';
import { BackendHost } from './backend-host.ts';
import { browserMachine } from './machine.ts';
import { answerTheEngine, isPoolWorker } from './pool-workers.ts';
import { fetchedPart } from './fetched-part.ts';
import { EngineSession } from './session.ts';

if (isPoolWorker(self)) answerTheEngine(self);
else startEngine();

function startEngine(): void {
  sendExitSignals(self);
  const log = recordLog(self);
  const session: Engine = new EngineSession(
    new BackendHost(browserMachine()),
    undefined,
    // The store is part of what is fetched when the first run keeps a checkpoint.
    fetchedPart(async () => (await import('../store/checkpoints.ts')).storedCheckpoints()),
    log,
  );
  Comlink.expose(
    receivingCalls(
      session,
      self,
      (callback) => (callback as unknown as Comlink.ProxyMethods)[Comlink.releaseProxy](),
      (method, value) => (method === 'readArrays' ? handedOver(value as Result<ReadSource>) : value),
    ),
  );
}

/** Up to 512 MiB, which a copy would keep the page waiting for. */
function handedOver(read: Result<ReadSource>): Result<ReadSource> {
  if (!read.ok) return read;
  const { images, files } = read.value;
  const arrays = [images.pixels, images.labels, files?.images, files?.labels];
  const buffers = new Set(arrays.flatMap((array) => (array ? [array.buffer] : [])));
  return Comlink.transfer(read, [...buffers]);
}

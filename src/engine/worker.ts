import * as Comlink from 'comlink';
import { recordLog } from '../data/log.ts';
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
    receivingCalls(session, self, (callback) =>
      (callback as unknown as Comlink.ProxyMethods)[Comlink.releaseProxy](),
    ),
  );
}

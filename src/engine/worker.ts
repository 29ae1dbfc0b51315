import * as Comlink from 'comlink';
import { recordLog } from '../data/log.ts';
import type { Engine } from './api.ts';
import { receivingCalls } from './calls.ts';
import { sendExitSignals } from './exit-signals.ts';
import { BackendHost } from './backend-host.ts';
import { browserMachine } from './machine.ts';
import { answerTheEngine, isPoolWorker } from './pool-workers.ts';
import { EngineSession } from './session.ts';
import { storedCheckpoints } from '../store/checkpoints.ts';

if (isPoolWorker(self)) answerTheEngine(self);
else startEngine();

function startEngine(): void {
  sendExitSignals(self);
  const log = recordLog(self);
  const session: Engine = new EngineSession(
    new BackendHost(browserMachine()),
    undefined,
    storedCheckpoints(),
    log,
  );
  Comlink.expose(
    receivingCalls(session, self, (callback) =>
      (callback as unknown as Comlink.ProxyMethods)[Comlink.releaseProxy](),
    ),
  );
}

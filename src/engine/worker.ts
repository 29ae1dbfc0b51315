import * as Comlink from 'comlink';
import { recordLog } from '../data/log.ts';
import type { Engine } from './api.ts';
import { createYield } from './yield-to-event-loop.ts';
import { releasingCallbacks } from './callbacks.ts';
import { sendExitSignals } from './exit-signals.ts';
import { BackendHost } from './backend-host.ts';
import { browserMachine } from './machine.ts';
import { EngineSession } from './session.ts';
import { storedCheckpoints } from '../store/checkpoints.ts';

sendExitSignals(self);
const log = recordLog(self);
const session: Engine = new EngineSession(
  new BackendHost(browserMachine()),
  createYield(),
  storedCheckpoints(),
  log,
);
Comlink.expose(
  releasingCallbacks(session, (callback) =>
    (callback as unknown as Comlink.ProxyMethods)[Comlink.releaseProxy](),
  ),
);

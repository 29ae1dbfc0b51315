import * as Comlink from 'comlink';
import type { Engine } from './api.ts';
import { createBreath } from './breathe.ts';
import { BackendHost } from './host.ts';
import { browserMachine } from './machine.ts';
import { EngineSession } from './session.ts';

const session: Engine = new EngineSession(new BackendHost(browserMachine()), createBreath());
Comlink.expose(session);

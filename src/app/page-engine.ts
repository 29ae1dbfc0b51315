import { createEngine } from '../engine/client.ts';

/** The engine of this page. In a module of its own, so that main.ts starts it before the code of the session is there. */
export const pageEngine = createEngine();

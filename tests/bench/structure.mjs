/** `node tests/bench/structure.mjs [family]`: what the device is given: dispatches and workgroups of a training step, readbacks of a draw. */
import { createServer, createServerModuleRunner } from 'vite';

const server = await createServer({
  root: new URL('../..', import.meta.url).pathname,
  configFile: false,
  logLevel: 'error',
  server: { middlewareMode: true, ws: false, watch: null },
});
// Stays open for modules that are imported later, as Dawn is.
const module = await createServerModuleRunner(server.environments.ssr).import('/tests/bench/structure.ts');
await module.run(process.argv[2]);
await server.close();
// Dawn's devices keep the process alive.
process.exit(0);

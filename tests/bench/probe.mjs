/** `node tests/bench/probe.mjs [more] [model.safetensors ...]`: see probe.ts. */
import { runnerImport } from 'vite';

const { module } = await runnerImport(new URL('probe.ts', import.meta.url).pathname, {
  configFile: false,
  logLevel: 'error',
});
await module.run(process.argv.slice(2));
process.exit();

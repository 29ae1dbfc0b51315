/** `node tests/bench/completion.mjs [draws] [family]`: how far completions by every family and method are from p(unknown | known). */
import { runnerImport } from 'vite';

const { module } = await runnerImport(new URL('completion.ts', import.meta.url).pathname, {
  configFile: false,
  logLevel: 'error',
});
await module.run(Number(process.argv[2] ?? 50_000), process.argv[3]);

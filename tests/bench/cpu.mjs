/** `node tests/bench/cpu.mjs tables|fvsbn|nade|made|pixelcnn|tree-mixture|simd|random`: the cpu backend measured in this one process, without a browser. */
import { runnerImport } from 'vite';
import { simdPlugin } from '../../src/build/simd.mjs';

const names = process.argv.length > 2 ? process.argv.slice(2) : ['tables', 'fvsbn', 'nade'];
for (const name of names) {
  const { module } = await runnerImport(new URL(`cpu-${name}.ts`, import.meta.url).pathname, {
    configFile: false,
    logLevel: 'error',
    plugins: [simdPlugin()],
  });
  await module.run();
}

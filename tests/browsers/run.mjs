/**
 * `npm run test:browsers`: a short visit in Firefox and in WebKit, and every kernel compiled by naga, where they are
 * installed; the suites of `npm test` run in Chromium. Fails where one of them does, and where none could be run.
 */
import { build } from 'vite';
import process from 'node:process';
import { openFirefox } from './firefox.mjs';
import { compileKernels } from './kernels.mjs';
import { NotInstalled, root } from './tools.mjs';
import { visit } from './visit.mjs';
import { openWebKit } from './webkit.mjs';

const visiting = (open) => async (said) => {
  const page = await open();
  said(page.version);
  try {
    await visit(page, said);
  } finally {
    await page.close();
  }
};

const checks = [
  { name: 'Firefox', run: visiting(openFirefox) },
  { name: 'WebKit', run: visiting(openWebKit) },
  { name: 'naga', run: compileKernels },
];
const wanted = process.argv.slice(2).map((name) => name.toLowerCase());
const unknown = wanted.filter((name) => !checks.some((check) => check.name.toLowerCase() === name));
if (unknown.length > 0) throw new Error(`no such check: ${unknown.join(', ')}`);

await build({ root, logLevel: 'error' });
const lines = [];
let passed = 0;
let failed = 0;
for (const { name, run } of checks) {
  if (wanted.length > 0 && !wanted.includes(name.toLowerCase())) continue;
  console.log(`\n--- ${name}`);
  const begun = performance.now();
  const seconds = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
  try {
    await run((line) => console.log(`    ${line}`));
    passed++;
    lines.push(`ok    ${name}  ${seconds()}`);
  } catch (error) {
    if (error instanceof NotInstalled) {
      lines.push(`none  ${name}: ${error.message}`);
    } else {
      failed++;
      console.error(error);
      lines.push(`FAIL  ${name}  ${seconds()}`);
    }
  }
}
if (passed + failed === 0)
  lines.push('Nothing could be run: install Firefox, WebKitGTK or Mesa’s software Vulkan driver');
console.log(`\n${lines.join('\n')}\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

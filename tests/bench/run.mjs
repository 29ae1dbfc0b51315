/**
 * `npm run bench`: the FVSBN rows in headless Chromium, both backends beside a plain loop of the same run.
 * --json prints the report alone; --backend cpu or webgpu leaves the other out. INKLING_GPU=native uses the
 * machine's own GPU instead of the software adapter.
 */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { ensureBrowser, launchOptions } from '../browser.mjs';
import { PEERS } from './peers.mjs';

const { values } = parseArgs({ options: { json: { type: 'boolean' }, backend: { type: 'string' } } });
const backends = ['cpu', 'webgpu'].filter((name) => !values.backend || values.backend === name);
if (backends.length === 0) {
  console.error(`--backend: "${values.backend}" is neither cpu nor webgpu`);
  process.exit(2);
}
const contenders = ['plain', ...backends];
const configFile = fileURLToPath(new URL('vite.config.ts', import.meta.url));

const digits = (value) => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3));
const times = (value) => (value === undefined ? '' : `${value.toPrecision(3)}x`);

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  ');
  return [
    line(rows[0]),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...rows.slice(1).map(line),
  ].join('\n');
}

function print(report, version) {
  console.log(`${version}, ${report.cores} cores, WebGPU adapter: ${report.adapter}`);
  const nats = Object.entries(report.meanLogLikelihood).map(([name, mean]) => `${name} ${mean.toFixed(4)}`);
  console.log(`Mean log p of the 1,000 images, nats: ${nats.join(', ')}\n`);
  console.log('Per second: median (slowest to fastest repeat)');
  const spread = (rate) =>
    rate ? `${digits(rate.median)} (${digits(rate.min)} to ${digits(rate.max)})` : '';
  console.log(
    table([
      ['work', ...contenders],
      ...report.rows.map((row) => [row.work, ...contenders.map((name) => spread(row.rates[name]))]),
    ]),
  );
  console.log(
    '\nRatios. Peers are constants measured elsewhere (tests/bench/peers.mjs), set beside ours through the plain loop of each run',
  );
  console.log(
    table([
      [
        'work',
        ...backends.map((name) => `${name} / plain`),
        ...backends.map((name) => `${name} / ${name === 'cpu' ? 'wasm' : 'WebGPU'} peer`),
        'cpu aim',
      ],
      ...report.rows.map((row) => {
        const peer = PEERS.find(({ work }) => work === row.work);
        const toPlain = (name) => row.rates[name].median / row.rates.plain.median;
        const toPeer = (name) => toPlain(name) / (peer[name === 'cpu' ? 'wasm' : 'webgpu'] / peer.plain);
        return [
          row.work,
          ...backends.map((name) => times(toPlain(name))),
          ...backends.map((name) => times(toPeer(name))),
          times(peer.aim),
        ];
      }),
    ]),
  );
}

await ensureBrowser();
await build({ configFile });
const server = await preview({ configFile });
const browser = await chromium.launch(launchOptions());
try {
  const page = await browser.newPage();
  if (!values.json) await page.exposeFunction('benchStatus', (text) => console.error(text));
  else await page.exposeFunction('benchStatus', () => undefined);
  await page.goto(server.resolvedUrls.local[0]);
  const report = await page.evaluate(
    (names) => globalThis.runBench(names, globalThis.benchStatus),
    contenders,
  );
  const version = `Chromium ${browser.version()}`;
  if (values.json) console.log(JSON.stringify({ browser: version, ...report, peers: PEERS }));
  else print(report, version);
} finally {
  await browser.close();
  await server.close();
}

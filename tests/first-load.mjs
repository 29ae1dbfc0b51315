/**
 * Measures the first load of the built app on a slow link and a slow processor:
 * `node tests/first-load.mjs [folder] [--link lighthouse|slow-4g] [--form phone|desktop] [--runs N]`.
 * The link is shaped in the server, so that the worker's requests share it too: every request waits for a round trip, the first
 * of a connection for what makes the connection too, and all answers, compressed by gzip, share one rate. The processor is slowed down by Chromium, fourfold.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright';
import { launchOptions } from './browser.mjs';

/**
 * Milliseconds of a round trip, round trips until a connection is there, and bytes a second: Lighthouse's mobile preset, and that of
 * DevTools, whose longer round trip stands for the connection too.
 */
const LINKS = {
  lighthouse: { roundTrip: 150, connecting: 1, rate: 1_638_400 / 8 },
  'slow-4g': { roundTrip: 562.5, connecting: 0, rate: 1_474_560 / 8 },
};
const FORMS = {
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
  desktop: { viewport: { width: 1440, height: 900 } },
};
const SLOWDOWN = 4;
/** Bytes of one answer before the next has its turn: two packets. */
const TURN = 2920;
/** By then everything has been seen or is not coming. */
const WAIT_MS = 16_000;
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    link: { type: 'string', default: 'lighthouse' },
    form: { type: 'string', default: 'phone' },
    runs: { type: 'string', default: '3' },
  },
});
const folder = resolve(positionals[0] ?? fileURLToPath(new URL('../dist', import.meta.url)));

/** A server of the folder at one end of the link. `sent` has the address and the bytes of every answer that is complete. */
function serve({ roundTrip, connecting, rate }) {
  const queue = [];
  const sent = [];
  let free = 0;
  let sending = false;
  const send = () => {
    const answer = queue.shift();
    sending = answer !== undefined;
    if (!answer) return;
    const part = answer.body.subarray(answer.at, answer.at + TURN);
    answer.at += part.length;
    free = Math.max(free, performance.now()) + (1000 * part.length) / rate;
    setTimeout(
      () => {
        answer.response.write(part);
        if (answer.at < answer.body.length) queue.push(answer);
        else {
          answer.response.end();
          sent.push({ path: answer.path, bytes: answer.body.length, at: performance.now() });
        }
        send();
      },
      Math.max(0, free - performance.now()),
    );
  };
  const known = new WeakSet();
  const server = createServer((request, response) => {
    const path = request.url.split('?')[0].replace(/\/$/, '/index.html');
    const file = join(folder, path);
    const trips = known.has(request.socket) ? 1 : 1 + connecting;
    known.add(request.socket);
    setTimeout(() => {
      if (!existsSync(file) || !statSync(file).isFile()) {
        response.writeHead(404).end();
        return;
      }
      const body = gzipSync(readFileSync(file));
      const type = TYPES[extname(file)] ?? 'application/octet-stream';
      response.writeHead(200, {
        'content-type': type,
        'content-encoding': 'gzip',
        'cache-control': 'no-cache',
      });
      queue.push({ response, body, at: 0, path });
      if (!sending) send();
    }, trips * roundTrip);
  });
  return { server, sent };
}

/** Runs in the page: when what the visitor waits for was first there, in milliseconds, and how much the layout shifted. */
function watch(phone) {
  const seen = { shift: 0, blocked: 0 };
  globalThis.__seen = seen;
  const mark = (name) => (seen[name] ??= Math.round(performance.now()));
  const observe = (type, each) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
  observe('layout-shift', (entry) => (seen.shift += entry.hadRecentInput ? 0 : entry.value));
  observe('longtask', (entry) => (seen.blocked += Math.max(0, entry.duration - 50)));
  observe('paint', (entry) => entry.name === 'first-contentful-paint' && mark('paint'));
  const look = () => {
    for (const [model, side] of [
      ['A', 'left'],
      ['B', 'right'],
    ]) {
      const score = document.querySelector(`[data-testid=${phone ? 'live' : 'nats'}-${side}]`);
      if (/\d/.test(score?.textContent ?? '')) mark(`score ${model}`);
      const samples = document.querySelector(
        `[data-testid=${phone ? 'strip' : 'samples'}-${side}] [role=img]`,
      );
      const [, decided, all] =
        / (\d+) of (\d+) pixels decided/.exec(samples?.getAttribute('aria-label') ?? '') ?? [];
      if (decided && decided === all) mark(`samples ${model}`);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

const { server, sent } = serve(LINKS[values.link]);
await new Promise((listening) => server.listen(0, 'localhost', listening));
const address = `http://localhost:${server.address().port}/`;
const { channel, ...launch } = launchOptions();
const browser = await chromium.launch({ ...launch, ...(channel ? { channel } : {}) });
const rows = [];
for (let run = 0; run < Number(values.runs); run++) {
  // The service worker begins once the page has come to rest.
  const context = await browser.newContext({ ...FORMS[values.form], serviceWorkers: 'block' });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
  await page.addInitScript(watch, values.form === 'phone');
  sent.length = 0;
  const began = performance.now();
  await page.goto(address, { waitUntil: 'commit' });
  const origin = await page.evaluate(() => performance.timeOrigin);
  await page.waitForTimeout(Math.max(0, WAIT_MS - (performance.now() - began)));
  const seen = await page.evaluate(() => globalThis.__seen);
  const first = origin - performance.timeOrigin + (seen['score A'] ?? Infinity);
  const before = sent.filter(({ at }) => at <= first);
  const kilobytes = Math.round(before.reduce((sum, { bytes }) => sum + bytes, 0) / 1000);
  rows.push({ ...seen, shift: Number(seen.shift.toFixed(4)), requests: before.length, kilobytes });
  await context.close();
}
await browser.close();
server.close();
server.closeAllConnections();

console.log(
  `${values.form}, ${values.link}, ${SLOWDOWN}x: milliseconds after navigation, best and median of ${values.runs}`,
);
for (const name of new Set(rows.flatMap((row) => Object.keys(row)))) {
  const found = rows.map((row) => row[name] ?? Infinity).sort((a, b) => a - b);
  console.log(
    `${name.padEnd(10)} ${String(found[0]).padStart(8)} ${String(found[found.length >> 1]).padStart(8)}`,
  );
}

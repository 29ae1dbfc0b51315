/**
 * WebKitGTK's MiniBrowser by WebKitWebDriver, which speaks plain WebDriver (https://www.w3.org/TR/webdriver2/), on an X server
 * in memory. Its screenshots may hang: the DOM alone is judged. INKLING_WEBKIT_DRIVER and INKLING_MINIBROWSER name the two.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { findProgram, freePort, NotInstalled, start, until } from './tools.mjs';

/** Where distributions put MiniBrowser: beside the library, not in PATH. */
function miniBrowsers() {
  const list = (folder) =>
    statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
  return ['/usr/lib', '/usr/lib64', '/usr/libexec']
    .flatMap((folder) => [
      folder,
      ...list(folder)
        .filter((name) => name.includes('linux'))
        .map((name) => join(folder, name)),
    ])
    .flatMap((folder) =>
      list(folder)
        .filter((name) => name.startsWith('webkit2gtk-'))
        .map((name) => join(folder, name)),
    )
    .map((folder) => join(folder, 'MiniBrowser'));
}

export async function openWebKit() {
  const driver = findProgram('INKLING_WEBKIT_DRIVER', ['WebKitWebDriver']);
  if (!driver) throw new NotInstalled('no WebKitWebDriver in PATH (Debian: webkit2gtk-driver)');
  const browser = findProgram('INKLING_MINIBROWSER', ['MiniBrowser'], miniBrowsers());
  if (!browser) throw new NotInstalled('no MiniBrowser of WebKitGTK (Debian: libwebkit2gtk-4.1-0)');
  const started = [];
  const close = async () => {
    for (const each of started.reverse()) await each();
  };
  try {
    const display = process.env.DISPLAY ?? (await openDisplay(started));
    const port = await freePort();
    const server = start(driver, [`--port=${port}`], { env: { DISPLAY: display, LANG: 'en_US.UTF-8' } });
    started.push(server.stop);
    return { ...(await openSession(`http://127.0.0.1:${port}`, browser, started)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** An X server in memory, which chooses its own number. */
async function openDisplay(started) {
  const xvfb = findProgram('INKLING_XVFB', ['Xvfb']);
  if (!xvfb) throw new NotInstalled('no display, and no Xvfb in PATH (Debian: xvfb)');
  const server = start(xvfb, ['-displayfd', '3', '-screen', '0', '1400x1200x24', '-nolisten', 'tcp'], {
    descriptor: 'pipe',
  });
  started.push(server.stop);
  let number = '';
  server.child.stdio[3].on('data', (part) => (number += part));
  await until('Xvfb names its display', () => number.endsWith('\n'), 20_000);
  return `:${number.trim()}`;
}

async function openSession(server, binary, started) {
  async function call(method, path, body) {
    const response = await fetch(`${server}${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
      // The longest script waits for a service worker.
      signal: AbortSignal.timeout(120_000),
    });
    const { value } = await response.json();
    if (!response.ok)
      throw new Error(`${method} ${path}: ${value?.error ?? response.status}: ${value?.message ?? ''}`);
    return value;
  }
  const ready = async () => {
    try {
      return (await call('GET', '/status')).ready;
    } catch {
      return false;
    }
  };
  await until('WebKitWebDriver answers', ready, 20_000);
  const options = { binary, args: ['--automation'] };
  const { sessionId, capabilities } = await call('POST', '/session', {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
  });
  const session = `/session/${sessionId}`;
  started.push(() => call('DELETE', session).catch(() => undefined));
  await call('POST', `${session}/timeouts`, { script: 90_000, pageLoad: 60_000 });
  await call('POST', `${session}/window/rect`, { width: 1300, height: 1100 });
  return {
    version: `${capabilities.browserName} ${capabilities.browserVersion}`,
    /** WebDriver hears of none. */
    complaints: [],
    goto: (url) => call('POST', `${session}/url`, { url }),
    reload: () => call('POST', `${session}/refresh`, {}),
    async evaluate(work, ...args) {
      const script = `const args = [...arguments];
        const done = args.pop();
        (async () => (${work})(...args))().then(
          (value) => done({ value }),
          (error) => done({ error: String(error) }),
        );`;
      const answer = await call('POST', `${session}/execute/async`, { script, args });
      if (answer.error) throw new Error(answer.error);
      return answer.value;
    },
    async drag(points) {
      const to = ([x, y]) => ({
        type: 'pointerMove',
        duration: 0,
        x: Math.round(x),
        y: Math.round(y),
        origin: 'viewport',
      });
      const along = points.slice(1).flatMap((end, at) => {
        const from = points[at];
        return [1, 2, 3, 4, 5, 6].map((i) =>
          to([0, 1].map((axis) => from[axis] + ((end[axis] - from[axis]) * i) / 6)),
        );
      });
      const actions = [
        to(points[0]),
        { type: 'pointerDown', button: 0 },
        ...along,
        { type: 'pointerUp', button: 0 },
      ];
      await call('POST', `${session}/actions`, {
        actions: [{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }],
      });
    },
  };
}

/** Firefox by WebDriver BiDi. INKLING_FIREFOX names it; else it is looked for in PATH. */
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { findProgram, findVulkanDriver, NotInstalled, packageFolder } from './tools.mjs';

/** The last version that runs in the Node that the app asks for. */
const PUPPETEER = '24.43.1';
const PATHS = [
  '/Applications/Firefox.app/Contents/MacOS/firefox',
  'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
];

export async function openFirefox() {
  const path = findProgram('INKLING_FIREFOX', ['firefox', 'firefox-esr'], PATHS);
  if (!path) throw new NotInstalled('no Firefox in PATH, and INKLING_FIREFOX names none');
  const folder = await packageFolder('puppeteer-core', PUPPETEER);
  const entry = join(folder, 'lib', 'esm', 'puppeteer', 'puppeteer-core.js');
  const { default: puppeteer } = await import(pathToFileURL(entry).href);
  const driver = findVulkanDriver();
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: path,
    headless: true,
    defaultViewport: { width: 1280, height: 1000 },
    env: { ...process.env, ...(driver ? { VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver } : {}) },
    extraPrefsFirefox: {
      'dom.webgpu.enabled': true,
      'dom.webgpu.workers.enabled': true,
      'gfx.webgpu.ignore-blocklist': true,
    },
  });
  const page = await browser.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warn', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  return {
    version: await browser.version(),
    complaints,
    goto: (address) => page.goto(address, { waitUntil: 'load' }),
    reload: () => page.reload({ waitUntil: 'load' }),
    evaluate: (work, ...args) => page.evaluate(work, ...args),
    async drag(points) {
      const [[x, y], ...others] = points;
      await page.mouse.move(x, y);
      await page.mouse.down();
      for (const point of others) await page.mouse.move(...point, { steps: 6 });
      await page.mouse.up();
    },
    close: () => browser.close(),
  };
}

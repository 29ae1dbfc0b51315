/** `npm run bench`: see README.md. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Page as PlaywrightPage } from 'playwright';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { binarise } from '../../src/data/binarise.ts';
import { readIdxImages } from '../../src/data/idx.ts';
import type { GreyImages } from '../../src/data/images.ts';
import { encodeModel } from '../../src/models/model-file.ts';
import type { Definition } from '../../src/models/reference.ts';
import { ensureBrowser, launchOptions } from '../browser.mjs';
import { Reference } from './agreement.ts';
import { BINARISATION } from './contenders/contender.ts';
import type { MeasuredRow, Ports } from './measure.ts';
import { QUICK, RowBench, TooSlow, USUAL } from './measure.ts';
import { prepare } from './models.ts';
import type { Options } from './options.ts';
import { readOptions } from './options.ts';
import { processorTimeOf } from './processor-time.ts';
import { resultTable, spreadLines, standings, standingTable, title } from './table.ts';
import type { Contender, Family, Opened, Ran, Request } from './tasks.ts';
import { BATCH, modelFile } from './tasks.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const configFile = fileURLToPath(new URL('vite.config.ts', import.meta.url));
const outDir = `${root}/node_modules/.cache/inkling/bench`;

const definitions = import.meta.glob<Definition>('../../src/models/*/reference.ts', {
  eager: true,
  import: 'definition',
});

/** Longer than this no contender may take for anything. */
const LIMIT_MS = 60_000;

/** Images whose scores are compared with the definition's, which is slow. */
const CHECKED: Readonly<Record<Family, number>> = {
  fvsbn: 100,
  nade: 40,
  pixelcnn: 16,
  'sparse-pixelcnn': 16,
};

function starterDigits(): GreyImages {
  const read = readIdxImages(
    Uint8Array.from(readFileSync(`${root}/public/data/starter-images.bin`)),
    'starter digits',
  );
  if (!read.ok) throw new Error(read.reason);
  return read.value;
}

/** Trains or reads every model that is needed, writes it where the page finds it, and returns what rows are checked against. */
async function references(options: Options, tell: Ports['tell']) {
  const grey = starterDigits();
  const images = binarise(grey, BINARISATION);
  mkdirSync(`${outDir}/models-of-bench`, { recursive: true });
  const found = new Map<string, Reference>();
  const origins: string[] = [];
  for (const { family, weights } of options.rows) {
    const file = modelFile(family, weights);
    if (found.has(file)) continue;
    tell(`weights of ${family}, ${weights}`);
    const { model, origin } = await prepare(family, weights, grey, `${root}/public/models`);
    const provenance = {
      dataset: origin,
      images: grey.count,
      binarisation: BINARISATION,
      seed: 0,
      epochs: 0,
      steps: 0,
      seconds: 0,
      backend: 'cpu',
    } as const;
    writeFileSync(`${outDir}/${file}`, encodeModel({ model, provenance }));
    const definition = definitions[`../../src/models/${family}/reference.ts`];
    found.set(file, new Reference(model, definition, images, BATCH[family]));
    if (weights === 'trained') origins.push(`${family}: ${origin}`);
  }
  return { found, origins };
}

interface Page {
  readonly bench: {
    ask(contender: Contender, request: Request): Promise<Opened | Ran>;
    end(contender: Contender): void;
  };
}

/** The answer, or TooSlow and the contender's end. */
async function inTime(page: PlaywrightPage, contender: Contender, request: Request): Promise<Opened | Ran> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooSlow(`no answer within ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  const answer = page.evaluate(([name, what]) => (globalThis as unknown as Page).bench.ask(name, what), [
    contender,
    request,
  ] as const);
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    // It is waited for no more, and rejects when the browser is closed.
    answer.catch(() => undefined);
    await page.evaluate((name) => (globalThis as unknown as Page).bench.end(name), contender);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function measureAll(
  options: Options,
  ports: Ports,
  endAll: () => Promise<void>,
  onRow: (rows: readonly MeasuredRow[]) => void,
) {
  const { found, origins } = await references(options, (text) => ports.tell(text));
  const rows: MeasuredRow[] = [];
  let family: Family | null = null;
  for (const row of options.rows) {
    // What a library has compiled and allocated for one family is of no use to the next.
    if (family !== row.family) await endAll();
    family = row.family;
    ports.tell(`--- ${title(row)}`);
    const bench = new RowBench(
      row,
      found.get(modelFile(row.family, row.weights))!,
      options.quick ? QUICK : USUAL,
      ports,
    );
    const measured = await bench.run(options.contenders, CHECKED[row.family]);
    ports.tell(resultTable([measured], 'processor'));
    rows.push(measured);
    onRow(rows);
  }
  return { rows, origins };
}

function print(rows: readonly MeasuredRow[], origins: readonly string[], heading: string): void {
  console.log(heading);
  if (origins.length > 0) console.log(`Trained weights: ${origins.join('; ')}`);
  console.log(`\nA second of processor time, medians:\n\n${resultTable(rows, 'processor')}`);
  console.log(`\nA second by the clock, medians:\n\n${resultTable(rows, 'wall')}`);
  console.log(`\nOurs beside the best of its kind, by processor time:\n\n${standingTable(standings(rows))}`);
  console.log(`\nSlowest and fastest timing beside the median:\n${spreadLines(rows).join('\n')}`);
  const absent = rows.flatMap((row) =>
    row.absent.map((one) => `${one.contender}, ${title(row)}: ${one.reason}`),
  );
  if (absent.length > 0) console.log(`\nNot offered:\n${absent.join('\n')}`);
  const wrong = rows.flatMap((row) =>
    row.wrong.map((one) => `${one.contender}, ${title(row)}: ${one.reason}`),
  );
  if (wrong.length === 0) return;
  console.log(`\nFailed:\n${wrong.join('\n')}`);
  process.exitCode = 1;
}

export async function run(words: readonly string[]): Promise<void> {
  const options = readOptions(words);
  const begun = performance.now();
  await ensureBrowser();
  await build({ configFile });
  const server = await preview({ configFile });
  const browser = await chromium.launch(launchOptions());
  try {
    const page = await browser.newPage();
    await page.goto(server.resolvedUrls!.local[0]);
    const ports: Ports = {
      ask: (contender, request) => inTime(page, contender, request),
      processorTime: await processorTimeOf(browser),
      tell: (text) =>
        console.error(`${((performance.now() - begun) / 1000).toFixed(0).padStart(5)} s  ${text}`),
    };
    const endAll = () =>
      page.evaluate(
        (names) => names.forEach((name) => (globalThis as unknown as Page).bench.end(name)),
        [...options.contenders],
      );
    const heading = `Chromium ${browser.version()}, ${cpus()[0].model}, ${availableParallelism()} cores`;
    const keep = (measured: readonly MeasuredRow[]) => {
      if (options.json !== null)
        writeFileSync(options.json, `${JSON.stringify({ heading, rows: measured }, null, 2)}\n`);
    };
    const { rows, origins } = await measureAll(options, ports, endAll, keep);
    print(rows, origins, heading);
  } finally {
    await browser.close();
    await server.close();
  }
}

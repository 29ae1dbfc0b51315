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
import type { CheckedRow, MeasuredRow, Ports } from './measure.ts';
import { QUICK, RowBench, TooSlow, USUAL } from './measure.ts';
import { prepare } from './models.ts';
import type { Options } from './options.ts';
import { readOptions } from './options.ts';
import { processorTimeOf } from './processor-time.ts';
import { markdown, resultTable, spreadLines, standings, standingTable, title } from './table.ts';
import type { Contender, Family, Opened, Ran, Request, Row } from './tasks.ts';
import { BATCH, modelFile } from './tasks.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const configFile = fileURLToPath(new URL('vite.config.ts', import.meta.url));
const outDir = `${root}/node_modules/.cache/inkling/bench`;

const definitions = import.meta.glob<Definition>('../../src/models/*/reference.ts', {
  eager: true,
  import: 'definition',
});

/** Images whose scores are compared with the definition's, which is slow. */
const CHECKED: Readonly<Record<Family, number>> = {
  fvsbn: 100,
  nade: 40,
  pixelcnn: 16,
  'sparse-pixelcnn': 16,
};

/** The same where nothing is timed. */
const FEW = 4;

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
async function inTime(
  page: PlaywrightPage,
  limit: number,
  contender: Contender,
  request: Request,
): Promise<Opened | Ran> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooSlow(`no answer within ${limit / 1000} s`)), limit);
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

/** What `use` makes of every row. */
async function forRows<T>(
  options: Options,
  ports: Ports,
  endAll: () => Promise<void>,
  use: (bench: RowBench, checked: number) => Promise<T>,
) {
  const { found, origins } = await references(options, (text) => ports.tell(text));
  const rows: T[] = [];
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
    rows.push(await use(bench, CHECKED[row.family]));
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
  printMissing(rows);
}

/** Contenders that are in no table, and why; the process fails where one of them should be. */
function printMissing(rows: readonly (Row & Pick<CheckedRow, 'absent' | 'wrong'>)[]): void {
  const lines = (of: 'absent' | 'wrong') =>
    rows.flatMap((row) => row[of].map((one) => `${one.contender}, ${title(row)}: ${one.reason}`));
  const [absent, wrong] = [lines('absent'), lines('wrong')];
  if (absent.length > 0) console.log(`\nNot offered:\n${absent.join('\n')}`);
  if (wrong.length === 0) return;
  console.log(`\nFailed:\n${wrong.join('\n')}`);
  process.exitCode = 1;
}

function printChecked(rows: readonly CheckedRow[]): void {
  const table = rows.map((row) => [title(row), row.right.join(', ')]);
  console.log(`As the definition:\n\n${markdown([['work', 'contenders'], ...table])}`);
  printMissing(rows);
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
      ask: (contender, request) => inTime(page, options.limit, contender, request),
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
    const { contenders } = options;
    if (options.check) {
      const check = (bench: RowBench) => bench.check(contenders, FEW);
      printChecked((await forRows(options, ports, endAll, check)).rows);
      return;
    }
    const measured: MeasuredRow[] = [];
    const { origins } = await forRows(options, ports, endAll, async (bench, checked) => {
      const row = await bench.run(contenders, checked);
      ports.tell(resultTable([row], 'processor'));
      measured.push(row);
      if (options.json !== null)
        writeFileSync(options.json, `${JSON.stringify({ heading, rows: measured }, null, 2)}\n`);
    });
    print(measured, origins, heading);
  } finally {
    await browser.close();
    await server.close();
  }
}

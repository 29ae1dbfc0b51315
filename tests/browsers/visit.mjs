/** A visit as short as it can be that still uses every part: draws, scores, trains, reloads, and starts without a network. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, startPreview, until } from './tools.mjs';

/** Runs the visit in a browser; throws where something is not as it should be. `said` takes a line a step. */
export async function visit(page, said) {
  const server = await startPreview();
  try {
    await page.goto(`${server.address}#/play?left=independent&right=neighbours&ask=sampling`);
    await scores(page);
    said('starts and reads the digit that lies there');
    const high = await raised(page);
    if (high.length > 0) throw new Error(`numbers above the line of their text: ${high.join('; ')}`);

    await press(page, 'Clear');
    await until('the pad is blank', async () => (await text(page, 'ink-pixels')) === '0');
    const blank = await until('the blank page is read', () => number(page, 'nats-right'));
    await stroke(page);
    await until('the stroke left ink', async () => (await number(page, 'ink-pixels')) > 15);
    await until('the stroke is scored', async () => {
      const nats = await number(page, 'nats-right');
      return nats !== null && nats !== blank;
    });
    said(`draws: ${await text(page, 'ink-pixels')} ink pixels, ${await text(page, 'nats-right')} nats`);

    await trainOnThreads(page, said);
    await train(page);
    const validation = await number(page, 'validation-nats');
    if (!(validation > 50 && validation < 250)) throw new Error(`trained to ${validation} nats`);
    await until('the trained model is shown', async () =>
      (await text(page, 'facts-right')).includes('307,720'),
    );
    const learnt = await until('the trained model reads', () => settled(page));
    said(`trains: ${validation} nats on the validation images`);

    await page.evaluate(() => navigator.serviceWorker.ready.then(() => null));
    await page.reload();
    await scores(page);
    await until('the trained model came back', async () =>
      (await text(page, 'facts-right')).includes('307,720'),
    );
    await until(`the score came back: ${learnt}`, async () => (await number(page, 'nats-right')) === learnt);
    said('reloads: the drawing and the trained model are back');

    await scoreByWebGpu(page, learnt, said);

    await until('the service worker answers', () =>
      page.evaluate(() => navigator.serviceWorker.controller !== null),
    );
  } finally {
    await server.stop();
  }
  await page.reload();
  await scores(page);
  await until('the drawing is read without a network', async () =>
    (await text(page, 'facts-right')).includes('307,720'),
  );
  said('starts offline');
  if (page.complaints.length > 0) throw new Error(`the console says: ${page.complaints.join('\n')}`);
}

/** Text of an element by its test id; empty where there is none. */
async function text(page, id) {
  return await page.evaluate(
    (wanted) => document.querySelector(`[data-testid="${wanted}"]`)?.textContent?.trim() ?? '',
    id,
  );
}

/** The number that an element shows, typographic minus signs included; null where it shows none. */
async function number(page, id) {
  const shown = (await text(page, id)).replace('−', '-').replaceAll(/[^\d.-]/g, '');
  return /\d/.test(shown) ? Number(shown) : null;
}

/** Where the browser has WebGPU, its score is that of the CPU. */
async function scoreByWebGpu(page, learnt, said) {
  const choose = (kind) =>
    page.evaluate((wanted) => {
      const radio = document.querySelector(`input[name="backend"][value="${wanted}"]`);
      if (radio.disabled) return false;
      radio.click();
      return true;
    }, kind);
  if (!(await choose('webgpu'))) {
    said('has no WebGPU here: everything ran on the CPU');
    return;
  }
  await until('WebGPU is chosen', async () => (await text(page, 'backend')).includes('WebGPU'));
  const near = (nats) => nats !== null && Math.abs(nats - learnt) < 0.2;
  await until(`WebGPU scores ${learnt} too`, async () => near(await number(page, 'nats-right')));
  const adapter = await text(page, 'backend-description');
  if (!/[a-z]/i.test(adapter) || /unnamed|undefined/.test(adapter))
    throw new Error(`the adapter is called "${adapter}"`);
  said(`scores the same by WebGPU, on ${adapter}`);
  await choose('auto');
}

/** The numbers that stand more than a pixel higher than the text of their line, in the same size. */
async function raised(page) {
  return await page.evaluate(() => {
    const bottomOf = (node) => {
      const range = document.createRange();
      range.selectNodeContents(node);
      return range.getBoundingClientRect().bottom;
    };
    const isText = (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== '';
    return [...document.querySelectorAll('output')].flatMap((output) => {
      let line = output.parentElement;
      while (line.parentElement && ![...line.childNodes].some(isText)) line = line.parentElement;
      const { fontSize } = getComputedStyle(output);
      if (getComputedStyle(line).fontSize !== fontSize) return [];
      const above = [...line.childNodes].filter(isText).map((node) => bottomOf(node) - bottomOf(output));
      // Text on another line is farther away than half a line.
      return above.some((by) => by > 1 && by < parseFloat(fontSize) / 2) ? [line.textContent.trim()] : [];
    });
  });
}

async function scores(page) {
  for (const side of ['left', 'right'])
    await until(
      `the ${side} model reads the drawing`,
      async () => (await number(page, `nats-${side}`)) !== null,
    );
}

/** The score once two looks in a row agree on it. */
async function settled(page) {
  const first = await number(page, 'nats-right');
  await new Promise((resolve) => setTimeout(resolve, 300));
  return first !== null && first === (await number(page, 'nats-right')) ? first : null;
}

/** Presses the button of a name, which may say more after a comma, as how long training takes. */
async function press(page, name, within = 'body') {
  const click = (wanted, within) => {
    const buttons = [...document.querySelectorAll(`${within} button`)];
    const named = (said) => said === wanted || said.startsWith(`${wanted},`);
    const button = buttons.find((each) => named(each.textContent.trim()) || each.ariaLabel === wanted);
    if (!button) throw new Error(`no button "${wanted}"`);
    button.click();
  };
  await page.evaluate(click, name, within);
}

/** Drags a real pointer over the pad: two lines. */
async function stroke(page) {
  const { left, top, width } = await page.evaluate(() => {
    const pad = document.querySelector('[role="application"]');
    pad.scrollIntoView({ block: 'center' });
    const { left, top, width } = pad.getBoundingClientRect();
    return { left, top, width };
  });
  const at = (x, y) => [left + (x / 28) * width, top + (y / 28) * width];
  await page.drag([at(8, 7), at(20, 7), at(13, 22)]);
}

async function train(page) {
  await startRun(page, 'fvsbn', 3);
  await done(page);
}

/** The first steps of a run that workers share, in WebAssembly; a worker that could not be used would be named. */
async function trainOnThreads(page, said) {
  await startRun(page, 'sparse-pixelcnn', 1);
  await until(
    'some steps are taken',
    async () => Number(/step\s*(\d+)/.exec(await text(page, 'training-progress'))?.[1] ?? 0) >= 5,
    180_000,
  );
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  const threads = Math.min(8, cores);
  const description = await text(page, 'backend-description');
  if (!/^wasm SIMD/.test(description)) throw new Error(`computes with ${description}`);
  if (!description.endsWith(threads > 1 ? `, ${threads} threads` : ''))
    throw new Error(`${cores} cores, but: ${description}`);
  await press(page, 'Stop', '[aria-label="Training run"]');
  await done(page);
  said(`trains on ${threads} threads: ${description}`);
  const build = description.includes('fused') ? 'fused' : 'simd';
  said(`fetches and compiles its WebAssembly in ${await loadingTime(page, build)} ms`);
}

/** Milliseconds to have a build of the WebAssembly ready, rounded up. */
async function loadingTime(page, build) {
  const assets = readdirSync(join(root, 'dist', 'assets'));
  const file = assets.find((name) => name.startsWith(`${build}-`) && name.endsWith('.wasm'));
  if (!file) throw new Error(`no ${build}-*.wasm among the assets`);
  const load = async (address) => {
    const begun = performance.now();
    const response = await fetch(address, { cache: 'no-store' });
    await WebAssembly.compile(await response.arrayBuffer());
    return Math.ceil(performance.now() - begun);
  };
  return await page.evaluate(load, `assets/${file}`);
}

async function done(page) {
  await until(
    'training is done',
    async () => (await text(page, 'training-progress')).includes('Done'),
    180_000,
  );
}

async function startRun(page, family, epochs) {
  await page.evaluate(() => document.querySelector('[data-testid="tab-training"]').click());
  await until('the training panel is shown', () =>
    page.evaluate(() => document.querySelector('[aria-label="Training run"]') !== null),
  );
  const choose = (family, epochs) => {
    const labelled = (name) => {
      const label = [...document.querySelectorAll('label')].find((each) =>
        each.textContent.trim().startsWith(name),
      );
      return label?.control ?? label?.querySelector('select, input') ?? null;
    };
    const set = (name, value) => {
      const control = labelled(name);
      if (!control) throw new Error(`no field "${name}"`);
      control.value = value(control);
      control.dispatchEvent(new Event('input', { bubbles: true }));
      control.dispatchEvent(new Event('change', { bubbles: true }));
    };
    set('Family', () => family);
    set('Data set', (select) => [...select.options].find((each) => each.text.startsWith('Starter')).value);
    set('Epochs', () => String(epochs));
  };
  await page.evaluate(choose, family, epochs);
  await press(page, 'Start training');
}

import { describe, expect, it } from 'vitest';
import { completeHyper, families, findFamily, withRole } from '../../../src/models/registry.ts';
import { formatRecipe, parseRecipe, type Recipe } from '../../../src/app/recipes/recipe.ts';
import { QuestionChoices } from '../../../src/app/questions/choices.svelte.ts';
import { cleanText } from '../../../src/data/clean-text.ts';
import { formatView, readView } from '../../../src/app/share/whole-view.ts';
import { textOfBits } from '../../../src/app/shared-view.ts';

const read = (query: string) => readView(query, new QuestionChoices());
const bits = textOfBits(Uint8Array.from({ length: 784 }, (_, i) => (i % 3) & 1));
const nade = findFamily('nade')!;
const recipeText = (changes: Partial<Recipe> = {}) =>
  formatRecipe({
    version: 1,
    family: 'nade',
    hyper: completeHyper(nade),
    data: 'starter',
    images: 1000,
    content: '1a2b3c4d',
    binarisation: { kind: 'dynamic', seed: 4294967295 },
    targets: 'sampled',
    seed: 4294967295,
    epochs: 1000,
    batchSize: 1000,
    learningRate: 0.00123,
    backend: 'webgpu',
    arithmetic: '1a2b3c4d',
    shards: 1,
    weights: '8a3c21d9',
    ...changes,
  });
/** As the form trains it unless the visitor changes it. */
const usual = recipeText({
  binarisation: { kind: 'stochastic', seed: 0 },
  targets: null,
  seed: 0,
  epochs: 10,
  batchSize: 128,
  learningRate: 0.001,
  backend: 'cpu',
  arithmetic: 'fused',
});

/** Canonical queries: the first with what every visit begins with, the last with all that a link can carry. */
const QUERIES = {
  first: `left=independent&right=neighbours&k=6&seed=1&binarise=stochastic:0&v=1&drawing=${bits}`,
  recipe: `left=independent&right=recipe:${usual}&seed=1&binarise=stochastic:0&v=1&pixel=217&drawing=${bits}`,
  all:
    `left=recipe:${recipeText()}&right=recipe:${recipeText()}&seed=4294967295&t=1.05&binarise=stochastic:4294967295` +
    '&v=1&side=left&pixel=end&pace=at%20once&first=999996&complete-method=importance&complete-seed=99999&complete-sweeps=100' +
    '&complete-proposals=100&classify-hide=1&classify-rival=9&sampling-images=64&sampling-seed=99999&sampling-turns=iterations' +
    `&drawing=${bits}&mask=${bits}`,
};

describe('a link of the whole view', () => {
  const every = { ...QUERIES, all: QUERIES.all.replace('at%20once', 'steady') };

  it.each(Object.entries(every))('%s: link, view, link is byte-equal and nothing is remarked', (_, query) => {
    const { view, remark } = read(query);
    expect(remark).toBe('');
    expect(formatView(view)).toBe(query);
  });

  it('is short: a usual one below 400 characters with its address, the longest below 1,000', () => {
    const address = 'https://somebody.example.org/inkling/#/play?';
    expect((address + every.first).length).toBeLessThan(400);
    expect((address + every.recipe).length).toBeLessThan(400);
    // 860 at most with the names of today; a test of the address alone cannot know the host's.
    expect((address + every.all).length).toBeLessThan(1000);
  });

  it('sets what it says, and what it does not say as at the beginning of a visit', () => {
    const choices = new QuestionChoices();
    const { view } = readView(every.all, choices);
    expect(view).toMatchObject({ side: 'left', pixel: 'end', pace: 'steady', first: 999_996 });
    expect(choices.complete).toMatchObject({
      method: 'importance',
      seed: 99_999,
      sweeps: 100,
      proposals: 100,
    });
    expect(choices.classify).toMatchObject({ hiding: true, rival: 9 });
    expect(choices.sampling).toMatchObject({ size: 64, seed: 99_999, turns: 'iterations' });
    expect(readView(every.first, choices).view.mask).toBe('bottom-half');
    expect(choices.complete).toMatchObject({ method: null, seed: 1, sweeps: 20, proposals: 10 });
    expect(choices.classify).toMatchObject({ hiding: false, rival: null });
    expect(choices.sampling).toMatchObject({ size: 16, seed: 1, turns: 'clock' });
  });

  it('of before leaves the hidden pixels as they are', () => {
    expect(read('left=tree&seed=3').view.mask).toBeNull();
  });
});

describe('what is not understood', () => {
  it.each([
    ['k=99', 'k 99 is outside 1 to 14: 14 is used'],
    ['k=7.4', 'k 7.4 lies between two steps: 7 is used'],
    ['k=many', 'k “many” is not a number: 6 is used'],
    ['left-k=0&left=texture', 'left-k 0 is outside 1 to 14: 1 is used'],
    ['seed=1e99', 'seed 1e+99 is outside 0 to 4294967295: 4294967295 is used'],
    ['seed=2.5', 'seed 2.5 is not a whole number: 2 is used'],
    ['t=99', 'temperature 99 is outside 0.5 to 1.5: 1.5 is used'],
    ['grid=5', 'grid “5” is not known: 28 is used'],
    ['left=full-joint', 'left “full-joint” does not read 28 × 28 pixels: independent is used'],
    ['left=oracle', 'there is no left model “oracle”: independent is used'],
    ['right=shipped:oracle', 'right “shipped:oracle” does not read 28 × 28 pixels'],
    ['right=recipe:1,oracle', 'the recipe of the right model names a family that is not trained, “oracle”'],
    ['right=recipe:9,nade', 'the recipe of the right model is of a newer version of Inkling'],
    ['ask=why', 'the question “why” is not known: explain is used'],
    ['binarise=x', 'binarise “x” is not known: stochastic:0 is used'],
    ['pace=900', 'pace “900” is not known: at once is used'],
    ['pixel=784', 'pixel “784” is none of 784: it is left out'],
    ['complete-method=magic', 'complete-method “magic” is not known: it is left out'],
    ['complete-sweeps=7', 'complete-sweeps “7” is not known: 20 is used'],
    ['classify-rival=10', 'classify-rival “10” is not known: it is left out'],
    ['side=middle', 'side “middle” is not known: right is used'],
    ['__proto__=1', '“__proto__” is not known: it is left out'],
    ['v=2', 'it was written by a newer version of Inkling: reload the page'],
    ['mask=AAAA', 'The link is damaged: its mask cannot be read. Ask for it again.'],
  ])('%s is said: %s', (query, words) => expect(read(query).remark).toContain(words));

  it('is said once for both models, and the rest is counted', () => {
    expect(read('left=neighbours&right=neighbours&k=99').remark.match(/k 99/g)).toHaveLength(1);
    const { remark } = read('k=99&t=9&grid=5&ask=x&pace=x&side=x');
    expect(remark).toMatch(/; and 2 more\.$/);
  });

  it('is shown as text, cleaned and cut', () => {
    const { remark } = read(`ask=${encodeURIComponent(`<b>\u202e\u0007${'x'.repeat(500)}`)}`);
    expect(remark).toContain('“<b>xxx');
    expect(cleanText(remark, 1000)).toBe(remark);
    expect(remark.length).toBeLessThan(200);
  });

  it('no old link has anything to remark that was valid', () => {
    for (const spec of families)
      for (const p of [...withRole(spec, 'size'), ...withRole(spec, 'order')])
        expect(read(`left=tree&right=neighbours&${p.name}=${p.default}`).remark).toBe('');
  });

  it('a recipe of the same link is read as it was written', () => {
    expect(parseRecipe(recipeText(), { width: 28, height: 28 }).ok).toBe(true);
  });
});

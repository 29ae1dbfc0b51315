import { readFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { DEFAULT_SHIPPED } from '../../../src/app/compare/choice.ts';
import { formatExperiment, parseExperiment } from '../../../src/app/experiment.ts';
import { families } from '../../../src/models/registry.ts';
import { type Meaning, meaningOf } from './meaning.ts';

/** Links of version 0.1.0, by their hash, and what they showed where it is not the usual: see tests/fixtures/README.md. */
const { usual, links } = JSON.parse(
  readFileSync(new URL('../../fixtures/links.json', import.meta.url), 'utf8'),
) as { usual: Meaning; links: Record<string, Partial<Meaning>> };

/** An address that says nothing shows the first screen of today. */
const firstScreen = { right: `shipped ${DEFAULT_SHIPPED}` };

const all = Object.entries(links).map(([hash, unusual]) => {
  const says = /\?./.test(hash);
  return [hash, { ...usual, ...(says ? {} : firstScreen), ...unusual }] as const;
});

afterEach(() => vi.unstubAllGlobals());

/** Hyper-parameters that a family has gained since change nothing of what a link said. */
function expectMeaning(now: Meaning, before: Meaning): void {
  expect(now).toEqual({ ...before, left: expect.any(String) as string, right: expect.any(String) as string });
  for (const side of ['left', 'right'] as const) {
    const [family, ...hyper] = before[side].split(' ');
    const [nowFamily, ...nowHyper] = now[side].split(' ');
    expect(nowFamily).toBe(family);
    expect(nowHyper).toEqual(expect.arrayContaining(hyper));
  }
}

it.each(all)('%s shows what it showed', (hash, before) => expectMeaning(meaningOf(hash), before));

it('writes every experiment of those links as a link that shows the same', () => {
  const play = all.filter(([, { room }]) => room === 'play');
  expect(play.length).toBeGreaterThan(50);
  for (const [hash, before] of play) {
    const query = hash.split('?')[1] ?? '';
    const written = formatExperiment(parseExperiment(query, families));
    expectMeaning(meaningOf(`#/play?${written}`), before);
  }
});

it('holds a link with every parameter of 0.1.0', () => {
  const names = all.flatMap(([hash]) => [...new URLSearchParams(hash.split('?')[1] ?? '').keys()]);
  expect([...new Set(names)].sort()).toEqual([
    'ask',
    'binarise',
    'class-conditional',
    'direction',
    'grid',
    'k',
    'left',
    'left-class-conditional',
    'left-direction',
    'left-k',
    'left-prior',
    'left-strength',
    'prior',
    'right',
    'seed',
    'strength',
    't',
  ]);
});

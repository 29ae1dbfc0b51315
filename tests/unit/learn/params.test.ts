import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  choice,
  formatValues,
  readValues,
  real,
  seed,
  text,
  whole,
} from '../../../src/learn/state/params.ts';
import { figureLink, parseAddress, parseTeaching } from '../../../src/learn/state/link.ts';

const params = {
  theta: real(0.5, 0, 1),
  flips: whole(10, 0, 1000),
  preset: choice('chain', ['chain', 'tree']),
  edges: text('', /^(\d-\d(\.|$))*$/),
  seed: seed(7),
} as const;

describe('parameters in a link', () => {
  it('of any values are read as they were written', () => {
    const values = fc.record({
      theta: fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000),
      flips: fc.integer({ min: 0, max: 1000 }),
      preset: fc.constantFrom('chain', 'tree'),
      edges: fc.constantFrom('', '0-1', '0-1.1-2'),
      seed: fc.integer({ min: 0, max: 0xffff }),
    });
    fc.assert(
      fc.property(values, (given) => {
        expect(readValues(params, formatValues(params, given))).toEqual(given);
      }),
    );
  });

  it('that equal the starts are left out', () => {
    expect(formatValues(params, readValues(params, ''))).toBe('');
  });

  it.each([
    ['theta=7', { theta: 1 }],
    ['theta=-1e999', { theta: 0.5 }],
    ['theta=', { theta: 0.5 }],
    ['flips=3.6', { flips: 4 }],
    ['flips=NaN', { flips: 10 }],
    ['preset=<script>', { preset: 'chain' }],
    ['edges=0-1.x', { edges: '' }],
    ['seed=1e9', { seed: 0xffff }],
    ['__proto__=1&constructor=2', {}],
  ])('that are hostile are clamped or take their starts: %s', (query, expected) => {
    expect(readValues(params, query)).toEqual({
      theta: 0.5,
      flips: 10,
      preset: 'chain',
      edges: '',
      seed: 7,
      ...expected,
    });
  });
});

describe('addresses of Learn', () => {
  it('name a chapter, a figure and its state', () => {
    expect(parseAddress('coin/flips', 'theta=0.3')).toEqual({
      slug: 'coin',
      figure: 'flips',
      query: 'theta=0.3',
    });
    expect(parseAddress('', '')).toEqual({ slug: '', figure: '', query: '' });
    expect(parseAddress('../x/"y', '')).toEqual({ slug: '', figure: 'x', query: '' });
  });

  it("carry a teacher's flags", () => {
    expect(parseTeaching('hide=controls,everything&lock=theta')).toEqual({
      hidden: ['controls'],
      locked: ['theta'],
    });
    const view = {
      slug: 'coin',
      query: 'theta=0.3',
      teaching: { hidden: ['controls'], locked: ['theta'] },
    } as const;
    expect(figureLink(view, 'flips', 'https://a.example/x/?embed=1#/learn/coin')).toBe(
      'https://a.example/x/#/learn/coin/flips?theta=0.3&hide=controls&lock=theta',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { atGrid, formatExperiment, parseExperiment, TEMPERATURE } from '../../../src/app/experiment.ts';
import { clampHyper, countable, DEFAULT_SHIPPED, refused } from '../../../src/app/compare/choice.ts';
import { GRIDS } from '../../../src/app/grids.ts';
import { families } from '../../../src/models/registry.ts';

const parse = (query: string) => parseExperiment(query, families);

describe('a link to an experiment', () => {
  it('is read back as it was written', () => {
    for (const query of [
      'left=independent&right=neighbours&k=10&seed=3&binarise=stochastic:0',
      'left=neighbours&left-k=4&right=neighbours&k=12&seed=0&binarise=threshold',
      'left=independent&right=model:0f6c1d3e-1111-4222-8333-444455556666&seed=9&t=0.7&binarise=dynamic:5',
      'grid=4&left=full-joint&right=tree&class-conditional=1&seed=2',
      'left=neighbours&left-k=3&left-prior=1&right=neighbours&k=4&class-conditional=1&seed=2',
    ]) {
      expect(parse(formatExperiment(parse(query)))).toEqual(parse(query));
      expect(new URLSearchParams(formatExperiment(parse(query))).get('seed')).toBe(
        new URLSearchParams(query).get('seed'),
      );
    }
  });

  it('sets the models, the seed and the binarisation that it names', () => {
    const { left, right, seed, binarisation } = parse(
      'left=independent&right=neighbours&k=10&seed=3&binarise=stochastic:7',
    );
    expect(left).toMatchObject({ kind: 'counted', family: 'independent' });
    expect(right).toMatchObject({ kind: 'counted', family: 'neighbours', hyper: { k: 10 } });
    expect(seed).toBe(3);
    expect(binarisation).toEqual({ kind: 'stochastic', seed: 7 });
  });

  it.each([
    ['k=9999', 14],
    ['k=-3', 1],
    ['k=1e308', 14],
    ['k=NaN', 6],
    ['k=', 6],
    ['k=7.4', 7],
  ])('clamps %s to %d', (query, k) => {
    const { right } = parse(query);
    expect(right.kind === 'counted' && right.hyper.k).toBe(k);
  });

  it('takes defaults for hostile values and changes no prototype', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const hostile = parse(
      'left=__proto__&right=constructor&__proto__=1&k=__proto__&seed=-1&t=Infinity&binarise=stochastic:-4&left-__proto__=3',
    );
    expect(hostile).toEqual({ ...parse('seed=0'), seed: 0 });
    expect(parse('right=model:../../etc&left=<script>')).toEqual(parse('seed=1'));
    expect(parse('seed=1e99').seed).toBe(0xffffffff);
    expect(parse('t=99').temperature).toBe(TEMPERATURE.max);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });
});

describe('a model that comes with the app', () => {
  const shipped = { kind: 'shipped', name: DEFAULT_SHIPPED };

  it('is in slot B at an address that says nothing, on its own grid', () => {
    expect(parse('').right).toEqual(shipped);
    expect(parse('grid=7').right).toMatchObject({ kind: 'counted', family: 'neighbours' });
    // Links from before there was one.
    expect(parse('left=tree').right).toMatchObject({ kind: 'counted', family: 'neighbours' });
    expect(parse('k=4').right).toMatchObject({ kind: 'counted', family: 'neighbours', hyper: { k: 4 } });
  });

  it('is named by a link, in either slot; an unknown one is replaced', () => {
    const both = parse(`left=shipped:${DEFAULT_SHIPPED}&right=shipped:${DEFAULT_SHIPPED}`);
    expect(both).toMatchObject({ left: shipped, right: shipped });
    expect(parse(formatExperiment(both))).toEqual(both);
    expect(parse('left=shipped:oracle').left).toMatchObject({ kind: 'counted', family: 'independent' });
    expect(parse(`grid=14&right=shipped:${DEFAULT_SHIPPED}`).right).toMatchObject({ kind: 'counted' });
    expect(atGrid(both, { width: 4, height: 4 }, families).right).toMatchObject({ kind: 'counted' });
  });
});

describe('the grid', () => {
  it('is 28 x 28 unless the link names one that the room shows', () => {
    expect(parse('').grid.width).toBe(28);
    expect(parse('grid=7').grid).toEqual({ width: 7, height: 7 });
    for (const wild of ['5', '0', '-4', '1e9', 'NaN', '__proto__', ''])
      expect(parse(`grid=${wild}`).grid.width).toBe(28);
    expect(formatExperiment(parse('grid=28'))).not.toContain('grid');
  });

  it('replaces a family that does not support it', () => {
    for (const spec of countable(families))
      for (const grid of GRIDS) {
        const { left } = parse(`grid=${grid.width}&left=${spec.id}`);
        if (left.kind !== 'counted') throw new Error('a counted model was asked for');
        const chosen = families.find((each) => each.id === left.family)!;
        expect(refused(chosen, grid, left.hyper)).toBeNull();
        if (!refused(spec, grid, left.hyper)) expect(left.family).toBe(spec.id);
      }
  });

  it('keeps counted models and replaces trained ones, but for the one that determined it', () => {
    const four = parse('grid=4&left=full-joint&right=model:abc&seed=3');
    const large = atGrid(four, { width: 28, height: 28 }, families);
    expect(large.left).toMatchObject({ kind: 'counted', family: 'independent' });
    expect(large.right).toEqual({ kind: 'shipped', name: DEFAULT_SHIPPED });
    expect(large.seed).toBe(3);
    const seven = atGrid(four, { width: 7, height: 7 }, families, 'right');
    expect(seven.right).toEqual({ kind: 'trained', id: 'abc' });
    expect(atGrid(parse('left=chain&k=9'), { width: 2, height: 2 }, families).left).toMatchObject({
      family: 'chain',
    });
  });
});

it('brings every hyper-parameter of every family into range', () => {
  for (const spec of families)
    for (const wild of [-Infinity, -1, 0, 0.333, 1e9, NaN])
      for (const p of spec.hyperparameters) {
        const value = clampHyper(spec, { [p.name]: wild })[p.name];
        expect(value).toBeGreaterThanOrEqual(p.min);
        expect(value).toBeLessThanOrEqual(p.max);
      }
});

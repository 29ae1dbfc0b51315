import { describe, expect, it } from 'vitest';
import { clampHyper, formatExperiment, parseExperiment, TEMPERATURE } from '../../../src/app/experiment.ts';
import { families } from '../../../src/models/registry.ts';

const parse = (query: string) => parseExperiment(query, families);

describe('a link to an experiment', () => {
  it('comes back as it was written', () => {
    for (const query of [
      'left=independent&right=neighbours&k=10&seed=3&binarise=stochastic:0',
      'left=neighbours&left-k=4&right=neighbours&k=12&seed=0&binarise=threshold',
      'left=independent&right=model:0f6c1d3e-1111-4222-8333-444455556666&seed=9&t=0.7&binarise=dynamic:5',
    ]) {
      expect(parse(formatExperiment(parse(query)))).toEqual(parse(query));
      expect(new URLSearchParams(formatExperiment(parse(query))).get('seed')).toBe(
        new URLSearchParams(query).get('seed'),
      );
    }
  });

  it('means what it says', () => {
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

  it('survives hostile values with its defaults, and leaves every prototype alone', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const hostile = parse(
      'left=__proto__&right=constructor&__proto__=1&k=__proto__&seed=-1&t=Infinity&binarise=stochastic:-4&left-__proto__=3',
    );
    expect(hostile).toEqual({ ...parse(''), seed: 0 });
    expect(parse('right=model:../../etc&left=<script>')).toEqual(parse(''));
    expect(parse('seed=1e99').seed).toBe(0xffffffff);
    expect(parse('t=99').temperature).toBe(TEMPERATURE.max);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
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

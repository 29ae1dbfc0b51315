import { describe, expect, it } from 'vitest';
import type { FamilySpec } from '../../../src/models/family-spec.ts';
import { findFamily } from '../../../src/models/registry.ts';
import { estimatedSeconds, readSpeeds, roughDuration } from '../../../src/app/training/duration.ts';

const fvsbn = findFamily('fvsbn')!;
const run = { spec: fvsbn, parameters: 307_720, images: 60_000, epochs: 12 };

describe('how long a run takes', () => {
  it('is its passes over the images at the speed measured elsewhere, before the family was trained here', () => {
    expect(estimatedSeconds(run, {})).toBeCloseTo((60_000 * 12) / fvsbn.imagesPerSecond!);
  });

  it('follows the latest run on this machine, in proportion to the parameters', () => {
    const here = { fvsbn: { imagesPerSecond: 1000, parameters: 307_720 } };
    expect(estimatedSeconds(run, here)).toBeCloseTo(720);
    expect(estimatedSeconds({ ...run, parameters: 615_440 }, here)).toBeCloseTo(1440);
    expect(estimatedSeconds({ ...run, epochs: 1, images: 500 }, here)).toBeCloseTo(0.5);
  });

  it('is not said of a counted family, nor where no speed is known', () => {
    expect(estimatedSeconds({ ...run, spec: findFamily('tree')! }, {})).toBeNull();
    const unmeasured = Object.fromEntries(Object.entries(fvsbn).filter(([key]) => key !== 'imagesPerSecond'));
    expect(estimatedSeconds({ ...run, spec: unmeasured as unknown as FamilySpec }, {})).toBeNull();
  });

  it('is told no more precisely than it is known', () => {
    const words = [3, 38, 57, 130, 800, 3500, 4 * 3600].map(roughDuration);
    expect(words).toEqual([
      'a few seconds',
      'about 40 s',
      'about 1 min',
      'about 2 min',
      'about 15 min',
      'about 1 h',
      'about 4 h',
    ]);
  });

  it('has words for every duration, none of them 0 or 60 of a unit', () => {
    for (let seconds = 0.1; seconds < 1e6; seconds *= 1.03)
      expect(roughDuration(seconds)).toMatch(/^(a few seconds|about [1-9]\d* (s|min|h))$/);
    for (let seconds = 10; seconds < 3600; seconds++) expect(roughDuration(seconds)).not.toMatch(/\b60 /);
  });
});

describe('stored speeds', () => {
  it('come back as they were stored', () => {
    const speeds = { nade: { imagesPerSecond: 3300, parameters: 784_784 } };
    expect(readSpeeds(JSON.stringify(speeds))).toEqual(speeds);
  });

  it.each([null, '', 'no JSON', '7', 'null', '[1]'])('of %j are none', (text) => {
    expect(readSpeeds(text)).toEqual({});
  });

  it('that are none are left out', () => {
    const stored = {
      fvsbn: { imagesPerSecond: 0, parameters: 5 },
      made: { imagesPerSecond: '9', parameters: 5 },
      nade: null,
      pixelcnn: { imagesPerSecond: 9, parameters: 5 },
    };
    expect(readSpeeds(JSON.stringify(stored))).toEqual({ pixelcnn: { imagesPerSecond: 9, parameters: 5 } });
  });
});

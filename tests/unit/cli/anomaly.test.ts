import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeIdxImages } from '../../../src/data/idx.ts';
import type { GreyImages } from '../../../src/data/images.ts';
import { bars, cli, json, workFolder } from './spawn.ts';

const { folder, remove } = workFolder();
afterAll(remove);

interface Answer {
  readonly inside: number;
  readonly outside: number;
  readonly calibration: number;
  readonly auroc: Record<string, { area: number; standardError: number; inside: number; outside: number }>;
  readonly flags: Record<string, Record<string, number>>;
}

/** The bars lying on their side. */
function lying(count: number): GreyImages {
  const upright = bars(count);
  const { width, height } = upright.grid;
  const pixels = upright.pixels.map((_, at) => {
    const [image, pixel] = [Math.floor(at / 30), at % 30];
    return upright.pixels[image * 30 + (pixel % height) * width + Math.floor(pixel / height)];
  });
  return { ...upright, pixels };
}

beforeAll(async () => {
  writeFileSync(join(folder, 'lying.idx'), writeIdxImages(lying(24)));
  const train = ['train', '--images', 'train.idx', '--binarise', 'threshold'];
  for (const [family, k] of [
    ['neighbours', '4'],
    ['texture', '4'],
  ]) {
    const args = [...train, '--family', family, '--k', k, '--out', `${family}.safetensors`];
    expect((await cli(folder, args)).code).toBe(0);
  }
});

const anomaly = ['anomaly', '--model', 'neighbours.safetensors', '--background', 'texture.safetensors'];
const files = ['--inside', 'test.idx', '--outside', 'lying.idx', '--binarise', 'threshold'];

describe('anomaly', () => {
  it('says how well each detector keeps two sets apart, and what it flags', async () => {
    const answer = (await json(folder, [...anomaly, ...files])) as unknown as Answer;
    expect(answer).toMatchObject({ inside: 12, outside: 24, calibration: 12 });
    expect(Object.keys(answer.auroc)).toEqual(['log p', 'typicality', 'ratio', 'either']);
    for (const { area, standardError, inside, outside } of Object.values(answer.auroc)) {
      expect([inside, outside]).toEqual([12, 24]);
      expect(area).toBeLessThanOrEqual(1);
      expect(standardError).toBeLessThan(0.2);
    }
    expect(answer.auroc['log p'].area).toBeGreaterThan(0.9);
    expect(answer.flags['all ink']).toMatchObject({ 'log p': 1, either: 1 });
    expect(answer.flags.inside['log p']).toBe(0);
  });

  it('gives an AUROC of 0.5 for a set against itself', async () => {
    const same = [
      '--inside',
      'test.idx',
      '--outside',
      'test.idx',
      '--calibrate',
      'train.idx',
      '--binarise',
      'threshold',
    ];
    const answer = (await json(folder, [...anomaly, ...same])) as unknown as Answer;
    expect(answer).toMatchObject({ inside: 24, outside: 24, calibration: 60 });
    for (const { area } of Object.values(answer.auroc)) expect(area).toBe(0.5);
  });

  it.each([
    [
      'a file that is not there',
      [...files.slice(0, 3), 'nowhere.idx', ...files.slice(4)],
      /nowhere.idx: --outside/,
    ],
    [
      'a set too small',
      [...files.slice(0, 3), 'small.idx', ...files.slice(4)],
      /small.idx: width and height/,
    ],
    ['nothing to binarise by', files.slice(0, 4), /--binarise: missing/],
  ])('refuses %s in one line', async (_, rest, reason) => {
    const ended = await cli(folder, [...anomaly, ...rest]);
    expect(ended.code).toBe(2);
    expect(ended.stderr.trimEnd()).toMatch(reason);
    expect(ended.stderr.trimEnd()).not.toContain('\n');
  });
});

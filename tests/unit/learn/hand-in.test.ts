import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allExercises } from '../../../src/learn/catalogue.ts';
import { checkCodes, exerciseNumber, handInCode, readCode } from '../../../src/learn/exercises/hand-in.ts';
import { randomOf } from '../../../src/learn/exercises/random.ts';

const exercises = await allExercises();
const names = Object.keys(exercises);
const codeOf = (name: string, seed: number): string =>
  handInCode(name, seed, exercises[name].instance(randomOf(name, seed)).answer);
const seeds = fc.integer({ min: 0, max: 0xffff });

describe('hand-in codes', () => {
  it('tell all exercises apart', () => {
    expect(names.length).toBeGreaterThan(2);
    expect(new Set(names.map(exerciseNumber)).size).toBe(names.length);
  });

  it('of every exercise and seed are ten characters that hold', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), seeds, (name, seed) => {
        const code = codeOf(name, seed);
        expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
        expect(checkCodes(`Ada: ${code}`, exercises)).toEqual([
          { line: `Ada: ${code}`, code, exercise: name, seed, holds: true, repeated: false },
        ]);
      }),
    );
  });

  it('are read as people copy them', () => {
    const code = codeOf(names[0], 1001);
    for (const copied of [
      code.toLowerCase(),
      code.replace('-', ''),
      code.replaceAll('0', 'O').replaceAll('1', 'l'),
    ])
      expect(readCode(copied)).toEqual(readCode(code));
    expect(readCode('')).toBeNull();
    expect(readCode('UUUUU-UUUUU')).toBeNull();
  });

  it('do not hold with another answer, another seed or one character changed', () => {
    const name = names[0];
    const wrong = handInCode(name, 5, { kind: 'count', value: 123456789n });
    expect(checkCodes(wrong, exercises)).toMatchObject([{ exercise: name, seed: 5, holds: false }]);
    const code = codeOf(name, 5);
    const last = code.at(-1) === 'Z' ? 'Y' : 'Z';
    expect(checkCodes(code.slice(0, -1) + last, exercises)).toMatchObject([{ holds: false }]);
  });

  it('handed in twice are noticed; words of ten letters are no codes', () => {
    const code = codeOf(names[0], 9);
    const checked = checkCodes(`Ada ${code}\nMathematik ${code}\nnothing here`, exercises);
    expect(checked.map(({ repeated }) => repeated)).toEqual([false, true]);
  });
});

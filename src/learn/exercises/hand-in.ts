import { crc32 } from '../../data/crc32.ts';
import type { Answer, Exercise } from './exercise.ts';
import { randomOf } from './random.ts';

/** Letters and digits that are not taken for each other (Crockford's base 32). */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHECK_BITS = 22n;
const SEED_BITS = 16n;
const LENGTH = 10;

/** What a hand-in code says: the exercise's number (see `exerciseNumber`) and the seed of its instance. */
interface HandIn {
  readonly exercise: number;
  readonly seed: number;
  readonly check: number;
}

/** 12 bits that stand for an exercise in a code; the tests hold that no two exercises share them. */
export function exerciseNumber(name: string): number {
  return checksum(name) & 0xfff;
}

/**
 * The code for a solved exercise, ten characters: 12 bits for the exercise, 16 for the seed and 22 that depend on both and on the
 * answer. It shows that this instance was solved; it is no protection against fraud, because the page itself can make it.
 * @param name chapter and exercise, "coin/parameters"
 */
export function handInCode(name: string, seed: number, answer: Answer): string {
  let bits =
    (BigInt(exerciseNumber(name)) << (SEED_BITS + CHECK_BITS)) |
    (BigInt(seed) << CHECK_BITS) |
    BigInt(checkOf(name, seed, answer));
  let code = '';
  for (let i = 0; i < LENGTH; i++) {
    code = DIGITS[Number(bits & 31n)] + code;
    bits >>= 5n;
  }
  return `${code.slice(0, 5)}-${code.slice(5)}`;
}

/** A code as people copy it: upper or lower case, O for 0, I or L for 1, with or without the dash. Null where it is none. */
export function readCode(text: string): HandIn | null {
  const code = text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  if (code.length !== LENGTH || /[^0-9A-Z]|U/.test(code)) return null;
  let bits = 0n;
  for (const digit of code) bits = (bits << 5n) | BigInt(DIGITS.indexOf(digit));
  const part = (from: bigint, size: bigint): number => Number((bits >> from) & ((1n << size) - 1n));
  return {
    exercise: part(SEED_BITS + CHECK_BITS, 12n),
    seed: part(CHECK_BITS, SEED_BITS),
    check: part(0n, CHECK_BITS),
  };
}

/** One code of a pasted list. */
export interface CheckedCode {
  /** The line that it stands in, as it was pasted. */
  readonly line: string;
  readonly code: string;
  /** Name of the exercise; null where there is none of this number. */
  readonly exercise: string | null;
  readonly seed: number;
  readonly holds: boolean;
  /** Whether the same code stands in an earlier line: two people handed in the same instance. */
  readonly repeated: boolean;
}

const CODE = /(?<![A-Z0-9])[A-Z0-9]{5}-?[A-Z0-9]{5}(?![A-Z0-9])/gi;

/** Checks every code of a pasted list; lines may hold names beside them. `exercises` by "chapter/exercise". */
export function checkCodes(pasted: string, exercises: Readonly<Record<string, Exercise>>): CheckedCode[] {
  const names = new Map(Object.keys(exercises).map((name) => [exerciseNumber(name), name]));
  const seen = new Set<string>();
  return pasted.split('\n').flatMap((line) =>
    (line.match(CODE) ?? []).flatMap((code) => {
      const read = readCode(code);
      if (!read) return [];
      const exercise = names.get(read.exercise) ?? null;
      const holds =
        exercise !== null &&
        checkOf(exercise, read.seed, exercises[exercise].instance(randomOf(exercise, read.seed)).answer) ===
          read.check;
      const same = `${read.exercise} ${read.seed} ${read.check}`;
      const repeated = seen.has(same);
      seen.add(same);
      // A word of ten letters is no code unless it names an exercise.
      return exercise === null && !/\d|-/.test(code)
        ? []
        : [{ line: line.trim(), code, exercise, seed: read.seed, holds, repeated }];
    }),
  );
}

function checkOf(name: string, seed: number, answer: Answer): number {
  const value = answer.kind === 'number' ? answer.value.toFixed(answer.decimals) : String(answer.value);
  return checksum(`${name} ${seed} ${value}`) & ((1 << Number(CHECK_BITS)) - 1);
}

function checksum(text: string): number {
  return crc32(new TextEncoder().encode(text));
}

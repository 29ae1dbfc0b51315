import { fail, ok, type Result } from '../../data/result.ts';
import { words } from '../words.ts';

/** Operations of whole numbers without limit, or of real ones. */
interface Operations<T> {
  number(text: string): T;
  add(a: T, b: T): T;
  subtract(a: T, b: T): T;
  multiply(a: T, b: T): T;
  /** Throws a RangeError where the quotient does not exist. */
  divide(a: T, b: T): T;
  power(a: T, b: T): T;
}

const MAX_EXPONENT = 100_000n;

const WHOLE: Operations<bigint> = {
  number(text) {
    if (text.includes('.')) throw new RangeError(words.unreadable.whole);
    return BigInt(text);
  },
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide(a, b) {
    if (b === 0n || a % b !== 0n) throw new RangeError(words.unreadable.division);
    return a / b;
  },
  power(a, b) {
    if (b < 0n || b > MAX_EXPONENT) throw new RangeError(words.unreadable.exponent(String(MAX_EXPONENT)));
    return a ** b;
  },
};

const REAL: Operations<number> = {
  number: Number,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  power: (a, b) => a ** b,
};

/** The value of what was typed as a whole number: digits, grouped or not, with + - * / ^ and brackets. */
export function readCount(typed: string): Result<bigint> {
  return read(withoutGroups(typed), WHOLE);
}

/** The value of what was typed as a real number; a single comma is a decimal one. */
export function readNumber(typed: string): Result<number> {
  const text =
    /^[^,]*,\d+[^,]*$/.test(typed) && !typed.includes('.') ? typed.replace(',', '.') : withoutGroups(typed);
  const value = read(text, REAL);
  return value.ok && !Number.isFinite(value.value) ? fail(words.unreadable.finite) : value;
}

/** 1,000 and 1 000 and 1'000 as 1000. */
function withoutGroups(typed: string): string {
  return typed.replaceAll(/(?<=\d)[,'’\s\u00a0\u2009\u202f](?=\d{3}(?!\d))/g, '');
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

function read<T>(typed: string, operations: Operations<T>): Result<T> {
  const text = typed
    .replaceAll(
      /[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g,
      (digits) => `^${Array.from(digits, (digit) => SUPERSCRIPTS.indexOf(digit)).join('')}`,
    )
    .replaceAll('**', '^')
    .replaceAll(/[−–]/g, '-')
    .replaceAll(/[×·]/g, '*')
    .replaceAll('÷', '/');
  const tokens = text.match(/\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+|[-+*/^()]|\S/gi) ?? [];
  if (tokens.length === 0) return fail(words.unreadable.nothing);
  let at = 0;
  const sum = (): T => {
    let value = product();
    for (;;) {
      if (tokens[at] === '+') value = operations.add(value, (at++, product()));
      else if (tokens[at] === '-') value = operations.subtract(value, (at++, product()));
      else return value;
    }
  };
  const product = (): T => {
    let value = signed();
    for (;;) {
      if (tokens[at] === '*') value = operations.multiply(value, (at++, signed()));
      else if (tokens[at] === '/') value = operations.divide(value, (at++, signed()));
      else return value;
    }
  };
  const signed = (): T => {
    if (tokens[at] === '-') return operations.subtract(operations.number('0'), (at++, signed()));
    if (tokens[at] === '+') at++;
    return power();
  };
  const power = (): T => {
    const base = atom();
    return tokens[at] === '^' ? operations.power(base, (at++, signed())) : base;
  };
  const atom = (): T => {
    const next = tokens.at(at++);
    if (next === '(') {
      const value = sum();
      if (tokens[at++] !== ')') throw new SyntaxError(words.unreadable.bracket);
      return value;
    }
    if (next === undefined || !/^[\d.]/.test(next))
      throw new SyntaxError(next === undefined ? words.unreadable.end : words.unreadable.number(next));
    return operations.number(next);
  };
  try {
    const value = sum();
    if (at < tokens.length) throw new SyntaxError(words.unreadable.place(tokens[at]));
    return ok(value);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError)
      return fail(words.unreadable.because(error.message));
    throw error;
  }
}

import { cleanText } from '../data/clean-text.ts';

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Characters of a link's own text in a remark. */
const LONGEST = 24;

/**
 * Reads the parameters of a link and notes what it could not take as it stood. Names are looked up in a list of pairs, never in an object, so
 * that `__proto__` is a name like any other.
 */
export class LinkReader {
  readonly #given: URLSearchParams;
  readonly #known = new Set<string>();
  readonly #remarks = new Set<string>();

  constructor(query: string) {
    this.#given = new URLSearchParams(query);
  }

  /** Whether the link says nothing. */
  get empty(): boolean {
    return this.#given.size === 0;
  }

  /** What was not understood or changed, a clause each: "k 99 is outside 1 to 14: 14 is used". */
  get remarks(): readonly string[] {
    return [...this.#remarks];
  }

  remark(clause: string): void {
    this.#remarks.add(clause);
  }

  /** The text of a parameter; null where it is missing. */
  text(name: string): string | null {
    this.#known.add(name);
    return this.#given.get(name);
  }

  /** Declares names that a link may have and that this one need not use, such as the hyper-parameters of another family. */
  allow(names: Iterable<string>): void {
    for (const name of names) this.#known.add(name);
  }

  /** A number, clamped; `fallback` where it is missing or none. `words` name it in remarks. */
  number(name: string, { min, max }: Range, fallback: number, words = name): number {
    const text = this.text(name);
    if (text === null) return fallback;
    const value = text.trim() === '' ? NaN : Number(text);
    if (!Number.isFinite(value)) {
      this.remark(`${words} ${quoted(text)} is not a number: ${fallback} is used`);
      return fallback;
    }
    const used = Math.min(max, Math.max(min, value));
    if (used !== value) this.remark(`${words} ${shown(value)} is outside ${min} to ${max}: ${used} is used`);
    return used;
  }

  /** The same for a whole number. */
  whole(name: string, range: Range, fallback: number, words = name): number {
    const value = this.number(name, range, fallback, words);
    const used = Math.trunc(value);
    if (used !== value) this.remark(`${words} ${shown(value)} is not a whole number: ${used} is used`);
    return used;
  }

  /** One of `options`; `fallback` where it is missing or none of them. */
  option<T extends string | number>(
    name: string,
    options: readonly T[],
    fallback: NoInfer<T>,
    words = name,
  ): T {
    const text = this.text(name);
    if (text === null) return fallback;
    const found = options.find((each) => String(each) === text);
    if (found === undefined)
      this.remark(
        `${words} ${quoted(text)} is not known: ${fallback === '' ? 'it is left out' : `${fallback} is used`}`,
      );
    return found ?? fallback;
  }

  /** Names that nothing has asked for or allowed. */
  get unknown(): readonly string[] {
    return [...new Set(this.#given.keys())].filter((name) => !this.#known.has(name));
  }
}

/** A text of the link, to be shown. */
export function quoted(text: string): string {
  return `“${cleanText(text, LONGEST)}”`;
}

function shown(value: number): string {
  return String(value).slice(0, LONGEST);
}

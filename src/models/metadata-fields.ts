import { cleanText } from '../data/clean-text.ts';
import type { TensorFile } from '../data/safetensors.ts';

const WHOLE = /^(0|[1-9]\d*)$/;
/** With decimals and an exponent, as `String` writes any number that is not negative. */
const FRACTION = /^(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/;

/** Metadata read field by field; the first problem is kept. */
export class Fields {
  #problem: string | null = null;
  readonly #metadata: TensorFile['metadata'];

  constructor(metadata: TensorFile['metadata']) {
    this.#metadata = metadata;
  }

  problem(): string | null {
    return this.#problem;
  }

  has(field: string): boolean {
    return Object.hasOwn(this.#metadata, field);
  }

  text(field: string): string {
    const value = this.has(field) ? this.#metadata[field] : undefined;
    if (value === undefined) this.#problem ??= `${field}: missing`;
    return value ?? '';
  }

  /** The field and its text, where it is there. */
  optional(field: string): [string, string][] {
    return Object.hasOwn(this.#metadata, field) ? [[field, this.#metadata[field]]] : [];
  }

  /** At least 0, in plain decimal digits; a whole number unless said otherwise, then as JavaScript writes fractions. */
  number(field: string, max = Number.MAX_SAFE_INTEGER, whole = true): number {
    const text = this.text(field);
    const value = (whole ? WHOLE : FRACTION).test(text) ? Number(text) : NaN;
    if (!Number.isFinite(value))
      this.#problem ??= `${field}: ${shown(text)} is not a ${whole ? 'whole ' : ''}number`;
    else if (value > max) this.#problem ??= `${field}: ${shown(text)} is above ${max}`;
    return value;
  }
}

/** A text of the file in quotes, cleaned and cut. */
export function shown(text: string): string {
  return `"${cleanText(text, 60)}"`;
}

/** One value that a link carries. */
export type Param =
  | {
      readonly kind: 'number';
      readonly start: number;
      readonly min: number;
      readonly max: number;
      readonly decimals: number;
    }
  | { readonly kind: 'choice'; readonly start: string; readonly of: readonly string[] }
  /** Text of a pattern, such as pixels as 0 and 1 or the edges of a graph. */
  | { readonly kind: 'text'; readonly start: string; readonly pattern: RegExp };

export type Params = Readonly<Record<string, Param>>;

/** The values of parameters by their names. */
export type Values<P extends Params> = {
  -readonly [Name in keyof P]: P[Name] extends { kind: 'number' } ? number : string;
};

/** A real number between `min` and `max`, rounded to `decimals` in links. */
export function real(start: number, min: number, max: number, decimals = 3) {
  return { kind: 'number', start, min, max, decimals } as const;
}

export function whole(start: number, min: number, max: number) {
  return { kind: 'number', start, min, max, decimals: 0 } as const;
}

export function choice(start: string, of: readonly string[]) {
  return { kind: 'choice', start, of } as const;
}

export function text(start: string, pattern: RegExp) {
  return { kind: 'text', start, pattern } as const;
}

/** Seeds are u16, so that links and hand-in codes stay short. */
export const MAX_SEED = 0xffff;

export function seed(start = 1) {
  return whole(start, 0, MAX_SEED);
}

export function startValues<P extends Params>(params: P): Values<P> {
  return Object.fromEntries(Object.entries(params).map(([name, { start }]) => [name, start])) as Values<P>;
}

/** The value of a parameter from a link's text: numbers are clamped and rounded, anything else unknown takes its start. */
export function readValue(param: Param, value: string | null): number | string {
  if (value === null) return param.start;
  if (param.kind === 'choice') return param.of.includes(value) ? value : param.start;
  if (param.kind === 'text') return param.pattern.test(value) ? value : param.start;
  const number = value.trim() === '' ? NaN : Number(value);
  if (!Number.isFinite(number)) return param.start;
  return Number(Math.min(param.max, Math.max(param.min, number)).toFixed(param.decimals));
}

/** All values of a link's query; what is missing takes its start. */
export function readValues<P extends Params>(params: P, query: string): Values<P> {
  const given = new URLSearchParams(query);
  return Object.fromEntries(
    Object.entries(params).map(([name, param]) => [name, readValue(param, given.get(name))]),
  ) as Values<P>;
}

/** The query of a link: the values that differ from their starts, in the order of the parameters. */
export function formatValues<P extends Params>(params: P, values: Values<P>): string {
  const changed = new URLSearchParams();
  for (const [name, param] of Object.entries(params)) {
    const value: string | number = values[name];
    const shown =
      param.kind === 'number' ? String(Number(Number(value).toFixed(param.decimals))) : String(value);
    if (shown !== String(param.start)) changed.set(name, shown);
  }
  return changed.toString();
}

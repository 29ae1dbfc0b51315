import { parseArgs } from 'node:util';
import { CONTENDERS, FAMILIES, kindOf, WEIGHTS, WORKS } from './tasks.ts';
import type { Contender, Row } from './tasks.ts';

export const USAGE = `npm run bench -- [options]
  --only NAMES      families: ${FAMILIES.join(', ')}
  --work NAMES      work: score, sample, train, or one of ${WORKS.join(', ')}
  --weights NAMES   ${WEIGHTS.join(', ')}
  --beside NAMES    contenders: ${CONTENDERS.join(', ')}; cpu and webgpu are all of their kind
  --quick           fewer and shorter repetitions
  --check           compares what contenders compute with the definition, and times nothing
  --limit SECONDS   longer than this no contender may take for anything: 60 unless said
  --json FILE       writes everything that was measured, too
Names are separated by commas.`;

export interface Options {
  readonly rows: readonly Row[];
  readonly contenders: readonly Contender[];
  readonly quick: boolean;
  readonly check: boolean;
  /** In milliseconds. */
  readonly limit: number;
  readonly json: string | null;
}

/** Those of `all` that a list of names picks by `matches`; all where there is no list. Throws for a name that picks none. */
function chosen<T extends string>(
  option: string,
  list: string | undefined,
  all: readonly T[],
  matches: (item: T, name: string) => boolean,
): readonly T[] {
  if (list === undefined) return all;
  const names = list.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!all.some((item) => matches(item, name)))
      throw new Error(`--${option}: "${name}" is none of ${all.join(', ')}`);
  }
  return all.filter((item) => names.some((name) => matches(item, name)));
}

const same = (item: string, name: string) => item === name;

/** Throws, with a sentence, for options that are none. */
export function readOptions(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: 'string' },
      work: { type: 'string' },
      weights: { type: 'string' },
      beside: { type: 'string' },
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      limit: { type: 'string', default: '60' },
      json: { type: 'string' },
    },
  });
  const seconds = Number(values.limit);
  if (!(seconds >= 1 && seconds <= 3600))
    throw new Error(`--limit: "${values.limit}" is not from 1 to 3600 seconds`);
  const families = chosen('only', values.only, FAMILIES, same);
  const works = chosen(
    'work',
    values.work,
    WORKS,
    (work, name) => work === name || work.startsWith(`${name} `),
  );
  const weights = chosen('weights', values.weights, WEIGHTS, same);
  return {
    // What a step costs does not depend on the weights: it is measured with the last ones only.
    rows: families.flatMap((family) =>
      works.flatMap((work) =>
        (work === 'train' ? weights.slice(-1) : weights).map((own) => ({ family, weights: own, work })),
      ),
    ),
    contenders: chosen(
      'beside',
      values.beside,
      CONTENDERS,
      (contender, name) => contender === name || kindOf(contender) === name,
    ),
    quick: values.quick,
    check: values.check,
    limit: 1000 * seconds,
    json: values.json ?? null,
  };
}

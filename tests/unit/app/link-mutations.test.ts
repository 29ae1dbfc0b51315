import { expect, it } from 'vitest';
import { GRIDS, sameGrid } from '../../../src/app/grids.ts';
import { QuestionChoices } from '../../../src/app/questions/choices.svelte.ts';
import { QUESTIONS } from '../../../src/app/questions/list.ts';
import { PACES } from '../../../src/app/samples/samples.svelte.ts';
import { formatView, readView, type WholeView } from '../../../src/app/share/whole-view.ts';
import { cleanText } from '../../../src/data/clean-text.ts';
import { pixelCount } from '../../../src/data/images.ts';
import { threefry2x32 } from '../../../src/data/rng.ts';
import { checkHyper, findFamily } from '../../../src/models/registry.ts';

const MUTATIONS = 100_000;
/** Tests that they are spread over: each has a time limit. */
const PARTS = 5;
const SEED = Number(process.env.INKLING_MUTATION_SEED ?? 20_261_201);

const recipe =
  'recipe:1,nade,starter.1000.1a2b3c4d,dynamic:3,soft,e10,b128,r0.001,s0,cpu.fused.2,w8a3c21d9,class-conditional.0,hidden.100,order.0';
const bits = `${'aZ9-_'.repeat(26)}A`;
const LINKS = [
  `left=independent&right=neighbours&k=6&seed=1&binarise=stochastic:0&v=1&drawing=${bits}`,
  `left=neighbours&left-k=3&left-prior=1&right=${recipe}&seed=77&t=0.7&ask=complete&binarise=dynamic:5&v=1&mask=${bits}`,
  `grid=4&left=full-joint&right=model:0f6c1d3e-1111-4222-8333-444455556666&seed=9&binarise=threshold&v=1&pixel=3&mask=every-other`,
  `left=shipped:sparse-pixelcnn&right=tree&seed=3&binarise=none&v=1&side=left&pixel=end&pace=steady&first=24&complete-method=gibbs` +
    `&complete-seed=5&complete-sweeps=100&complete-proposals=100&classify-hide=1&classify-rival=4&sampling-images=64&sampling-seed=6&sampling-turns=iterations`,
];
const WILD = [
  ...[
    '',
    '0',
    '-1',
    '-0',
    '1e999',
    'NaN',
    '999999999999999999999',
    '0x1c',
    '2.5',
    ' 7 ',
    '７',
    'null',
    'undefined',
    'true',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '[object Object]',
    '{"__proto__":{"polluted":1}}',
  ],
  ...[
    '<img src=x onerror=alert(1)>',
    'javascript:alert(1)',
    '%',
    '%zz',
    '%00',
    '%E2%80%AE',
    '\u202e\u0000\u001b[31m',
    '\ud800',
    'é'.repeat(300),
  ],
  ...[
    'model:../../etc/passwd',
    'shipped:__proto__',
    'recipe:',
    'recipe:2',
    `${recipe},__proto__.1`,
    recipe.replace('e10', 'e1e9'),
    recipe.replace('fused.2', 'fused.99'),
  ],
  ...['a'.repeat(5000), bits, 'every-other', '99', '1', 'end'],
] as const;
const NAMES = [
  ...[
    'left',
    'right',
    'grid',
    'seed',
    't',
    'ask',
    'binarise',
    'v',
    'side',
    'pixel',
    'pace',
    'first',
    'drawing',
    'mask',
  ],
  ...[
    'complete-method',
    'complete-seed',
    'complete-sweeps',
    'complete-proposals',
    'classify-hide',
    'classify-rival',
  ],
  ...[
    'sampling-images',
    'sampling-seed',
    'sampling-turns',
    '__proto__',
    'constructor',
    'left-__proto__',
    'k',
    'left-k',
    'strength',
    '',
  ],
];

/** A random whole number below `limit`, by the number of the mutation and of the draw. */
function dice(mutation: number) {
  const word = new Uint32Array(2);
  let draw = 0;
  return (limit: number) => {
    threefry2x32(SEED, 1, mutation, draw++, word);
    return word[0] % limit;
  };
}

function mutated(mutation: number): string {
  const roll = dice(mutation);
  const pairs = LINKS[roll(LINKS.length)].split('&').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  for (let change = 0; change <= roll(4); change++) {
    const at = roll(pairs.length);
    const pair = pairs[at];
    const fields = pair[1].split(',');
    const field = roll(fields.length);
    switch (roll(9)) {
      case 0:
        pair[1] = WILD[roll(WILD.length)];
        break;
      case 1:
        pairs.push([NAMES[roll(NAMES.length)], WILD[roll(WILD.length)]]);
        break;
      case 2:
        pairs.splice(at, 1, ...(pairs.length > 1 ? [] : [pair]));
        break;
      case 3:
        pairs.push([pair[0], pairs[roll(pairs.length)][1]]);
        break;
      case 4:
        pair[0] = NAMES[roll(NAMES.length)];
        break;
      case 5: {
        const cut = roll(pair[1].length + 1);
        const code = String.fromCharCode(32 + roll(96));
        pair[1] = pair[1].slice(0, cut) + (roll(2) ? code : '') + pair[1].slice(cut + roll(2));
        break;
      }
      case 6:
        fields[field] = roll(2) ? WILD[roll(WILD.length)] : fields[roll(fields.length)];
        pair[1] = fields.join(',');
        break;
      case 7:
        fields.splice(field, 1);
        pair[1] = fields.join(',');
        break;
      default:
        pair[1] = String(roll(2) ? roll(0xffffffff) * (roll(2) ? 1 : -1e-3) : roll(30));
    }
  }
  // Some arrive encoded, some as they were typed.
  const encode = roll(2) ? encodeURIComponent : (text: string) => text;
  return pairs
    .map(
      ([name, value]) =>
        `${encode(name.replace(/[\ud800-\udfff]/g, ''))}=${encode(value.replace(/[\ud800-\udfff]/g, ''))}`,
    )
    .join('&');
}

/** What is wrong with a view that was read; empty where every value is in its range. */
function faults(view: WholeView): string[] {
  const { experiment, drawing, mask, pixel, first, choices } = view;
  const { grid, seed, temperature, binarisation } = experiment;
  const n = pixelCount(grid);
  const found: string[] = [];
  const holds = (name: string, well: boolean) => {
    if (!well) found.push(name);
  };
  const whole = (value: number, max: number) => Number.isInteger(value) && value >= 0 && value <= max;
  holds(
    'grid',
    GRIDS.some((each) => sameGrid(each, grid)),
  );
  holds('seed', whole(seed, 0xffffffff));
  holds('t', temperature >= 0.5 && temperature <= 1.5);
  holds(
    'ask',
    QUESTIONS.some(({ id }) => id === experiment.ask),
  );
  holds('binarise', !('seed' in binarisation) || whole(binarisation.seed, 0xffffffff));
  for (const choice of [experiment.left, experiment.right]) {
    if (choice.kind === 'trained') holds('id', /^[\w-]{1,64}$/.test(choice.id));
    if (choice.kind !== 'counted' && choice.kind !== 'recipe') continue;
    const { family, hyper } = choice.kind === 'counted' ? choice : choice.recipe;
    const spec = findFamily(family)!;
    holds('hyper', checkHyper(spec, hyper) === null && (spec.refuses?.(grid, hyper) ?? null) === null);
    if (choice.kind === 'recipe') {
      const { epochs, batchSize, learningRate, shards, images } = choice.recipe;
      holds('epochs', whole(epochs, 1000) && epochs > 0 && whole(batchSize, 1000) && batchSize > 0);
      holds('rate', learningRate >= 1e-5 && learningRate <= 1 && whole(images, 1e6) && images > 0);
      holds(
        'shards',
        whole(shards, 64) &&
          shards * spec.parameterCount(grid, hyper) <= Math.max(2 ** 23, spec.parameterCount(grid, hyper)),
      );
    }
  }
  holds('drawing', drawing === null || drawing.length === n);
  holds('mask', mask === null || typeof mask === 'string' || mask.length === n);
  holds('pixel', pixel === null || pixel === 'end' || whole(pixel, n - 1));
  holds(
    'pace',
    PACES.some(({ name }) => name === view.pace),
  );
  holds('first', whole(first, 1_000_000));
  holds(
    'complete',
    whole(choices.complete.seed, 0xffffffff) && [5, 20, 100].includes(choices.complete.sweeps),
  );
  holds('classify', choices.classify.rival === null || whole(choices.classify.rival, 9));
  holds('sampling', whole(choices.sampling.seed, 0xffffffff) && [1, 16, 64].includes(choices.sampling.size));
  return found;
}

it.each(Array.from({ length: PARTS }, (_, part) => part))(
  `${MUTATIONS} mutated links, seed ${SEED}: every value is in its range, what is said is short and clean, and what is shown can be linked to, part %i`,
  (part) => {
    const names = Object.getOwnPropertyNames(Object.prototype);
    const choices = new QuestionChoices();
    let remarked = 0;
    for (let mutation = part; mutation < MUTATIONS; mutation += PARTS) {
      const query = mutated(mutation);
      const { view, remark } = readView(query, choices);
      const found = faults(view);
      if (found.length > 0) throw new Error(`mutation ${mutation}: ${found.join()} of ${query}`);
      if (remark.length > 700 || cleanText(remark, remark.length) !== remark)
        throw new Error(`mutation ${mutation}: says ${JSON.stringify(remark)}`);
      if (remark !== '') remarked++;
      const written = formatView(view);
      const again = readView(written, choices);
      if (again.remark !== '' || formatView(again.view) !== written)
        throw new Error(`mutation ${mutation}: ${query} was written as ${written}: ${again.remark}`);
    }
    expect(remarked).toBeGreaterThan(MUTATIONS / PARTS / 3);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(names);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  },
);

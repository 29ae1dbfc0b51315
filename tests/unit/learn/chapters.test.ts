import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readChapterText, readGlossary } from '../../../src/build/chapter-text.ts';
import { BEATS } from '../../../src/learn/head.ts';
import { judge } from '../../../src/learn/exercises/judge.ts';
import { randomOf } from '../../../src/learn/exercises/random.ts';
import { allExercises, chaptersIn } from '../../../src/learn/catalogue.ts';
import { openChapter } from './open-chapter.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = join(root, 'src/learn');
const terms = new Set(Object.keys(readGlossary(readFileSync(join(root, 'docs/glossary.md'), 'utf8'))));
const texts = readdirSync(folder)
  .filter((name) => /^\d\d-/.test(name))
  .flatMap((name) =>
    readdirSync(join(folder, name))
      .filter((file) => /^text\..*\.md$/.test(file))
      .map((file) => ({ name, file })),
  )
  .map(({ name, file }) => {
    const markdown = readFileSync(join(folder, name, file), 'utf8');
    return {
      name,
      file,
      slug: name.slice(3),
      markdown,
      text: readChapterText(markdown, `${name}/${file}`, terms),
    };
  });
const exercises = await allExercises();
const slugs = chaptersIn(['en']).map(({ slug }) => slug);
const codes = readdirSync(folder).filter((name) => /^\d\d-/.test(name));

describe.each(texts)('the text of $name/$file', async ({ slug, markdown, text }) => {
  const { chapter, view, goals, predictions } = await openChapter(slug);

  it('has all five beats', () => {
    expect(BEATS.filter((beat) => !text.names.beats.includes(beat))).toEqual([]);
  });

  it('names figures, numbers and links that the chapter has', () => {
    const { figures, numbers, links } = text.names;
    expect(view.figures).toEqual(expect.arrayContaining([...figures]));
    expect(Object.keys(view.numbers)).toEqual(expect.arrayContaining([...numbers]));
    expect(Object.keys(view.links)).toEqual(expect.arrayContaining([...links]));
  });

  it('shows a text for every number at the start', () => {
    for (const [name, shown] of Object.entries(view.numbers))
      expect(shown, name).toMatch(/^(?!.*(NaN|undefined|Infinity|\[object)).+$/);
  });

  it('asks the predictions of the chapter, whose answers are among the choices', () => {
    expect(text.names.predictions.map(({ id }) => id).sort()).toEqual([...predictions].sort());
    for (const { id, choices } of text.names.predictions) {
      const { kind } = view.prediction(id);
      if (kind === 'number') expect(choices, id).toEqual([]);
      else expect(choices.filter((each) => view.judge(id, each)).length, id).toBe(1);
    }
  });

  it('sets the goals of the chapter, of which none is reached at the start', () => {
    expect([...text.names.goals].sort()).toEqual([...goals].sort());
    expect(goals.filter((goal) => view.reached(goal))).toEqual([]);
  });

  it('has links whose state is read as it was written', () => {
    expect(view.query).toBe('');
    expect(Object.keys(chapter.params).filter((name) => /^(hide|lock|embed)$/.test(name))).toEqual([]);
  });

  it('asks every exercise of the chapter, with its numbers, and answers its misconceptions', () => {
    const own = Object.keys(exercises).filter((each) => each.startsWith(`${slug}/`));
    expect(text.names.exercises.map(({ id }) => `${slug}/${id}`).sort()).toEqual(own.sort());
    for (const { id, numbers, wrong, choices } of text.names.exercises) {
      const instance = exercises[`${slug}/${id}`].instance(randomOf(`${slug}/${id}`, 1));
      const places = Object.keys({ ...instance.values, ...instance.labels });
      expect(places, id).toEqual(expect.arrayContaining([...numbers]));
      if (instance.answer.kind === 'choice') expect(choices, id).toContain(instance.answer.value);
      else expect([...wrong].sort(), id).toEqual(Object.keys(instance.wrong ?? {}).sort());
    }
  });

  it('links to chapters that exist', () => {
    expect(text.names.chapters.filter((to) => !slugs.includes(to.split('/')[0]))).toEqual([]);
  });

  it('holds no number that is not computed', () => {
    expect(typedNumbers(markdown)).toEqual([]);
  });
});

describe.each(Object.entries(exercises))('exercise %s', (name, exercise) => {
  it('has an answer that is judged right, and misconceptions that are not, for 200 seeds', () => {
    for (let seed = 0; seed < 200; seed++) {
      const instance = exercise.instance(randomOf(name, seed));
      const { answer } = instance;
      const typed = answer.kind === 'number' ? answer.value.toFixed(answer.decimals) : String(answer.value);
      expect(judge(instance, typed), `seed ${seed}`).toEqual({ kind: 'right' });
      for (const [misconception, value] of Object.entries(instance.wrong ?? {})) {
        // Where a misconception happens to give the right number it shows nothing.
        const verdict = judge(instance, String(value));
        if (verdict.kind !== 'right') expect(verdict.kind, `seed ${seed}, ${misconception}`).toBe('wrong');
      }
    }
  });

  it('gives the same instance for the same seed', () => {
    expect(exercise.instance(randomOf(name, 3))).toEqual(exercise.instance(randomOf(name, 3)));
  });
});

it('finds every folder of a chapter', () => {
  expect(codes.length).toBe(slugs.length);
});

describe('numbers that are typed into a text', () => {
  it('are found, but not names of grids, formulas, years of papers and the front matter', () => {
    expect(typedNumbers('---\nminutes: 4\n---\nIn 95 of 100 cases, $2^n$ of {n} on 2x2 (2011)')).toEqual([
      '95',
      '100',
    ]);
  });
});

/** Digits in prose. Formulas are checked by their symbols, a grid's name is a name, and papers have years in brackets. */
function typedNumbers(markdown: string): string[] {
  const prose = markdown
    .replace(/^---\n[\s\S]*?\n---\n/, '')
    .replaceAll(/\$\$[\s\S]*?\$\$|\$[^$]*\$/g, '')
    .replaceAll(/\{[\w-]+\}|\]\([^)]*\)/g, '')
    .replaceAll(/^(:::|choice|reply|wrong|symbol)\s*[\w-]*/gm, '')
    .replaceAll(/\b\d+ ?[x×] ?\d+\b/g, '')
    .replaceAll(/\((?:[^()]*\s)?(?:1[89]|20)\d\d[a-z]?\)/g, '');
  return prose.match(/\d[\d,.]*\d|\d/g) ?? [];
}

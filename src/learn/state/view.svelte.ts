import type { Component } from 'svelte';
import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import type {
  Chapter,
  ChapterDefinition,
  ChapterView,
  FigureOf,
  FigureProps,
  PredictionView,
} from '../contract.ts';
import type { Instance } from '../exercises/exercise.ts';
import { randomOf } from '../exercises/random.ts';
import { type ChapterLabels, type LabelOf, labelsIn } from '../labels.ts';
import { formatValues, MAX_SEED, type Params, readValues, startValues, type Values } from './params.ts';
import { parseTeaching, type Teaching } from './link.ts';
import type { Progress } from './progress.svelte.ts';

/** Gives a chapter of any state one type. */
export function defineChapter<P extends Params, State>(definition: ChapterDefinition<P, State>): Chapter {
  return {
    exercises: definition.exercises,
    params: definition.params,
    goals: Object.keys(definition.goals ?? {}),
    predictions: Object.keys(definition.predictions),
    open: (slug, query, text, tools, progress) =>
      new OpenChapter(definition, slug, query, text, tools, progress),
  };
}

/** What a visitor says who does not want to guess. */
export const UNSURE = 'unsure';

class OpenChapter<P extends Params, State> implements ChapterView {
  lit = $state('');
  alone = $state(false);
  readonly numbers: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, string>>;
  readonly slug: string;
  readonly tools: ChapterTools;
  readonly #definition: ChapterDefinition<P, State>;
  readonly #progress: Progress;
  readonly label: LabelOf;
  readonly #values: Values<P>;
  teaching = $state.raw<Teaching>({ hidden: [], locked: [] });
  readonly #state: State;

  constructor(
    definition: ChapterDefinition<P, State>,
    slug: string,
    query: string,
    text: ChapterLabels,
    tools: ChapterTools,
    progress: Progress,
  ) {
    this.slug = slug;
    this.tools = tools;
    this.#definition = definition;
    this.#progress = progress;
    this.label = labelsIn(text);
    const values = $state(readValues(definition.params, query));
    this.#values = values;
    this.teaching = parseTeaching(query);
    this.#state = definition.create(values, tools, this.label);
    this.numbers = shown(definition.numbers, this.#state, this.label);
    this.links = shown(definition.links ?? {}, this.#state, this.label);
  }

  get query(): string {
    return formatValues(this.#definition.params, this.#values);
  }

  follow(query: string): void {
    Object.assign(this.#values, readValues(this.#definition.params, query));
    this.teaching = parseTeaching(query);
  }

  locked(param: string): boolean {
    return this.teaching.locked.includes(param);
  }

  reset(): void {
    Object.assign(this.#values, startValues(this.#definition.params));
    this.#definition.reset?.(this.#state);
  }

  get figures(): readonly string[] {
    return Object.keys(this.#definition.figures);
  }

  figure(name: string): FigureOf | null {
    const figures: Readonly<Partial<Record<string, Component<FigureProps<State>>>>> =
      this.#definition.figures;
    const component = figures[name];
    return component ? { component: component as Component<FigureProps<unknown>>, state: this.#state } : null;
  }

  reached(goal: string): boolean {
    if (this.#progress.of(this.slug).goals.includes(goal)) return true;
    return this.#definition.goals?.[goal]?.(this.#state) ?? false;
  }

  reach(goal: string): void {
    this.#progress.reach(this.slug, goal);
  }

  prediction(id: string): PredictionView {
    const prediction = this.#definition.predictions[id];
    const answers: Readonly<Partial<Record<string, string>>> = this.#progress.of(this.slug).predictions;
    const committed = answers[id] ?? null;
    const first = prediction.first?.(this.#state, this.label) ?? '';
    const right = first || committed === null || committed === UNSURE ? null : this.judge(id, committed);
    return { kind: prediction.kind, first, committed, right };
  }

  answered(id: string): boolean {
    return this.alone || this.prediction(id).committed !== null;
  }

  judge(id: string, answer: string): boolean {
    const prediction = this.#definition.predictions[id];
    if (prediction.kind === 'choice') return answer === prediction.answer(this.#state);
    return Math.abs(Number(answer) - prediction.answer(this.#state)) <= prediction.within;
  }

  predict(id: string, answer: string): void {
    if (this.prediction(id).first) return;
    this.#progress.predict(this.slug, id, answer);
  }

  instance(id: string, seed: number): Instance {
    const instance = this.#definition.exercises[id].instance(randomOf(`${this.slug}/${id}`, seed));
    const words = Object.entries(instance.labels ?? {}).map(([place, name]) => [place, this.label(name)]);
    return {
      ...instance,
      values: { ...instance.values, ...(Object.fromEntries(words) as Record<string, string>) },
    };
  }

  seedOf(id: string): number {
    return (
      this.#progress.of(this.slug).solved[id] ??
      randomOf(`${this.slug}/${id}`, this.#progress.visitor).whole(0, MAX_SEED)
    );
  }

  solved(id: string): boolean {
    return id in this.#progress.of(this.slug).solved;
  }

  solve(id: string, seed: number): void {
    this.#progress.solve(this.slug, id, seed);
  }
}

/** The same names, each with a getter of what is shown now: only what the text reads is computed. */
function shown<State>(
  texts: Readonly<Record<string, (state: State, label: LabelOf) => string>>,
  state: State,
  label: LabelOf,
): Readonly<Record<string, string>> {
  const record = {};
  for (const [name, text] of Object.entries(texts))
    Object.defineProperty(record, name, { enumerable: true, get: () => text(state, label) });
  return record;
}

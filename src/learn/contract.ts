import type { Component } from 'svelte';
import type { ChapterTools } from '../app/learn/chapter-tools.ts';
import type { Exercise, Instance } from './exercises/exercise.ts';
import type { ChapterLabels, LabelOf } from './labels.ts';
import type { Teaching } from './state/link.ts';
import type { Params, Values } from './state/params.ts';
import type { Progress } from './state/progress.svelte.ts';

/** A question before a result is shown: which of the choices, or about what number. */
export type Prediction<State> = {
  /** What a visitor does before it can be answered, in words; empty once that is done. Without it the question is always open. */
  readonly first?: (state: State, label: LabelOf) => string;
} & (
  | { readonly kind: 'choice'; readonly answer: (state: State) => string }
  | { readonly kind: 'number'; readonly answer: (state: State) => number; readonly within: number }
);

/** Props of a chapter's figures. */
export interface FigureProps<State> {
  readonly state: State;
  readonly view: ChapterView;
}

/** A chapter: everything but its text. */
export interface ChapterDefinition<P extends Params, State> {
  /** What a link carries. */
  readonly params: P;
  /** The state of the figures; reads and writes `values`, which are reactive. */
  create(values: Values<P>, tools: ChapterTools, label: LabelOf): State;
  /** Puts away what no link carries, such as a visitor's own picture: a reset shows the figures as they were at first. */
  reset?(state: State): void;
  /** Numbers of the text, as they are shown; a number's place may also hold a label. */
  readonly numbers: Readonly<Record<string, (state: State, label: LabelOf) => string>>;
  /** Parameters of links into the Play room. */
  readonly links?: Readonly<Record<string, (state: State) => string>>;
  readonly figures: Readonly<Record<string, Component<FigureProps<State>>>>;
  /** What a visitor is asked to reach, and whether the state is there. */
  readonly goals?: Readonly<Record<string, (state: State) => boolean>>;
  readonly predictions: Readonly<Record<string, Prediction<State>>>;
  readonly exercises: Readonly<Record<string, Exercise>>;
}

/** A chapter's code, whatever its parameters and its state are. */
export interface Chapter {
  readonly exercises: Readonly<Record<string, Exercise>>;
  readonly params: Params;
  /** Names of what is to be reached. */
  readonly goals: readonly string[];
  /** Names of the questions before a result. */
  readonly predictions: readonly string[];
  /** Opens it with the values of a link and the words of a language. */
  open(
    slug: string,
    query: string,
    text: ChapterLabels,
    tools: ChapterTools,
    progress: Progress,
  ): ChapterView;
}

/** A prediction as its question needs it. */
export interface PredictionView {
  readonly kind: 'choice' | 'number';
  /** What is to be done before there is an answer, in words; empty where there is one. */
  readonly first: string;
  /** What was committed to; null before. */
  readonly committed: string | null;
  /** Whether that was right; null where "unsure" was said, and where there is no answer yet. */
  readonly right: boolean | null;
}

/** An open chapter, as its text and the components around it see it. */
export interface ChapterView {
  readonly slug: string;
  /** Whether a figure of it stands without the text, in another page or before a teacher: no prediction is asked there. */
  alone: boolean;
  readonly tools: ChapterTools;
  /** Numbers of the text, as they are shown. */
  readonly numbers: Readonly<Record<string, string>>;
  /** Parameters of links into the Play room. */
  readonly links: Readonly<Record<string, string>>;
  /** Words of a figure from the text's `:::labels`. Throws where there are none of that name. */
  readonly label: LabelOf;
  /** The part of the figure that a symbol of a formula belongs to, while either is pointed at; empty for none. */
  lit: string;
  /** The query of a link to the state of now, without the teacher's flags. */
  readonly query: string;
  /** What the link's maker has hidden or locked. */
  readonly teaching: Teaching;
  /** Whether a control must keep its value. */
  locked(param: string): boolean;
  /** Takes the values of a link. */
  follow(query: string): void;
  /** The figures' state as it was at first. */
  reset(): void;
  /** Names of the figures. */
  readonly figures: readonly string[];
  figure(name: string): FigureOf | null;
  reached(goal: string): boolean;
  /** Keeps that a goal has been reached. */
  reach(goal: string): void;
  prediction(id: string): PredictionView;
  predict(id: string, answer: string): void;
  /** Whether a figure may show what a prediction asks for. */
  answered(id: string): boolean;
  /** Whether an answer to a prediction is right, as the figures are now. */
  judge(id: string, answer: string): boolean;
  /** The instance of an exercise for a seed. */
  instance(id: string, seed: number): Instance;
  /** The seed of the instance that this visitor is given first, or has solved. */
  seedOf(id: string): number;
  solved(id: string): boolean;
  solve(id: string, seed: number): void;
}

/** A figure with the state that it shows. */
export interface FigureOf {
  readonly component: Component<FigureProps<unknown>>;
  readonly state: unknown;
}

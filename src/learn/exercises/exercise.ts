import type { Random } from './random.ts';

/** What is to be found. */
export type Answer =
  /** An exact count; powers and products may be typed. */
  | { readonly kind: 'count'; readonly value: bigint }
  /** A real number, right where it differs by no more than `within`; `decimals` are shown and enter the hand-in code. */
  | { readonly kind: 'number'; readonly value: number; readonly within: number; readonly decimals: number }
  /** One of the choices of the text. */
  | { readonly kind: 'choice'; readonly value: string };

/** An exercise with its numbers. */
export interface Instance {
  /** Numbers of its text, as they are shown. */
  readonly values: Readonly<Record<string, string>>;
  /** Further places of its text, each with the label of the chapter that stands there. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly answer: Answer;
  /** Values that show a misconception, by the names that the text answers; a choice names itself. */
  readonly wrong?: Readonly<Record<string, bigint | number>>;
}

/** Pure: the same random numbers give the same instance, with its answer computed. */
export interface Exercise {
  instance(random: Random): Instance;
}

/** What is thought of an answer that was typed or chosen. */
export type Verdict =
  | { readonly kind: 'right' }
  /** `misconception` is one of the instance's, or null where it is none that is known. */
  | { readonly kind: 'wrong'; readonly misconception: string | null }
  /** No answer at all: why. */
  | { readonly kind: 'unreadable'; readonly reason: string };

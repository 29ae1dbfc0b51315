/** The lecture's parts, in the order of the course. */
export const PARTS = [
  'model',
  'one',
  'many',
  'assumptions',
  'networks',
  'learning',
  'neural',
  'use',
] as const;
export type LecturePart = (typeof PARTS)[number];

/** The beats of a chapter, in their order. */
export const BEATS = ['puzzle', 'predict', 'do', 'name', 'use'] as const;
export type BeatKind = (typeof BEATS)[number];

/** What the contents show of a chapter; its folder's name gives number and address. */
export interface ChapterHead {
  readonly title: string;
  /** The one question that the chapter answers. */
  readonly question: string;
  /** How long it takes. */
  readonly minutes: number;
  readonly part: LecturePart;
  /** How many exercises it has. */
  readonly exercises: number;
}

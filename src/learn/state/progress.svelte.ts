import { preference, savePreference } from '../../app/preferences.ts';
import { MAX_SEED } from './params.ts';

/** What a visitor has done in one chapter. */
export interface ChapterProgress {
  /** The answers committed to, by prediction. */
  readonly predictions: Readonly<Record<string, string>>;
  /** The seeds of the instances that were solved, by exercise. */
  readonly solved: Readonly<Record<string, number>>;
  readonly goals: readonly string[];
}

const NOTHING: ChapterProgress = { predictions: {}, solved: {}, goals: [] };

/** Progress of all chapters, kept in the browser's storage for small settings; losing it is no failure. */
export class Progress {
  #chapters = $state.raw<Readonly<Record<string, ChapterProgress>>>({});
  /** From which the instances of exercises are drawn: two visitors get two. */
  readonly visitor: number;

  constructor() {
    const kept = readKept(preference('inkling-learn'));
    this.#chapters = kept.chapters;
    this.visitor = kept.visitor ?? crypto.getRandomValues(new Uint16Array(1))[0];
  }

  of(chapter: string): ChapterProgress {
    return this.#chapters[chapter] ?? NOTHING;
  }

  /** Chapters in which anything has been done. */
  get begun(): number {
    return Object.keys(this.#chapters).length;
  }

  predict(chapter: string, id: string, answer: string): void {
    const { predictions } = this.of(chapter);
    this.#change(chapter, { predictions: { ...predictions, [id]: answer } });
  }

  solve(chapter: string, id: string, seed: number): void {
    this.#change(chapter, { solved: { ...this.of(chapter).solved, [id]: seed } });
  }

  reach(chapter: string, goal: string): void {
    const { goals } = this.of(chapter);
    if (!goals.includes(goal)) this.#change(chapter, { goals: [...goals, goal] });
  }

  /** Forgets one chapter, or all of them. */
  reset(chapter?: string): void {
    const kept = Object.entries(this.#chapters).filter(([name]) => chapter !== undefined && name !== chapter);
    this.#chapters = Object.fromEntries(kept);
    this.#keep();
  }

  #change(chapter: string, part: Partial<ChapterProgress>): void {
    this.#chapters = { ...this.#chapters, [chapter]: { ...this.of(chapter), ...part } };
    this.#keep();
  }

  #keep(): void {
    savePreference('inkling-learn', JSON.stringify({ visitor: this.visitor, chapters: this.#chapters }));
  }
}

/** What was kept, without what is not of its form. */
export function readKept(text: string | null): {
  visitor: number | null;
  chapters: Record<string, ChapterProgress>;
} {
  let kept: unknown = null;
  try {
    kept = JSON.parse(text ?? 'null');
  } catch {
    // Nothing that this page wrote.
  }
  const { visitor, chapters } = recordOf(kept);
  const isSeed = (value: unknown): value is number =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_SEED;
  return {
    visitor: isSeed(visitor) ? visitor : null,
    chapters: Object.fromEntries(
      Object.entries(recordOf(chapters)).map(([name, value]) => {
        const { predictions, solved, goals } = recordOf(value);
        const strings = Object.entries(recordOf(predictions)).filter(
          (entry): entry is [string, string] => typeof entry[1] === 'string',
        );
        const seeds = Object.entries(recordOf(solved)).filter((entry): entry is [string, number] =>
          isSeed(entry[1]),
        );
        return [
          name,
          {
            predictions: Object.fromEntries(strings),
            solved: Object.fromEntries(seeds),
            goals: Array.isArray(goals)
              ? goals.filter((goal): goal is string => typeof goal === 'string')
              : [],
          },
        ];
      }),
    ),
  };
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

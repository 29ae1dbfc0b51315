import type { GreyImages } from '../../data/images.ts';
import type { Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import { fetchDigits } from '../library/assets.ts';
import type { Motion } from '../motion.svelte.ts';
import type { Theme } from '../theme.svelte.ts';
import type { Turn } from '../turn.ts';

type Digits = 'starter' | 'starter-test' | 'unseen';

/** What the chapters of Learn use of the app. */
export interface ChapterTools {
  readonly engine: Engine;
  /** In which a chapter trains its models: `trainInTurn`. */
  readonly turn: Turn;
  /** Whether the dark theme is shown: canvases read their colours again when it changes. */
  readonly dark: boolean;
  /** Whether the visitor asked for less motion: results then appear at once. */
  readonly still: boolean;
  /** The digits that come with the app: a thousand training digits, a hundred test digits, or the thousand of calibrations. */
  digits(name: Digits): Promise<Result<GreyImages>>;
}

/** The tools as the session has them. */
export class SessionTools implements ChapterTools {
  readonly engine: Engine;
  readonly turn: Turn;
  readonly #theme: Theme;
  readonly #motion: Motion;
  /** Each fetched once: later calls get the same. */
  readonly #digits: Record<Digits, Promise<Result<GreyImages>> | null> = {
    starter: null,
    'starter-test': null,
    unseen: null,
  };

  constructor(engine: Engine, theme: Theme, motion: Motion, turn: Turn) {
    this.engine = engine;
    this.#theme = theme;
    this.#motion = motion;
    this.turn = turn;
  }

  get dark(): boolean {
    return this.#theme.dark;
  }

  get still(): boolean {
    return this.#motion.reduced;
  }

  async digits(name: Digits): Promise<Result<GreyImages>> {
    const fetching = (this.#digits[name] ??= fetchDigits(name));
    const fetched = await fetching;
    // The next call tries again.
    if (!fetched.ok && this.#digits[name] === fetching) this.#digits[name] = null;
    return fetched;
  }
}

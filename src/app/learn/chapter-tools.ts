import type { GreyImages } from '../../data/images.ts';
import { ok, type Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import { fetchDigits } from '../library/assets.ts';
import type { Motion } from '../motion.svelte.ts';
import type { Pad } from '../pad/pad.svelte.ts';
import type { Theme } from '../theme.svelte.ts';
import type { Turn } from '../turn.ts';

type Digits = 'starter' | 'starter-test';

/** What the chapters of Learn use of the app. */
export class ChapterTools {
  readonly engine: Engine;
  /** The visitor's drawing in Play. */
  readonly pad: Pad;
  /** In which a chapter trains its models: `trainInTurn`. */
  readonly turn: Turn;
  readonly #theme: Theme;
  readonly #motion: Motion;
  readonly #digits: Partial<Record<Digits, GreyImages>> = {};

  constructor(engine: Engine, pad: Pad, theme: Theme, motion: Motion, turn: Turn) {
    this.engine = engine;
    this.pad = pad;
    this.#theme = theme;
    this.#motion = motion;
    this.turn = turn;
  }

  /** Whether the dark theme is shown: canvases read their colours again when it changes. */
  get dark(): boolean {
    return this.#theme.dark;
  }

  /** Whether the visitor asked for less motion: results then appear at once. */
  get still(): boolean {
    return this.#motion.reduced;
  }

  /** The digits that come with the app: a thousand training digits, or a hundred test digits. */
  async digits(name: Digits): Promise<Result<GreyImages>> {
    const kept = this.#digits[name];
    if (kept) return ok(kept);
    const fetched = await fetchDigits(name);
    if (fetched.ok) this.#digits[name] = fetched.value;
    return fetched;
  }
}

import process from 'node:process';
import { writeAll } from './output.ts';
import { meaningOf } from './system-errors.ts';

/** The terminal that a bar is drawn on. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What a progress bar shows. */
export interface BarState {
  readonly what: string;
  /** 0 to 1. */
  readonly share: number;
  /** "1,200 images/s"; null while it is not known. */
  readonly rate: string | null;
  readonly secondsLeft: number | null;
  /** Further text. */
  readonly more?: string;
}

/** The standard error. Failures to write are ignored: where the terminal is closed, the work goes on. */
const terminal: Screen = {
  get isTTY() {
    return process.stderr.isTTY;
  },
  get columns() {
    return process.stderr.columns;
  },
  write: (text) => {
    try {
      writeAll(2, new TextEncoder().encode(text));
    } catch (error) {
      meaningOf(error);
    }
  },
};

const REDRAW_MS = 100;
const MAX_WIDTH = 30;
const MIN_WIDTH = 6;

/** A line that is redrawn in place. Shown only on a terminal and without `--json`. */
export class ProgressBar {
  readonly #shown: boolean;
  readonly #screen: Screen;
  readonly #now: () => number;
  #drawnAt = -Infinity;

  constructor(json: boolean, screen: Screen = terminal, now: () => number = () => performance.now()) {
    this.#shown = !json && screen.isTTY === true;
    this.#screen = screen;
    this.#now = now;
  }

  /** At most ten times a second. */
  show(state: BarState): void {
    const now = this.#now();
    if (!this.#shown || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    this.#screen.write(`\r\u001b[K${barLine(state, this.#screen.columns || 80)}`);
  }

  /** For work on `total` units; the returned function shows how many are done, which may be a fraction. */
  counting(what: string, unit: string, total: number): (done: number) => void {
    const startedAt = this.#now();
    return (done) => {
      const perSecond = (done * 1000) / (this.#now() - startedAt);
      const known = Number.isFinite(perSecond) && perSecond > 0;
      this.show({
        what,
        share: done / total,
        rate: known ? rateOf(perSecond, unit) : null,
        secondsLeft: known ? (total - done) / perSecond : null,
      });
    };
  }

  clear(): void {
    if (this.#shown) this.#screen.write('\r\u001b[K');
  }
}

/** The line of a bar, never longer than `columns` - 1: a terminal would wrap it, and redrawing would leave the rest behind. */
export function barLine(state: BarState, columns: number): string {
  const { what, share, rate, secondsLeft, more } = state;
  const part = Math.min(1, Math.max(0, share));
  // Rounded down: 100 % only when all is done.
  const percent = `${String(Math.floor(part * 100)).padStart(3)} %`;
  const left = secondsLeft === null ? null : `${clock(secondsLeft)} left`;
  const rest = [percent, rate, left, more].filter((text) => text).join('  ');
  const room = columns - 1 - what.length - rest.length - 4;
  const width = Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, room));
  const full = Math.floor(part * width);
  return `${what} [${'█'.repeat(full)}${'░'.repeat(width - full)}] ${rest}`.slice(0, columns - 1);
}

/** 1234.5 as "1,235 images/s"; slow work shows a decimal. */
export function rateOf(perSecond: number, unit: string): string {
  return `${perSecond < 10 ? perSecond.toFixed(1) : grouped(Math.round(perSecond))} ${unit}/s`;
}

/** 307720 as "307,720". */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** "1:05" of 65 seconds, "1:00:00" of an hour. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] > 0 ? parts : parts.slice(1);
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

import process from 'node:process';
import { writeAll } from './output.ts';
import { meaningOf } from './system-errors.ts';

/** What a bar is drawn on. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Where long work stands. */
export interface Standing {
  readonly what: string;
  /** 0 to 1. */
  readonly share: number;
  /** "1,200 images/s"; null where it is not known yet. */
  readonly rate: string | null;
  readonly secondsLeft: number | null;
  /** Anything else worth a glance. */
  readonly more?: string;
}

/** The standard error. A terminal that was closed meanwhile ends the bar, not the work. */
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
const WIDEST_BAR = 30;
const NARROWEST_BAR = 6;

/** One line that is drawn over again, on a terminal alone; a pipe or `--json` sees nothing of it. */
export class ProgressBar {
  readonly #shown: boolean;
  readonly #screen: Screen;
  readonly #now: () => number;
  #last = -Infinity;

  constructor(json: boolean, screen: Screen = terminal, now: () => number = () => performance.now()) {
    this.#shown = !json && screen.isTTY === true;
    this.#screen = screen;
    this.#now = now;
  }

  /** At most ten times a second. */
  show(standing: Standing): void {
    const now = this.#now();
    if (!this.#shown || now - this.#last < REDRAW_MS) return;
    this.#last = now;
    this.#screen.write(`\r\u001b[K${barLine(standing, this.#screen.columns || 80)}`);
  }

  /** For work that counts `unit`s up to `total`: to be told how many are done, a fraction too. */
  counting(what: string, unit: string, total: number): (done: number) => void {
    const begun = this.#now();
    return (done) => {
      const perSecond = (done * 1000) / (this.#now() - begun);
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

/** The line of a bar, never longer than `columns` - 1: a terminal would wrap it and keep the rest. */
export function barLine(standing: Standing, columns: number): string {
  const { what, share, rate, secondsLeft, more } = standing;
  const part = Math.min(1, Math.max(0, share));
  // 100 % only when all is done.
  const percent = `${String(Math.floor(part * 100)).padStart(3)} %`;
  const left = secondsLeft === null ? null : `${clock(secondsLeft)} left`;
  const rest = [percent, rate, left, more].filter((text) => text).join('  ');
  const room = columns - 1 - what.length - rest.length - 4;
  const width = Math.max(NARROWEST_BAR, Math.min(WIDEST_BAR, room));
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

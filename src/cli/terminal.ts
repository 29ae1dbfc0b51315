import process from 'node:process';

/** One line that is written over again, on a terminal alone; a pipe or `--json` sees nothing of it. */
export class StatusLine {
  readonly #shown: boolean;
  #last = 0;

  constructor(json: boolean) {
    this.#shown = !json && process.stderr.isTTY;
  }

  /** At most ten times a second. */
  show(text: string): void {
    const now = performance.now();
    if (!this.#shown || now - this.#last < 100) return;
    this.#last = now;
    process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns || 80) - 1)}`);
  }

  clear(): void {
    if (this.#shown) process.stderr.write('\r\u001b[K');
  }
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

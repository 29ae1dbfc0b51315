import { cleanText } from './clean-text.ts';

/** An error or a warning of a page or a worker. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: 'error' | 'warning';
  readonly text: string;
}

const MAX_LINES = 50;
const MAX_TEXT = 1000;

/** Records the last errors and warnings that reach the console of a page or a worker, and what nothing catches there. The list grows. */
export function recordLog(
  scope: Pick<EventTarget, 'addEventListener'>,
  console: Pick<Console, 'error' | 'warn'> = globalThis.console,
): readonly LogLine[] {
  const lines: LogLine[] = [];
  const add = (level: LogLine['level'], given: readonly unknown[]) => {
    lines.push({ at: Date.now(), level, text: cleanText(given.map(textOf).join(' '), MAX_TEXT) });
    if (lines.length > MAX_LINES) lines.shift();
  };
  for (const method of ['error', 'warn'] as const) {
    const print = console[method].bind(console);
    console[method] = (...given: unknown[]) => {
      add(method === 'error' ? 'error' : 'warning', given);
      print(...given);
    };
  }
  scope.addEventListener('error', (event) => add('error', [(event as ErrorEvent).message]));
  scope.addEventListener('unhandledrejection', (event) =>
    add('error', [(event as PromiseRejectionEvent).reason]),
  );
  return lines;
}

function textOf(value: unknown): string {
  return value instanceof Error ? `${value.name}: ${value.message}` : String(value);
}

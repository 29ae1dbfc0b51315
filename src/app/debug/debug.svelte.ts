import { wordsOf } from '../../data/error-words.ts';
import type { LogLine } from '../../data/log.ts';
import type { DebugReport } from '../../engine/api.ts';
import { lineOf } from './report.ts';

/** What the debug panel shows; `refresh` asks the worker. */
export class Debug {
  report = $state.raw<DebugReport | null>(null);
  /** Why the worker gave no report. */
  problem = $state('');
  /** Of the page and the worker, the oldest first. */
  lines = $state.raw<readonly string[]>([]);
  readonly #ask: () => Promise<DebugReport>;
  readonly #log: readonly LogLine[];
  #asking = false;

  constructor(ask: () => Promise<DebugReport>, pageLog: readonly LogLine[]) {
    this.#ask = ask;
    this.#log = pageLog;
  }

  /** Does nothing while an earlier report is on its way. */
  async refresh(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      this.report = await this.#ask();
      this.problem = '';
    } catch (error) {
      this.problem = wordsOf(error);
    }
    this.#asking = false;
    const own = this.#log.map((line) => ({ ...line, from: 'page' }));
    const theirs = (this.report?.log ?? []).map((line) => ({ ...line, from: 'worker' }));
    this.lines = [...own, ...theirs].sort((a, b) => a.at - b.at).map(lineOf);
  }
}

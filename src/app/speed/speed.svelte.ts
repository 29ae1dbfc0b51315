import { cleanText } from '../../data/clean-text.ts';
import { wordsOf } from '../../data/error-words.ts';
import type { GreyImages } from '../../data/images.ts';
import type { Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import type { SpeedEvent } from '../../engine/queries/api.ts';
import { families, findFamily } from '../../models/registry.ts';
import { saveBlob } from '../library/files.ts';
import { Newest } from '../newest.ts';
import type { Turn } from '../turn.ts';
import { recordCsv } from './csv.ts';
import { decodeRecord, MAX_BYTES } from './read-record.ts';
import { encodeRecord, type SpeedRecord } from './record.ts';
import { blankRecord, measuredModels, stoppedRecord, withEvent } from './run-record.ts';
import { BACKEND_NAMES, recordName, summary, WORK_NAMES } from './words.ts';

export const BUDGETS = [
  { seconds: 10, text: 'Quick, 10 seconds' },
  { seconds: 60, text: 'Full, a minute' },
] as const;
export type FileKind = 'json' | 'csv';

const TYPES: Readonly<Record<FileKind, string>> = { json: 'application/json', csv: 'text/csv' };

interface SpeedPorts {
  readonly engine: Pick<Engine, 'speed'>;
  readonly turn: Turn;
  readonly digits: () => Promise<Result<GreyImages>>;
  readonly machine: () => SpeedRecord['machine'];
  /** Saves a file as a download of the browser. */
  readonly save?: (name: string, content: Blob) => void;
  readonly now?: () => number;
}

/** A result that was opened from a file. */
export interface OpenedRecord {
  readonly file: string;
  readonly record: SpeedRecord;
}

/** Lab > Speed: a run of the bench, its result, and an earlier one beside it. */
export class Speed {
  seconds = $state<number>(60);
  running = $state(false);
  /** What is measured now; null while the run waits for its turn. */
  progress = $state.raw<{ readonly done: number; readonly total: number; readonly name: string } | null>(
    null,
  );
  /** What was measured here, also while it is. */
  current = $state.raw<SpeedRecord | null>(null);
  earlier = $state.raw<OpenedRecord | null>(null);
  /** One sentence on the outcome of the last action. */
  said = $state('');
  error = $state('');
  readonly #ports: SpeedPorts;
  readonly #run = new Newest();
  /** Whether `current` is of the run under way. */
  #measuring = false;

  constructor(ports: SpeedPorts) {
    this.#ports = ports;
  }

  /** What is shown and exported: what was measured here, else what was opened. */
  get shown(): SpeedRecord | null {
    return this.current ?? this.earlier?.record ?? null;
  }

  /** What `shown` is compared with. */
  get compared(): SpeedRecord | null {
    return this.current && (this.earlier?.record ?? null);
  }

  async start(): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.said = '';
    this.error = '';
    this.progress = null;
    try {
      const ended = await this.#run.run(
        (signal) => this.#ports.turn.longWork.during(() => this.#measure(signal)),
        (reason) => this.#fail(reason),
      );
      if (!ended && this.error === '') this.#stopped('stopped');
    } finally {
      this.running = false;
      this.#measuring = false;
      this.progress = null;
    }
  }

  cancel(): void {
    this.#run.abort();
  }

  /** Opens a result that was exported, for comparison. */
  async open(file: File): Promise<void> {
    this.said = '';
    this.error = '';
    const name = cleanText(file.name);
    const read = await readFile(file);
    if (!read.ok) {
      this.error = `Not opened. ${name}: ${read.reason}.`;
      return;
    }
    this.earlier = { file: name, record: read.value };
    this.said = `Opened ${name}.`;
  }

  closeEarlier(): void {
    this.earlier = null;
    this.said = '';
  }

  /** The file of what is shown, as text. */
  textOf(kind: FileKind): string {
    const { shown } = this;
    if (!shown) return '';
    return kind === 'json' ? encodeRecord(shown) : recordCsv(shown);
  }

  save(kind: FileKind): void {
    const { shown } = this;
    if (!shown) return;
    const name = `${recordName(shown.measuredAt)}.${kind}`;
    (this.#ports.save ?? saveBlob)(name, new Blob([this.textOf(kind)], { type: TYPES[kind] }));
    this.error = '';
    this.said = `Given to the browser's downloads as ${name}.`;
  }

  async #measure(signal: AbortSignal): Promise<void> {
    const { engine, turn, digits, machine, now = Date.now } = this.#ports;
    const images = await digits();
    signal.throwIfAborted();
    if (!images.ok) throw new Error(`Starter digits: ${images.reason}`);
    // A training run would take the time that is measured.
    const done = await turn.take();
    try {
      signal.throwIfAborted();
      const begun = now();
      const about = { measuredAt: begun, seconds: this.seconds, machine: machine() };
      this.current = blankRecord(families, about, images.value);
      this.#measuring = true;
      const request = { seconds: this.seconds, images: images.value, models: measuredModels(families) };
      const onEvent = (event: SpeedEvent) => {
        if (!signal.aborted) this.#take(event);
      };
      const measured = await engine.speed.measure(request, onEvent, signal);
      signal.throwIfAborted();
      if (!measured.ok) throw new Error(measured.reason);
      this.said = summary(this.current, (now() - begun) / 1000);
    } finally {
      done();
    }
  }

  #take(event: SpeedEvent): void {
    const { current } = this;
    if (!current) return;
    if (event.type !== 'begun') {
      this.current = withEvent(current, event);
      if (event.type === 'rate' && this.progress)
        this.progress = { ...this.progress, done: this.progress.done + 1 };
      return;
    }
    const { backend, family, work } = event;
    const what = family === null ? 'product of matrices' : (findFamily(family)?.label ?? family);
    const name = `${BACKEND_NAMES[backend]}: ${what}${work ? `, ${WORK_NAMES[work].toLowerCase()}` : ''}`;
    this.progress = { done: this.progress?.done ?? 0, total: 6 * current.rows.length, name };
  }

  #fail(reason: string): void {
    this.error = `The measurement ended early. ${reason}`;
    this.#stopped('the measurement ended early');
  }

  #stopped(reason: string): void {
    const { current } = this;
    // Of a run that was stopped before its turn there is nothing; the result before it stays.
    if (!current || !this.#measuring) return;
    this.current = stoppedRecord(current, reason);
    if (this.error === '')
      this.said = summary(this.current, ((this.#ports.now ?? Date.now)() - current.measuredAt) / 1000);
  }
}

async function readFile(file: File): Promise<Result<SpeedRecord>> {
  // Before it is read into memory.
  if (file.size > MAX_BYTES)
    return {
      ok: false,
      reason: `size: ${file.size} bytes, more than the ${MAX_BYTES} that a result may have`,
    };
  try {
    return decodeRecord(new Uint8Array(await file.arrayBuffer()));
  } catch (error) {
    return { ok: false, reason: `the browser could not read it (${wordsOf(error)}); choose it again` };
  }
}

import type { Binarisation } from '../../data/binarisation.ts';
import { binarisationOf } from '../../data/binarise.ts';
import type { Result } from '../../data/result.ts';
import type { TrainProgress } from '../../engine/api.ts';
import { families, findFamily } from '../../models/registry.ts';
import type { ModelRecord } from '../../store/records.ts';
import { STARTER } from '../compare/counted-models.ts';
import { countable, refused, upToGrid } from '../compare/choice.ts';
import { BoardRows } from './board-rows.svelte.ts';
import { curveValues, runCurve } from './curve.ts';
import { setsElsewhere } from './elsewhere-sets.ts';
import type { OpenedFile } from './read-results.ts';
import { ResultFiles } from './result-files.svelte.ts';
import { type FamilyBoard, familyBoards } from './by-family.ts';
import { keptRow, loadImages, trainedRow } from './measured-rows.ts';
import { choicesOf, type PresetId, presetOf } from './presets.ts';
import { type SizeParameter, sizeParametersOf } from './size-parameters.ts';
import type { SizeCurve } from './stored.ts';
import type { BoardSet, LeaderboardPorts } from './ports.ts';
import { type Candidate, candidatesOf, expectedSeconds, type LeaderRow } from './rows.ts';
import { Newest } from '../newest.ts';
import { obstacle } from '../training/training-sets.ts';

interface BoardProgress {
  readonly done: number;
  readonly total: number;
  /** The model that is being trained or measured. */
  readonly name: string;
  readonly phase: 'fetching' | 'waiting' | 'training' | 'measuring';
  /** Null while it is not known. */
  readonly secondsLeft: number | null;
}

/** The leaderboard: the families trained on one data set side by side, and one hyper-parameter as a curve. */
export class Leaderboard {
  readonly #ports: LeaderboardPorts;
  readonly sizeParameters: readonly SizeParameter[] = sizeParametersOf(countable(families));
  datasetId = $state<string>(STARTER.id);
  binarise = $state<Binarisation['kind']>('stochastic');
  /** For families trained by EM or gradient descent; counted ones need one epoch. */
  epochs = $state(5);
  /** Choices of candidates, and ids of stored models, for the next run. */
  chosen = $state.raw<readonly string[]>(countable(families).map((spec) => spec.id));
  models = $state.raw<readonly string[]>([]);
  running = $state<'board' | 'curve' | null>(null);
  progress = $state.raw<BoardProgress | null>(null);
  error = $state('');
  /** Why a model of the last run has no row. */
  failures = $state.raw<readonly { readonly name: string; readonly reason: string }[]>([]);
  readonly results: ResultFiles;
  readonly #run = new Newest();
  readonly #board: BoardRows;

  constructor(ports: LeaderboardPorts) {
    this.#ports = ports;
    this.#board = new BoardRows(ports);
    this.results = new ResultFiles({
      open: () => this.open(),
      rows: () => this.rows,
      shown: () => this.shown,
      put: (rows) => this.#board.put(...rows),
    });
  }

  /** Reads the rows of earlier visits, once. After a failure the next call tries again. */
  async open(): Promise<Result<null>> {
    return await this.#board.open();
  }

  /** Shows the rows that a backup has added to the stored ones. */
  async reread(): Promise<void> {
    await this.#board.reread();
  }

  get rows(): readonly LeaderRow[] {
    return this.#board.rows;
  }

  get curve(): SizeCurve | null {
    return this.#board.curve;
  }

  /** False until the rows of earlier visits have been read. */
  get ready(): boolean {
    return this.#board.ready;
  }

  /** Why the rows shown are not stored, if so. */
  get warning(): string {
    return this.#board.warning;
  }

  /** The data sets that can be trained on, and those that rows of files name. */
  get sets(): readonly BoardSet[] {
    const here = this.#ports.sets();
    return [...here, ...setsElsewhere(this.rows, here)];
  }

  get set(): BoardSet {
    return this.sets.find((each) => each.id === this.datasetId) ?? this.sets[0];
  }

  get binarisation(): Binarisation {
    return binarisationOf(this.binarise, 0);
  }

  /** None where the images are not here. */
  get candidates(): readonly Candidate[] {
    return this.set.elsewhere ? [] : candidatesOf(families, this.set.grid, this.set.images);
  }

  /** Models trained in the Play room on this data set. */
  get keptModels(): readonly ModelRecord[] {
    const { id, grid } = this.set;
    return this.#ports
      .models()
      .filter((m) => m.dataset.id === id && m.grid.width === grid.width && m.grid.height === grid.height);
  }

  get shown(): readonly LeaderRow[] {
    return this.rows.filter((row) => row.dataset.id === this.set.id);
  }

  /** Why a candidate can't be trained on the data set, as a sentence; null where it can. */
  obstacle({ family, hyper }: Candidate): string | null {
    const spec = findFamily(family);
    return spec ? obstacle(spec, hyper, this.set.grid, this.set) : null;
  }

  /** The same in two or three words; the sentence is among those below the board. */
  shortObstacle(candidate: Candidate): string | null {
    if (this.obstacle(candidate) === null) return null;
    const { grid, labelled } = this.set;
    const spec = findFamily(candidate.family);
    if (!spec || refused(spec, grid, candidate.hyper) === null) return labelled ? 'not here' : 'needs labels';
    return upToGrid(spec, grid, candidate.hyper) ?? 'not here';
  }

  /** Those that can be trained on the data set. */
  get able(): readonly Candidate[] {
    return this.candidates.filter((each) => this.obstacle(each) === null);
  }

  /** The preset whose models are ticked; null where there is none. */
  get preset(): PresetId | null {
    return presetOf(this.chosen, this.able);
  }

  choosePreset(preset: PresetId): void {
    this.chosen = choicesOf(preset, this.able);
  }

  /** How many models the next run trains or measures. */
  get due(): number {
    const trained = this.able.filter(({ choice }) => this.chosen.includes(choice));
    return trained.length + this.keptModels.filter(({ id }) => this.models.includes(id)).length;
  }

  /** What the candidates reached on the data set, family by family. */
  get boards(): readonly FamilyBoard[] {
    return familyBoards(this.shown, this.candidates);
  }

  expected(candidate: Candidate): number | null {
    return expectedSeconds(this.rows, candidate, this.set.images, this.#epochsOf(candidate.family));
  }

  toggle(choice: string, on: boolean): void {
    this.chosen = on ? [...this.chosen, choice] : this.chosen.filter((each) => each !== choice);
  }

  toggleModel(id: string, on: boolean): void {
    this.models = on ? [...this.models, id] : this.models.filter((each) => each !== id);
  }

  async remove(...ids: readonly string[]): Promise<void> {
    await this.#board.remove((row) => ids.includes(row.id));
  }

  /** Adds the results of files, and turns to their data set where they are of no other one. */
  async openResults(files: readonly OpenedFile[]): Promise<void> {
    const added = await this.results.open(files);
    const first = added.at(0);
    if (first && !this.running && !added.some(({ dataset }) => dataset.id === this.set.id))
      this.datasetId = first.dataset.id;
  }

  /** Removes the rows of the data set shown. */
  async reset(): Promise<void> {
    const { id } = this.set;
    await this.#board.remove((row) => row.dataset.id === id);
  }

  cancel(): void {
    this.#run.abort();
  }

  /** Trains and measures the chosen candidates and models, one after the other. */
  async start(): Promise<void> {
    const { set, binarisation } = this;
    const trained = this.able.filter((each) => this.chosen.includes(each.choice));
    const kept = this.keptModels.filter((model) => this.models.includes(model.id));
    const total = trained.length + kept.length;
    await this.#during('board', total, async (signal) => {
      const prepared = await loadImages(this.#ports, set.id, binarisation);
      if (!prepared.ok) return prepared.reason;
      for (const [done, candidate] of trained.entries()) {
        const own = this.expected(candidate);
        const after = trained.slice(done + 1).map((each) => this.expected(each));
        const rest = after.reduce<number | null>(
          (sum, s) => (sum === null || s === null ? null : sum + s),
          0,
        );
        const work = {
          ...prepared.value,
          set,
          binarisation,
          candidate,
          epochs: this.#epochsOf(candidate.family),
          onPhase: (phase: BoardProgress['phase'], now: TrainProgress | null) => {
            const left = now ? (now.secondsLeft ?? own) : own;
            const secondsLeft = left === null || rest === null ? null : left + rest;
            this.progress = { done, total, name: candidate.name, phase, secondsLeft };
          },
        };
        const made = await trainedRow(this.#ports, work, signal);
        if (made.ok) await this.#board.put(made.value);
        else this.failures = [...this.failures, { name: candidate.name, reason: made.reason }];
      }
      for (const [at, model] of kept.entries()) {
        const done = trained.length + at;
        this.progress = { done, total, name: model.name, phase: 'measuring', secondsLeft: null };
        const made = await keptRow(this.#ports, set.id, model, signal);
        if (made.ok) await this.#board.put(made.value);
        else this.failures = [...this.failures, { name: model.name, reason: made.reason }];
      }
      return null;
    });
  }

  /** Measures the curve of a size parameter: a model of every size, each trained in the same way. */
  async startCurve(sizeParameter: SizeParameter): Promise<void> {
    const { set, binarisation } = this;
    const { grid } = set;
    const total = curveValues(sizeParameter, grid).length;
    await this.#during('curve', total, async (signal) => {
      const prepared = await loadImages(this.#ports, set.id, binarisation);
      if (!prepared.ok) return prepared.reason;
      const work = {
        ...prepared.value,
        ...{ sizeParameter, grid, binarisation },
        onModel: (done: number, name: string) =>
          (this.progress = { done, total, name, phase: 'training', secondsLeft: null }),
        onCurve: (curve: SizeCurve) => (this.#board.curve = curve),
      };
      const reason = await runCurve(this.#ports, work, signal);
      if (reason === null) await this.#board.keepCurve();
      return reason;
    });
  }

  async #during(
    what: 'board' | 'curve',
    total: number,
    work: (signal: AbortSignal) => Promise<string | null>,
  ): Promise<void> {
    if (this.running || total === 0 || this.set.elsewhere) return;
    this.running = what;
    this.error = '';
    this.failures = [];
    this.progress = { done: 0, total, name: '', phase: 'fetching', secondsLeft: null };
    const before = this.curve;
    const ended = await this.#run.run(
      async (signal) => {
        this.error = (await this.#ports.turn.longWork.during(() => work(signal))) ?? '';
      },
      (reason) => (this.error = `The run ended early: ${reason}`),
    );
    // An incomplete curve is discarded.
    if (what === 'curve' && (!ended || this.error !== '')) this.#board.curve = before;
    this.running = null;
    this.progress = null;
  }

  #epochsOf(family: string): number {
    return findFamily(family)?.training === 'counted' ? 1 : this.epochs;
  }
}

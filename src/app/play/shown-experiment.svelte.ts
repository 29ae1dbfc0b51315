import { type Grid, unpackImage } from '../../data/images.ts';
import { families } from '../../models/registry.ts';
import type { ModelRecord } from '../../store/records.ts';
import type { Choice } from '../compare/choice.ts';
import type { ModelSlot } from '../compare/model-slot.svelte.ts';
import { type Side, SIDES } from '../sides.ts';
import { atGrid, type Experiment, formatExperiment, parseExperiment } from '../experiment.ts';
import { sameGrid } from '../grids.ts';
import type { Notices } from '../notices.svelte.ts';
import type { DrawingStorage } from '../pad/drawing-storage.svelte.ts';
import type { Pad } from '../pad/pad.svelte.ts';
import { preference, savePreference } from '../preferences.ts';
import type { Questions } from '../questions/questions.svelte.ts';
import type { Router } from '../router.svelte.ts';
import type { SampleGrids } from '../samples/samples.svelte.ts';
import { formatSharedView, parseSharedView } from '../shared-view.ts';
import type { SlotModels } from '../slot-models.ts';
import type { Training } from '../training/training.svelte.ts';

interface Ports {
  readonly router: Router;
  readonly notices: Notices;
  readonly pad: Pad;
  readonly drawingStorage: DrawingStorage;
  readonly slots: Readonly<Record<Side, ModelSlot>>;
  readonly models: SlotModels;
  readonly sampleGrids: SampleGrids;
  readonly questions: Questions;
  readonly training: Training;
}

/** The experiment that the Play room shows. It is read from the address and written to it; slots, pad and samples are kept in line with it. */
export class ShownExperiment {
  readonly #ports: Ports;
  current = $state.raw<Experiment>(parseExperiment('', families));

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Begins with the experiment of the address, or else with that of the last visit, and follows later links. No model is loaded yet. */
  open(): void {
    const { router, pad, slots, sampleGrids, models, training } = this.#ports;
    router.query ||= preference('inkling-play') ?? '';
    this.#followLink(router.query);
    pad.setGrid(this.current.grid);
    // Shown before their models are there.
    for (const side of SIDES) slots[side].choice = this.current[side];
    router.onLink = (query) => {
      const { grid } = this.current;
      this.#followLink(query);
      sampleGrids.restart();
      if (!sameGrid(grid, this.current.grid)) this.#clearSlots();
      void models.loadBoth();
    };
    for (const side of SIDES)
      slots[side].onModel = (_, learning) => {
        // The grid changes to the next model of a run by itself, after its current samples.
        if (!learning || !slots[side].canSample) sampleGrids.reopen(side);
        if (side === 'right' && !slots.right.snapshot) training.snapshots.left();
      };
    sampleGrids.onChange = () =>
      this.change({ seed: sampleGrids.seed, temperature: sampleGrids.temperature });
  }

  /** Address that opens the Play room as it is now: models, question, seed, drawing and hidden pixels. */
  get link(): string {
    const { pad, questions } = this.#ports;
    const view = { drawing: unpackImage(pad.seen.packed, 0), mask: questions.sharedMask() };
    return `${location.origin}${location.pathname}#/play?${formatExperiment(this.current)}&${formatSharedView(view)}`;
  }

  /** Changes a part of the experiment, in the address too, and for the next visit. */
  change(part: Partial<Experiment>): void {
    this.current = { ...this.current, ...part };
    const query = formatExperiment(this.current);
    this.#ports.router.replaceQuery(query);
    savePreference('inkling-play', query);
  }

  /** The address no longer says what lies on the pad: a drawing that it carries is left out. */
  dropLinkedDrawing(): void {
    if (/(^|&)drawing=/.test(this.#ports.router.query)) this.change({});
  }

  choose(side: Side, choice: Choice): void {
    const { models, training } = this.#ports;
    // A model chosen by hand stays in the slot: the run's model is no longer shown there.
    if (side === 'right' && training.busy) training.show = false;
    this.change(side === 'left' ? { left: choice } : { right: choice });
    void models.load(side, choice);
  }

  /** Changes the grid of both models, the pad and the samples. The choice of the side `unchanged` stays. */
  setGrid(grid: Grid, unchanged: Side | null = null): void {
    if (sameGrid(grid, this.current.grid)) return;
    this.change(atGrid(this.current, grid, families, unchanged));
    this.#clearSlots();
    void this.#ports.models.loadBoth();
  }

  /** Whether slot B shows the model of the current training run. */
  showLearning(show: boolean): void {
    const { models, slots, training } = this.#ports;
    training.show = show;
    if (!show && slots.right.learning) void models.load('right', this.current.right);
  }

  /** Slot B shows the model that a run ended with, or else its own again. */
  afterRun(model: ModelRecord | null): void {
    const { models, slots, training } = this.#ports;
    const fits = model !== null && sameGrid(model.grid, this.current.grid);
    if (fits && training.show) this.choose('right', { kind: 'trained', id: model.id });
    else if (slots.right.learning) void models.load('right', this.current.right);
  }

  /** Empties slots and samples before models of another grid are loaded. */
  #clearSlots(): void {
    const { slots, sampleGrids, drawingStorage, pad } = this.#ports;
    for (const side of SIDES) slots[side].clear();
    sampleGrids.clear();
    void drawingStorage.changePage(() => pad.setGrid(this.current.grid));
  }

  #followLink(query: string): void {
    const { questions, drawingStorage, notices, sampleGrids, training } = this.#ports;
    this.current = parseExperiment(query, families);
    questions.current = this.current.ask;
    const { drawing, mask, damaged } = parseSharedView(query, this.current.grid);
    drawingStorage.link(drawing);
    if (mask !== null) questions.linkedMask = mask;
    if (damaged.length > 0)
      notices.say(
        'link',
        `The link is damaged: its ${damaged.join(' and ')} cannot be read. Ask for it again.`,
        { tone: 'warning' },
      );
    else notices.drop('link');
    sampleGrids.seed = this.current.seed;
    sampleGrids.temperature = this.current.temperature;
    if (!training.busy) training.form.takeBinarisation(this.current.binarisation);
  }
}

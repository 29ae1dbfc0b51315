import { type Grid, unpackImage } from '../../data/images.ts';
import { families } from '../../models/registry.ts';
import type { ModelRecord } from '../../store/records.ts';
import type { Choice } from '../compare/choice.ts';
import type { ModelSlot } from '../compare/model-slot.svelte.ts';
import { type Side, SIDES } from '../sides.ts';
import { atGrid, type Experiment, formatExperiment, parseExperiment } from '../experiment.ts';
import { sameGrid } from '../grids.ts';
import type { Library } from '../library/library.svelte.ts';
import type { Notices } from '../notices.svelte.ts';
import type { DrawingStorage } from '../pad/drawing-storage.svelte.ts';
import type { Pad } from '../pad/pad.svelte.ts';
import { preference, savePreference } from '../preferences.ts';
import { QuestionChoices } from '../questions/choices.svelte.ts';
import type { Questions } from '../questions/questions.svelte.ts';
import type { Router } from '../router.svelte.ts';
import type { SampleGrids } from '../samples/samples.svelte.ts';
import { RecipeRuns } from '../share/recipe-runs.svelte.ts';
import { recipeOf } from '../recipes/recipe.ts';
import { formatView, readView, type WholeView } from '../share/whole-view.ts';
import type { SlotModels } from '../slot-models.ts';
import type { Training } from '../training/training.svelte.ts';

interface Ports {
  readonly router: Router;
  readonly notices: Notices;
  readonly library: Pick<Library, 'models'>;
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
  /** Models of links, trained here. */
  readonly recipeRuns: RecipeRuns;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.recipeRuns = new RecipeRuns({
      training: ports.training,
      experiment: () => this.current,
      choose: (side, choice) => this.choose(side, choice),
    });
  }

  /** Begins with the experiment of the address, or else with that of the last visit, and follows later links. No model is loaded yet. */
  open(): void {
    const { router, pad, slots, sampleGrids, models, training } = this.#ports;
    const linked = router.query !== '';
    router.query ||= preference('inkling-play') ?? '';
    sampleGrids.showLinked(this.#followLink(router.query, linked));
    pad.setGrid(this.current.grid);
    // Shown before their models are there.
    for (const side of SIDES) slots[side].choice = this.current[side];
    router.onLink = (query) => {
      const { grid } = this.current;
      const shown = this.#followLink(query, true);
      if (!sameGrid(grid, this.current.grid)) this.#clearSlots();
      sampleGrids.showLinked(shown);
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

  /** Address that opens the Play room as it is now, with the drawing or without. */
  linkTo({ drawing }: { readonly drawing: boolean }): string {
    const { pad, questions, sampleGrids } = this.#ports;
    const query = formatView({
      experiment: this.shared,
      choices: questions.panelState(QuestionChoices),
      drawing: drawing ? unpackImage(pad.seen.packed, 0) : null,
      mask: questions.sharedMask(),
      side: questions.side,
      pixel: questions.sharedPixel,
      pace: sampleGrids.pace,
      first: sampleGrids.first,
    });
    return `${location.origin}${location.pathname}#/play?${query}`;
  }

  get link(): string {
    return this.linkTo({ drawing: true });
  }

  /** The experiment as another browser can open it: a model that was trained here is named by its recipe, where it has one. */
  get shared(): Experiment {
    const { library } = this.#ports;
    const choiceOf = (choice: Choice): Choice => {
      const model = choice.kind === 'trained' && library.models.find(({ id }) => id === choice.id);
      const recipe = model ? recipeOf(model) : null;
      return recipe ? { kind: 'recipe', recipe } : choice;
    };
    const { left, right } = this.current;
    return { ...this.current, left: choiceOf(left), right: choiceOf(right) };
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

  /** The model of a link's recipe is here. The address keeps the recipe, and the drawing of the link with it, until something is changed. */
  found(side: Side, id: string): void {
    const choice: Choice = { kind: 'trained', id };
    this.current = { ...this.current, [side]: choice };
    this.#ports.slots[side].choice = choice;
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

  /** Slot B, or the side that asked for the run, shows the model that it ended with; slot B else its own again. */
  afterRun(model: ModelRecord | null): void {
    const { models, slots, training } = this.#ports;
    const { side } = this.recipeRuns;
    const fits = model !== null && sameGrid(model.grid, this.current.grid);
    const ended = fits && (side !== null || training.show);
    if (ended) this.choose(side ?? 'right', { kind: 'trained', id: model.id });
    if (slots.right.learning && !(ended && side !== 'left')) void models.load('right', this.current.right);
  }

  /** Empties slots and samples before models of another grid are loaded. */
  #clearSlots(): void {
    const { slots, sampleGrids, drawingStorage, pad } = this.#ports;
    for (const side of SIDES) slots[side].clear();
    sampleGrids.clear();
    void drawingStorage.changePage(() => pad.setGrid(this.current.grid));
  }

  /** `linked`: the query is that of a link, of whose faults the visitor is told once. Returns what the samples show. */
  #followLink(
    query: string,
    linked: boolean,
  ): Pick<WholeView, 'pace' | 'first'> & Pick<Experiment, 'seed' | 'temperature'> {
    const { questions, drawingStorage, notices, router, training } = this.#ports;
    const { view, remark } = readView(query, questions.panelState(QuestionChoices));
    this.current = view.experiment;
    questions.current = this.current.ask;
    questions.side = view.side;
    questions.linkedPixel = view.pixel;
    drawingStorage.link(view.drawing);
    if (view.mask !== null) questions.linkedMask = view.mask;
    if (remark !== '' && linked) {
      notices.say('link', remark, { tone: 'warning' });
      // After a reload the address says what is shown.
      router.replaceQuery(formatView(view));
    } else notices.drop('link');
    if (!training.busy) training.form.takeBinarisation(this.current.binarisation);
    const { seed, temperature } = this.current;
    return { seed, temperature, pace: view.pace, first: view.first };
  }
}

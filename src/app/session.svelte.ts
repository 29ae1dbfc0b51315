import { untrack } from 'svelte';
import type { GreyImages } from '../data/images.ts';
import type { BackendPreference, DebugReport } from '../engine/api.ts';
import type { DatasetRecord } from '../store/records.ts';
import { announceEngineEnd, announceStartFailure, announceUpdate, reloadOnceSaved } from './announcements.ts';
import { Questions } from './questions/questions.svelte.ts';
import { BackendState } from './backend.svelte.ts';
import { Calibrator } from './calibration/calibrator.svelte.ts';
import { Counting } from './compare/counted-models.ts';
import { gridFor } from './grids.ts';
import { DrawingStorage } from './pad/drawing-storage.svelte.ts';
import { offerInterrupted } from './training/interrupted.ts';
import { arrayReader } from './import/array-reader.ts';
import { Imports } from './import/imports.svelte.ts';
import type { LabPorts, LabState } from './lab-state.ts';
import { SessionTools } from './learn/chapter-tools.ts';
import { loadTrainingData } from './training/training-data.ts';
import { FileOpening } from './files/file-opening.ts';
import { Library } from './library/library.svelte.ts';
import { ModelFiles } from './library/model-files.ts';
import { MNIST_ID, MnistDownload } from './library/mnist.svelte.ts';
import { Motion } from './motion.svelte.ts';
import { Notices } from './notices.svelte.ts';
import { Persistence } from './backup/persistence.svelte.ts';
import { Pad } from './pad/pad.svelte.ts';
import { ShownExperiment } from './play/shown-experiment.svelte.ts';
import { PlayView } from './play/view.svelte.ts';
import { pageEngine } from './page-engine.ts';
import { savePreference, preference } from './preferences.ts';
import { ModelSlot } from './compare/model-slot.svelte.ts';
import { type Side, SIDES } from './sides.ts';
import { SlotModels } from './slot-models.ts';
import { Router } from './router.svelte.ts';
import type { ModelInput } from './pad/model-input.ts';
import { standInsFor } from './stand-ins/choice.ts';
import { standInModel } from './stand-ins/model.ts';
import { Theme } from './theme.svelte.ts';
import { Training } from './training/training.svelte.ts';
import { Turn } from './turn.ts';
import { Updates } from './updates.svelte.ts';
import { WakeLock } from './wake-lock.ts';
import { SampleGrids } from './samples/samples.svelte.ts';

/** The state of the page and its connection to the engine: created once, by main.ts. */
export class Session {
  readonly theme = new Theme();
  readonly motion = new Motion();
  readonly router = new Router();
  readonly notices = new Notices();
  readonly updates = new Updates({
    reload: (reload) =>
      reloadOnceSaved(
        this.notices,
        () => this.drawingStorage.save(),
        () => this.library.unkept.length,
        () => this.training,
        reload,
      ),
    busy: () => this.training.busy || this.#turn.longWork.busy,
  });
  readonly library = new Library(this.notices);
  readonly persistence = new Persistence();
  readonly mnist = new MnistDownload();
  readonly pad = new Pad();
  readonly #client = pageEngine;
  readonly #engine = this.#client.engine;
  readonly modelFiles = new ModelFiles({
    engine: this.#engine,
    library: this.library,
    notices: this.notices,
  });
  readonly backend = new BackendState(this.#engine, this.notices);
  readonly slots: Readonly<Record<Side, ModelSlot>> = {
    left: new ModelSlot('left', this.#engine),
    right: new ModelSlot('right', this.#engine),
  };
  readonly sampleGrids = new SampleGrids(this.#engine, this.slots);
  readonly #turn = new Turn();
  readonly #counting = new Counting(this.#engine, this.#turn);
  readonly drawingStorage = new DrawingStorage(
    this.pad,
    this.library,
    this.notices,
    () => this.experiment.current.binarisation,
  );
  readonly training = new Training({
    grid: () => this.experiment.current.grid,
    engine: this.#engine,
    turn: this.#turn,
    trainingData: (id) => loadTrainingData(id, this.#starter, this.library, this.mnist),
    hasData: (id) => this.library.dataset(id) !== undefined,
    saveRun: (run) => this.library.putRun(run),
    storedRun: (id) => this.library.run(id),
    dropRun: (id) => this.library.deleteRun(id),
    finishRun: (model, runId) => this.library.finishRun(model, runId),
    onLearning: (model) => void this.#models.loadLearning(model),
    onSnapshot: (model, runId, step) => void this.#models.loadSnapshot(model, runId, step),
    onEnded: (model) => this.experiment.afterRun(model),
  });
  /** Files on their way into the library, from wherever they are dropped. */
  readonly imports = new Imports({
    readers: [arrayReader(this.#engine)],
    putFiles: (dataset, payload) => this.library.putFiles(dataset, payload),
    notices: this.notices,
    train: (dataset) => this.#trainOn(dataset),
  });
  readonly chapterTools = new SessionTools(this.#engine, this.theme, this.motion, this.#turn);
  readonly #calibrator = new Calibrator({
    engine: this.#engine,
    slots: this.slots,
    painted: () => this.pad.cells,
    digits: () => this.chapterTools.digits('unseen'),
    keep: (id, scores) => this.library.addUnseen(id, scores),
  });
  readonly questions = new Questions({
    engine: this.#engine,
    turn: this.#turn,
    slots: this.slots,
    calibrator: this.#calibrator,
    pad: this.pad,
    drawingStorage: this.drawingStorage,
    library: this.library,
    mnist: this.mnist,
    training: this.training,
    showLearning: (show) => this.experiment.showLearning(show),
    theme: this.theme,
    motion: this.motion,
    starter: () => this.#fetchStarter(),
    binarisation: () => this.experiment.current.binarisation,
    onQuestion: (ask) => this.experiment.change({ ask }),
    reload: () => this.updates.reload(),
    choose: (side, choice) => this.experiment.choose(side, choice),
    standInsFor,
    standInModel: (choices, signal) =>
      standInModel(
        choices,
        {
          engine: this.#engine,
          turn: this.#turn,
          starter: () => this.#fetchStarter(),
          experiment: () => this.experiment.current,
          modelOf: (counted) => this.#models.modelOf(counted),
        },
        signal,
      ),
  });
  /** Which parts of the Play room are shown. */
  readonly view = new PlayView(this.questions);
  readonly files = new FileOpening({
    lab: () => this.#labCreated,
    imports: this.imports,
    models: this.modelFiles,
    choose: (side, choice) => this.experiment.choose(side, choice),
    router: this.router,
    notices: this.notices,
  });
  #starter: GreyImages | null = null;
  #lab: LabState | null = null;
  #resolveLab: (lab: LabState) => void = () => undefined;
  readonly #labCreated = new Promise<LabState>((resolve) => (this.#resolveLab = resolve));
  readonly #models = new SlotModels({
    slots: this.slots,
    library: this.library,
    counting: this.#counting,
    starter: () => this.#fetchStarter(),
    experiment: () => this.experiment.current,
    training: () => this.training.busy,
    onGrid: (grid, side) => this.experiment.setGrid(grid, side),
    onFound: (side, id) => this.experiment.found(side, id),
  });
  readonly experiment: ShownExperiment = new ShownExperiment({
    router: this.router,
    notices: this.notices,
    library: this.library,
    pad: this.pad,
    drawingStorage: this.drawingStorage,
    slots: this.slots,
    models: this.#models,
    sampleGrids: this.sampleGrids,
    questions: this.questions,
    training: this.training,
  });
  #markShown: () => void = () => undefined;
  readonly #shown = new Promise<void>((resolve) => (this.#markShown = resolve));

  async start(): Promise<void> {
    this.experiment.open();
    $effect.root(() => {
      $effect(() => {
        const { state } = this.updates;
        untrack(() => announceUpdate(this.notices, state, this.updates));
      });
      $effect(() => {
        const { busy, trained } = this.training;
        // Deleted, it needs no snapshots any more.
        if (!busy && trained && this.library.models.every(({ id }) => id !== trained.id))
          untrack(() => this.training.discardSnapshots());
      });
      // The screen of a phone stays on while something is computed that takes minutes.
      const wakeLock = new WakeLock();
      $effect(() => wakeLock.want(this.training.working || this.#turn.longWork.busy));
      for (const side of SIDES) $effect(() => this.#calibrator.follow(this.slots[side]));
    });
    this.#client.onDeath((reason) =>
      announceEngineEnd(this.notices, reason, () => void this.#restartEngine()),
    );
    this.library.onKept = () => void this.persistence.askOnce();
    this.library.onBlocking = async () => {
      await this.drawingStorage.save();
    };
    void this.files.start();
    addEventListener('pagehide', () => void this.drawingStorage.save());
    addEventListener('online', () => {
      void this.#models.retryFetched();
      for (const slot of Object.values(this.slots))
        if (slot.unseen.failure !== '') this.#calibrator.retry(slot);
    });
    // The engine and the store begin once there is something to look at.
    await this.#shown;
    const backend = preference('inkling-backend');
    const watching = this.backend.watch();
    if (backend === 'webgpu' || backend === 'cpu') void this.backend.prefer(backend);
    try {
      // Learn, or a figure of it in another page, needs neither models nor a drawing.
      const playing = this.router.outsideLearn(
        () => this.#openPlay(),
        (error) => announceStartFailure(this.notices, error),
      );
      await Promise.all([watching, playing, this.#openLibrary()]);
    } finally {
      await this.updates.register();
    }
  }

  /** The room of the address shows what it was opened for. */
  roomShown(): void {
    this.#markShown();
  }

  /** Both slots read the drawing, and it is saved after a moment. */
  readDrawing(input: ModelInput): void {
    for (const slot of Object.values(this.slots)) slot.read(input.packed);
    this.drawingStorage.saveSoon();
    if (this.pad.origin === 'visitor') this.experiment.dropLinkedDrawing();
  }

  /** On a small grid: whether whole pixels are painted, or a drawing is pooled. */
  setWhole(whole: boolean): void {
    void this.drawingStorage.changePage(() => this.pad.setWhole(whole));
  }

  /** From any room: the panel for training. */
  openTraining(): void {
    // Before the address changes: it then names this panel.
    this.view.reveal('training');
    this.router.go('play');
  }

  /** From any room: one panel of the Play room at a time, large. */
  present(): void {
    this.router.go('play');
    void this.view.present();
  }

  prefer(preferred: BackendPreference): void {
    savePreference('inkling-backend', preferred);
    void this.backend.prefer(preferred);
  }

  debugReport(): Promise<DebugReport> {
    return this.#engine.debug();
  }

  /** After the edit of a shader during development: both slots and the samples are computed anew. */
  async replaceShader(path: string, source: string): Promise<void> {
    await this.#engine.replaceShader(path, source);
    await Promise.all(SIDES.map((side) => this.slots[side].reload()));
    this.sampleGrids.restart();
  }

  /** Fetches MNIST without training on it. */
  async fetchMnist(): Promise<void> {
    const trainingData = await loadTrainingData(MNIST_ID, null, this.library, this.mnist);
    if (!trainingData.ok && trainingData.reason !== 'cancelled')
      this.notices.say('mnist', trainingData.reason, { tone: 'warning' });
  }

  /** The state of the Lab, created when it is first opened: what it measures goes on in other rooms. */
  labState(create: (ports: LabPorts) => LabState): LabState {
    this.#lab ??= create({
      engine: this.#engine,
      turn: this.#turn,
      library: this.library,
      mnist: this.mnist,
      starter: () => this.#starter,
      drawingStorage: this.drawingStorage,
      offerInterrupted: () => this.#offerInterrupted(),
    });
    this.#resolveLab(this.#lab);
    return this.#lab;
  }

  /** From any room: the panel for training, with this data set, on its own grid where the page has that. */
  #trainOn({ id, grid }: DatasetRecord): void {
    this.training.form.datasetId = id;
    const shown = gridFor(grid);
    if (shown) this.experiment.setGrid(shown);
    this.notices.drop('import');
    this.openTraining();
  }

  /** Draws what the Play room shows first. */
  async #openPlay(): Promise<void> {
    await Promise.all([this.drawingStorage.open(), this.#models.loadFirst()]);
  }

  async #fetchStarter(): Promise<GreyImages | null> {
    const starter = await this.chapterTools.digits('starter');
    if (starter.ok) this.#starter = starter.value;
    else this.notices.say('starter', `Starter digits: ${starter.reason}`, { tone: 'error' });
    return this.#starter;
  }

  async #openLibrary(): Promise<void> {
    await this.library.open();
    await this.#offerInterrupted();
  }

  async #offerInterrupted(): Promise<void> {
    await offerInterrupted(this.library, this.training.checkpoints);
  }

  async #restartEngine(): Promise<void> {
    this.#client.restart();
    this.training.snapshots.forget();
    void this.backend.watch();
    await Promise.all([this.#models.reload(), this.questions.reload()]);
    this.sampleGrids.restart();
  }
}

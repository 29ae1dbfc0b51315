import { type Auroc, aurocs, findings, type Ranked, type Scores } from '../../stats/detection.ts';
import type { Binarisation } from '../../data/binarisation.ts';
import type { PackedImages } from '../../data/images.ts';
import { indexRange } from '../../data/rng.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { DatasetRecord, ModelRecord } from '../../store/records.ts';
import { referenceBinarisation } from '../calibration/reference.ts';
import type { AnomalyCalibration } from './calibration.ts';
import type { QuestionPorts } from '../questions/ports.ts';
import { count, plural } from '../format.ts';
import { describeGrid, sameGrid } from '../grids.ts';
import { Newest } from '../newest.ts';
import { loadTrainingData } from '../training/training-data.ts';
import { TestDigits } from '../hidden-units/test-digits.svelte.ts';

/** Images of each set, at most: scoring them takes a second or two. */
const MAX_IMAGES = 2000;
/** With fewer images in either set the AUROC is too noisy to show. */
const MIN_IMAGES = 10;

export interface Comparison {
  /** Name of the data set. */
  readonly outside: string;
  readonly areas: Readonly<Record<Ranked, Auroc>>;
  /** Sentences: images were pooled, or only some of them used. */
  readonly caveats: readonly string[];
}

/** The model that the panel is about. */
interface QueriedModel {
  readonly calibration: () => AnomalyCalibration | null;
  readonly model: () => ModelRecord | null;
  readonly score: (images: PackedImages, signal: AbortSignal) => Promise<Result<Scores>>;
}

/** AUROC of the detectors between test digits and the images of one of the visitor's data sets. */
export class ComparisonSet {
  readonly #ports: QuestionPorts;
  readonly #queried: QueriedModel;
  readonly digits: TestDigits;
  /** Id of the chosen data set; empty for the first. */
  chosen = $state('');
  busy = $state(false);
  failure = $state('');
  comparison = $state.raw<Comparison | null>(null);
  readonly #run = new Newest();

  constructor(ports: QuestionPorts, queried: QueriedModel) {
    this.#ports = ports;
    this.#queried = queried;
    this.digits = new TestDigits(() => ports.drawingStorage.testDigits);
  }

  /** Data sets to compare with: all but MNIST itself. */
  get sets(): readonly DatasetRecord[] {
    return this.#ports.library.datasets.filter(
      ({ origin, count }) => !origin.startsWith('mnist') && count > 0,
    );
  }

  get outside(): DatasetRecord | null {
    return this.sets.find((each) => each.id === this.chosen) ?? this.sets.at(0) ?? null;
  }

  /** Drops the result: the model or the data set changed. */
  reset(): void {
    this.#run.abort();
    this.busy = false;
    this.failure = '';
    this.comparison = null;
  }

  choose(id: string): void {
    this.chosen = id;
    this.reset();
  }

  async compare(): Promise<void> {
    this.reset();
    this.busy = true;
    await this.#run.run(
      async (signal) => {
        const found = await this.#compare(signal);
        signal.throwIfAborted();
        if (!found.ok) throw new Error(found.reason);
        this.busy = false;
        this.comparison = found.value;
      },
      (reason) => {
        this.busy = false;
        this.failure = reason;
      },
    );
  }

  async #compare(signal: AbortSignal): Promise<Result<Comparison>> {
    const calibration = this.#queried.calibration();
    const model = this.#queried.model();
    const { outside } = this;
    if (!calibration || !model) return fail('The model is not ready yet: try again in a moment.');
    if (!outside) return fail('There is no set to compare with: import one in the Lab, or keep drawings.');
    // As the drawing, and as the digits of the calibration.
    const binarisation = referenceBinarisation(model, this.#ports.pad.cells);
    const digits = await this.digits.of(model.grid, binarisation, signal);
    if (!digits) return fail('The test digits are not here: reload to try again.');
    const others = await this.#imagesOf(outside, model, binarisation);
    if (!others.ok) return others;
    const few = Math.min(digits.images.count, others.value.count);
    if (few < MIN_IMAGES)
      return fail(
        `${outside.name} has ${plural(few, 'image')}: with fewer than ${MIN_IMAGES} the figure would be a matter of luck.`,
      );
    const inside = await this.#queried.score(digits.images, signal);
    if (!inside.ok) return inside;
    const scored = await this.#queried.score(others.value, signal);
    if (!scored.ok) return scored;
    const [own, other] = [inside.value, scored.value].map((scores) => findings(calibration.scores, scores));
    const areas = aurocs(own, other);
    return ok({ outside: outside.name, areas, caveats: caveatsOf(outside, model, others.value.count) });
  }

  async #imagesOf(
    outside: DatasetRecord,
    { grid, binarisation: trained }: ModelRecord,
    binarisation: Binarisation,
  ): Promise<Result<PackedImages>> {
    const { engine, library, mnist, starter } = this.#ports;
    if (outside.grid.width < grid.width || outside.grid.height < grid.height)
      return fail(
        `The images of ${outside.name} have ${describeGrid(outside.grid)} pixels, fewer than the model's ${describeGrid(grid)}: choose a smaller grid at the pad.`,
      );
    const trainingData = await loadTrainingData(outside.id, await starter(), library, mnist);
    if (!trainingData.ok) return trainingData;
    const { images, dataset } = trainingData.value;
    const rows = indexRange(0, Math.min(dataset.images, MAX_IMAGES));
    // Images of bits may hold 0 and 1, as those of a model that was trained on bits: these have no threshold.
    const bits =
      trained.kind === 'none' && (await engine.pack({ images, rows, grid, binarisation: trained }));
    return bits && bits.ok ? bits : await engine.pack({ images, rows, grid, binarisation });
  }
}

function caveatsOf(outside: DatasetRecord, { grid }: ModelRecord, used: number): string[] {
  const caveats: string[] = [];
  if (!sameGrid(outside.grid, grid))
    caveats.push(`Its images of ${describeGrid(outside.grid)} pixels were pooled to ${describeGrid(grid)}.`);
  if (used < outside.count)
    caveats.push(`The first ${plural(used, 'image')} of ${count(outside.count)} were looked at.`);
  return caveats;
}

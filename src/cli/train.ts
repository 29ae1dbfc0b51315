import { availableParallelism, cpus } from 'node:os';
import { basename } from 'node:path';
import process from 'node:process';
import type { Result } from '../data/result.ts';
import { yieldToEventLoop } from '../data/slices.ts';
import type { Checkpoint, TrainEvent, TrainOutcome } from '../engine/api.ts';
import { RunControl } from '../engine/training/run-control.ts';
import { train as runTraining, type UnpackedJob } from '../engine/training/trainer.ts';
import { VERSION } from '../data/version.ts';
import { encodeModel, type Provenance } from '../models/model-file.ts';
import type { Tensors } from '../models/model.ts';
import { BackendSupply } from './backend.ts';
import { command, reportOnce } from './command.ts';
import { onEndSignal } from './end-signals.ts';
import { writeBytes } from './files.ts';
import { type Reached, RunFiles } from './run-files.ts';
import { COMMON, type Options } from './options.ts';
import { ProgressBar } from './terminal.ts';
import { readTrainCommand } from './train-command.ts';
import { trainNotes, trainOptions } from './train-options.ts';
import { barStateOf, report } from './train-report.ts';
import { measureTest, resultFile, type Tested } from './train-result.ts';

export const train = command({
  name: 'train',
  summary: 'Trains one model.',
  notes: trainNotes,
  options: trainOptions,
  run: async (options, given) => {
    const read = readTrainCommand(options);
    if (!read.ok) return read;
    const { job, kind, source, datasetSha256 } = read.value;
    const supply = new BackendSupply(kind, options.workers);
    const first = await supply.open();
    if (!first.ok) return first;
    const control = new RunControl();
    const bar = new ProgressBar(options.json);
    const machine = describeMachine();
    const sha256 = datasetSha256();
    const made = {
      dataset: source,
      ...(sha256 === null ? {} : { datasetSha256: sha256 }),
      backend: kind,
      command: lineOf(given),
      machine,
      version: VERSION,
    };
    const files = new RunFiles(read.value, (tensors, reached) => encode(tensors, reached, job, made));
    const release = onEndSignal(() => {
      control.stop();
      files.end();
    });
    let stepsPerEpoch = 1;
    const onEvent = (event: TrainEvent) => {
      if (event.type !== 'progress') return;
      stepsPerEpoch = event.progress.steps / event.progress.epochs;
      bar.show(barStateOf(event.progress));
    };
    const onCheckpoint = (checkpoint: Checkpoint) =>
      files.checkpoint(checkpoint, checkpoint.step / stepsPerEpoch);
    let outcome: Result<TrainOutcome>;
    let tested: Tested | null = null;
    try {
      outcome = await runTraining(job, {
        control,
        backend: () => supply.now(),
        yieldToEventLoop,
        onEvent,
        onCheckpoint,
      });
      const { test } = read.value;
      if (outcome.ok && outcome.value.ended !== 'stopped' && test !== null) {
        const done = bar.counting('measuring', 'images', test.count);
        tested = await measureTest(await supply.now(), read.value, outcome.value, test, done);
      }
    } finally {
      bar.clear();
      supply.destroy();
      release();
    }
    if (!outcome.ok) return outcome;
    let written = files.finish(outcome.value);
    const result = written.ok ? resultFile(read.value, outcome.value, tested, machine) : null;
    if (result) written = writeBytes('--result', result.path, result.bytes);
    return reportOnce(written, report(read.value, outcome.value, supply.description, tested));
  },
});

/** The command line without folders, and without what does not change the model: "train --family nade --images digits.idx". */
function lineOf(given: ReadonlyMap<string, string | true>): string {
  const options: Options = { ...trainOptions, ...COMMON };
  const words = [...given]
    .filter(([name]) => options[name].file !== 'output' && name !== 'json')
    .flatMap(([name, value]) =>
      value === true ? [`--${name}`] : [`--${name}`, options[name].file ? basename(value) : value],
    );
  return ['train', ...words].join(' ');
}

/** "AMD EPYC Processor, 2 cores" */
function describeMachine(): string {
  const cores = availableParallelism();
  // Empty where the system does not say.
  const first = cpus().at(0);
  return `${first?.model.trim() || process.arch}, ${cores} ${cores === 1 ? 'core' : 'cores'}`;
}

function encode(
  tensors: Tensors,
  { step, epochs, seconds, train, validation }: Reached,
  job: UnpackedJob,
  made: Pick<Provenance, 'dataset' | 'datasetSha256' | 'backend' | 'command' | 'machine' | 'version'>,
): Uint8Array {
  const { family, grid, hyper, images, binarisation, seed } = job;
  const targets = job.training === 'descended' ? job.targets : undefined;
  const drawn = { binarisation, ...(targets ? { targets } : {}) };
  return encodeModel({
    model: { family, grid, hyper, tensors },
    provenance: {
      ...made,
      images: images.count,
      ...drawn,
      seed,
      epochs,
      steps: step,
      seconds,
      ...(train && { train }),
      ...(validation && { validation }),
    },
  });
}

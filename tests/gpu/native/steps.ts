/** The steps of the script one after the other, each with a share of the time. */
import process from 'node:process';
import { createBackend } from '../../../src/cli/backend.ts';
import type { Result } from '../../../src/data/result.ts';
import { createCpuBackend } from '../../../src/engine/backends/cpu.ts';
import { createWebGpuBackend } from '../../../src/engine/backends/webgpu/backend.ts';
import { requestAdapter } from '../../../src/gpu/adapter.ts';
import { openDevice, type DeviceOptions } from '../../../src/gpu/device.ts';
import { mutate } from '../mutate.ts';
import { isWrong } from '../parity.ts';
import { shareDevice } from '../shared-device.ts';
import { Budget } from './budget.ts';
import { runChecks } from './check.ts';
import type { NamedImages } from './images.ts';
import { runMeasurements } from './measure.ts';
import type { GpuOptions } from './options.ts';
import type { ReportWriter } from './report-writer.ts';
import {
  type CheckReport,
  type CheckResult,
  type GpuReport,
  type Step,
  STEPS,
  type TrainRun,
} from './report.ts';
import { runTrainings, splitImages } from './train.ts';
import { readTrained } from './trained.ts';

/** Shares of the time of all steps. */
const WEIGHTS: Readonly<Record<Step, number>> = { check: 3, measure: 3, train: 4 };
/** The process ends so many seconds after its time even where a driver hangs. */
const GRACE_SECONDS = 60;

export interface Found {
  readonly gpu: GPU;
  /** Null where only the checks are asked for. */
  readonly images: NamedImages | null;
  readonly root: string;
}

type Say = (line: string) => void;

export async function runSteps(
  options: GpuOptions,
  found: Found,
  writer: ReportWriter,
  say: Say,
): Promise<GpuReport> {
  const { report } = writer;
  const whole = new Budget(options.minutes * 60);
  const release = endInTime(options, writer);
  // One device for all steps, so that no kernel is compiled twice; another one where something went wrong on it.
  let gpu = shareDevice(found.gpu);
  for (const [at, step] of options.only.entries()) {
    const waiting = options.only.slice(at);
    const weights = waiting.reduce((sum, each) => sum + WEIGHTS[each], 0);
    const budget = whole.part(WEIGHTS[step] / weights);
    say(`${step}: ${Math.round(budget.left)} s`);
    try {
      await RUN[step]({ options, found, gpu, budget, writer, say });
      if ((report.check?.failed ?? 0) > 0) gpu = shareDevice(found.gpu);
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      report.errors.push({ step, message });
      say(`${step}: ${message}`);
      gpu = shareDevice(found.gpu);
    }
    writer.now();
  }
  release();
  report.passed = report.errors.length === 0 && (report.check?.failed ?? 0) === 0;
  report.complete = isComplete(report);
  writer.now();
  say(summaryOf(report, writer.path));
  return report;
}

function isComplete({ errors, check, measure, train }: GpuReport): boolean {
  const skipped = (check?.skipped ?? 0) + (measure?.skipped.length ?? 0) + (train?.skipped.length ?? 0);
  return errors.length === 0 && skipped === 0 && !train?.runs.some(({ ended }) => ended === 'time');
}

function summaryOf({ seconds, complete, passed, software, check, errors }: GpuReport, path: string): string {
  const parts = [
    ...(check
      ? [`${check.passed} checks passed, ${check.failed} failed, ${check.skipped} left out for want of time`]
      : []),
    ...(errors.length > 0 ? [`${errors.length} steps threw`] : []),
    `${complete ? 'complete' : 'not complete'} after ${Math.round(seconds)} s`,
    ...(software ? ['computed in software: no figure of a GPU'] : []),
  ];
  return `${passed ? 'passed' : 'FAILED'}: ${parts.join('; ')}; report: ${path}`;
}

/** Writes what there is and ends the process on a signal, or long after its time. */
function endInTime({ minutes }: GpuOptions, writer: ReportWriter): () => void {
  const end = (why: string, code: number) => {
    writer.report.errors.push({ step: STEPS.find((step) => !writer.report[step]) ?? 'train', message: why });
    writer.report.passed = false;
    writer.now();
    process.exit(code);
  };
  const seconds = minutes * 60 + GRACE_SECONDS;
  const timer = setTimeout(() => end(`not ended after ${seconds} s`, 1), seconds * 1000);
  const signals = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const;
  const listeners = signals.map(([signal, code]) => {
    const listener = () => end(`ended by ${signal}`, code);
    process.once(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    clearTimeout(timer);
    for (const release of listeners) release();
  };
}

interface StepContext {
  readonly options: GpuOptions;
  readonly found: Found;
  readonly gpu: GPU;
  readonly budget: Budget;
  readonly writer: ReportWriter;
  readonly say: Say;
}

const RUN: Readonly<Record<Step, (context: StepContext) => Promise<void>>> = { check, measure, train };

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

/** log p of a pixel a ten-thousandth too large. */
const PLANTED: DeviceOptions = {
  sources: mutate('lib/math.wgsl', '-softplus(select(', '-1.0001 * softplus(select('),
};

async function check({ options, gpu, budget, writer, say }: StepContext): Promise<void> {
  const report: CheckReport = { passed: 0, failed: 0, skipped: 0, seconds: 0, checks: [] };
  writer.report.check = report;
  const planted = options.plantError ? PLANTED : {};
  const webgpu = valueOf(await createWebGpuBackend(gpu, planted));
  const portable = valueOf(await createWebGpuBackend(gpu, { ...planted, subgroups: false }));
  const device = valueOf(await openDevice(gpu, planted));
  const material = {
    backends: { found: webgpu, expected: createCpuBackend() },
    portable,
    device,
    sizes: writer.report.sizes,
    families: options.families,
  };
  await runChecks(material, budget, report, (result) => {
    if (result.status === 'failed') say(failureOf(result));
    writer.soon();
  });
  webgpu.destroy();
  portable.destroy();
  device.destroy();
  say(`${report.passed} passed, ${report.failed} failed, ${report.skipped} left out`);
}

function failureOf({ model, grid, what, findings, message }: CheckResult): string {
  const wrong = findings
    .filter(isWrong)
    .map((each) => `${each.what} ${each.error.toPrecision(3)}, allowed below ${each.bound}`);
  return `FAILED ${model} ${grid} ${what}: ${message ?? wrong.join('; ')}`;
}

async function measure({ options, found, gpu, budget, writer, say }: StepContext): Promise<void> {
  const { report } = writer;
  report.measure = { seconds: 0, matmul: null, bandwidth: null, latency: null, rows: [], skipped: [] };
  const webgpu = valueOf(await createWebGpuBackend(gpu));
  const portable = valueOf(await createWebGpuBackend(gpu, { subgroups: false }));
  const cpu = valueOf(await createBackend('cpu', null));
  const material = {
    ...{ gpu: webgpu, portable, cpu, images: found.images!, trained: readTrained(found.root) },
    ...{ sizes: report.sizes, families: options.families, requestDevice: () => openRaw(found.gpu) },
  };
  try {
    await runMeasurements(material, budget, report.measure, (line) => {
      say(line);
      writer.soon();
    });
  } finally {
    report.machine.cpu = cpu.description;
    webgpu.destroy();
    portable.destroy();
    cpu.destroy();
  }
}

/** An adapter gives one device: each has one of its own. */
async function openRaw(gpu: GPU): Promise<GPUDevice> {
  return await valueOf(await requestAdapter(gpu)).requestDevice();
}

async function train({ options, found, gpu, budget, writer, say }: StepContext): Promise<void> {
  const { report } = writer;
  const images = found.images!;
  const split = splitImages(images, report.sizes);
  report.train = {
    ...{ seconds: 0, images: images.name, runs: [], skipped: [] },
    ...{ learntFrom: split.train.count, heldBack: split.validation.count },
  };
  const webgpu = valueOf(await createWebGpuBackend(gpu));
  const material = { gpu: webgpu, images, sizes: report.sizes, families: options.families };
  try {
    await runTrainings(material, budget, report.train, (family, { seconds, epoch, validation }) => {
      say(
        `${family}: ${validation.toFixed(2)} nats after ${epoch.toFixed(1)} epochs, ${seconds.toFixed(1)} s`,
      );
      writer.soon();
    });
  } finally {
    webgpu.destroy();
  }
  for (const run of report.train.runs) say(runLine(run));
}

function runLine({
  family,
  nats,
  goal,
  reached,
  seconds,
  secondsToGoal,
  ended,
  stepsPerSecond,
}: TrainRun): string {
  const end = reached
    ? `reached ${goal} after ${(secondsToGoal ?? seconds).toFixed(1)} s`
    : `did not reach ${goal} (ended by ${ended})`;
  return `${family}: ${nats?.toFixed(2) ?? 'no'} nats, ${end}; ${stepsPerSecond.toFixed(1)} steps/s`;
}

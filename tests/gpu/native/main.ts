/** The entry of `npm run gpu`; its bundle is also that of the cpu backend's workers. */
import process from 'node:process';
import { createDawn } from '../../../src/cli/dawn.ts';
import { answerTheCommandLine } from '../../../src/cli/pool-workers.ts';
import { requestAdapter } from '../../../src/gpu/adapter.ts';
import { adapterLines, describeAdapter, describeMachine } from './adapter.ts';
import { readImages } from './images.ts';
import { HELP, type GpuOptions, readOptions } from './options.ts';
import { type AdapterReport, type GpuReport, SCHEMA } from './report.ts';
import { runSteps } from './steps.ts';
import { ReportWriter } from './report-writer.ts';

answerTheCommandLine();

const REMEDY =
  "Install the GPU's driver with Vulkan, or name its JSON file in INKLING_VULKAN_DRIVER (/usr/share/vulkan/icd.d/nvidia_icd.json, for example); libvulkan.so.1 is needed beside it.";
const SOFTWARE = 'This adapter computes on the processor: none of the figures says anything about a GPU.';

const say = (line: string) => void process.stdout.write(`${line}\n`);
const complain = (line: string) => void process.stderr.write(`${line}\n`);

/**
 * Runs the script and returns the exit code. `root` holds public/data and public/models: the checkout, or the folder that --bundle
 * wrote. Throws only on bugs of the script.
 */
export async function main(args: readonly string[], root: string): Promise<0 | 1 | 2> {
  const options = readOptions(args);
  if (!options.ok) {
    complain(options.reason);
    return 2;
  }
  if (options.value === 'help') {
    say(HELP);
    return 0;
  }
  return await start(options.value, root);
}

async function start(options: GpuOptions, root: string): Promise<0 | 1 | 2> {
  const needsImages = options.only.some((step) => step !== 'check');
  const images = needsImages ? readImages(options.images, root) : null;
  if (images && !images.ok) {
    complain(images.reason);
    return 2;
  }
  const gpu = await createDawn();
  const adapter = gpu.ok ? await requestAdapter(gpu.value) : gpu;
  if (!gpu.ok || !adapter.ok) {
    complain(`${adapter.ok ? '' : adapter.reason} ${REMEDY}`);
    return 2;
  }
  const described = describeAdapter(adapter.value);
  for (const line of adapterLines(described)) say(line);
  if (described.software && !options.software) {
    complain(
      `No GPU was found, only ${described.name}. ${REMEDY} With --software this adapter is taken, with small sizes.`,
    );
    return 2;
  }
  if (described.software) say(SOFTWARE);
  const writer = new ReportWriter(options.out, reportOf(options, described));
  const found = { gpu: gpu.value, images: images?.value ?? null, root };
  const { passed } = await runSteps(options, found, writer, say);
  return passed ? 0 : 1;
}

function reportOf(options: GpuOptions, adapter: AdapterReport): GpuReport {
  const { minutes, only, plantError } = options;
  return {
    schema: SCHEMA,
    began: new Date().toISOString(),
    seconds: 0,
    complete: false,
    passed: true,
    software: adapter.software,
    sizes: options.sizes ?? (adapter.software ? 'small' : 'full'),
    minutes,
    only,
    plantedError: plantError,
    machine: describeMachine(),
    adapter,
    errors: [],
  };
}

import { formatBinarisation } from '../data/binarise.ts';
import { pixelCount } from '../data/images.ts';
import { ok } from '../data/result.ts';
import { estimateOf } from '../engine/training/summary.ts';
import { command, onBackend, reportOnce } from './command.ts';
import { writeBytes } from './files.ts';
import { checkLogProbabilities } from './log-probabilities.ts';
import { aboutImages, aboutModel, readInputs } from './model-files.ts';
import { BINARISE, IMAGES, input, MODEL, optional, output, WORKERS } from './options.ts';
import { logLikelihoodOf } from './pieces.ts';

export const score = command({
  name: 'score',
  summary: 'Mean log p of images under a model, in nats an image, with its standard error.',
  options: {
    model: MODEL,
    images: IMAGES,
    labels: optional(input('IDX', 'classes of the images, which are checked and not used')),
    binarise: BINARISE,
    workers: WORKERS,
    'per-image': optional(output('FILE', 'log p of each image in nats, little-endian float32')),
  },
  run: (options) => {
    const inputs = readInputs(options);
    if (!inputs.ok) return Promise.resolve(inputs);
    const { model, file, images, binarisation } = inputs.value;
    return onBackend(options, async (backend, bar) => {
      const evaluator = await backend.open(model);
      const done = bar.counting('scoring', 'images', images.count);
      const logLikelihood = await logLikelihoodOf(evaluator, images, done);
      evaluator.destroy();
      const checked = checkLogProbabilities(file, 'log p', logLikelihood);
      if (!checked.ok) return checked;
      const path = options['per-image'];
      const written = path === null ? ok(null) : writeBytes('--per-image', path, littleEndian(logLikelihood));

      const { nats, standardError } = estimateOf(logLikelihood);
      const bitsPerPixel = nats / (pixelCount(model.grid) * Math.LN2);
      const about = aboutModel(model, backend);
      return reportOnce(written, {
        json: {
          ...about.json,
          images: images.count,
          meanLogLikelihood: -nats,
          standardError,
          bitsPerPixel,
          backend: backend.kind,
          binarisation: formatBinarisation(binarisation),
        },
        text: [
          about.text,
          aboutImages(inputs.value),
          `log p ${(-nats).toFixed(3)} nats an image, standard error ${standardError.toFixed(3)}`,
          `${bitsPerPixel.toFixed(5)} bits per pixel`,
        ],
      });
    });
  },
});

function littleEndian(values: Float64Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, i) => view.setFloat32(i * 4, value, true));
  return new Uint8Array(view.buffer);
}

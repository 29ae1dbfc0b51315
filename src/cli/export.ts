import { ok } from '../data/result.ts';
import { yieldToEventLoop } from '../data/slices.ts';
import { convertModel } from '../models/export/convert.ts';
import { type FormatId, MODEL_FORMATS } from '../models/export/formats.ts';
import { decodeModel } from '../models/model-file.ts';
import { findFamily } from '../models/registry.ts';
import { command, reportOnce } from './command.ts';
import { readBytes, writeBytes } from './files.ts';
import { sizeOf } from './model-files.ts';
import { choice, MODEL, optional, output } from './options.ts';
import { grouped } from './terminal.ts';

const FORMATS = ['safetensors', 'onnx', 'npz'] as const satisfies readonly FormatId[];

export const exportModel = command({
  name: 'export',
  summary: 'Writes a model in a format that other programs read, and its model card.',
  notes: `Formats:
${FORMATS.map((id) => `  ${id}: ${MODEL_FORMATS.find((each) => each.id === id)!.about}`).join('\n')}
An ONNX graph takes x, [batch, n] float32 of 0 and 1, and gives log_p, [batch] in nats, logits, [batch, n], and of models that know classes class_log_p,
[batch, 10]; docs/onnx.md says more. An NPZ archive holds the weights by name, the metadata as JSON in "metadata", and the model card. A file
of safetensors stays as it is, byte for byte. docs/loaders has loaders for NumPy and PyTorch.`,
  options: {
    model: MODEL,
    format: choice('FORMAT', '', FORMATS),
    out: output('FILE', 'the model in that format'),
    card: optional(output('FILE', 'its model card as Markdown: what it is, and what its numbers depend on')),
  },
  run: async ({ model: path, format, out, card }) => {
    const bytes = readBytes('--model', path);
    if (!bytes.ok) return bytes;
    const file = decodeModel(bytes.value, path);
    if (!file.ok) return file;
    const converted = await convertModel(bytes.value, path, format, yieldToEventLoop);
    if (!converted.ok) return converted;
    const text = card === null ? ok(null) : await convertModel(bytes.value, path, 'card', yieldToEventLoop);
    if (!text.ok) return text;
    const written = writeBytes('--out', out, converted.value);
    const both =
      written.ok && card !== null && text.value !== null ? writeBytes('--card', card, text.value) : written;
    const { family, grid } = file.value.model;
    return reportOnce(both, {
      json: { family, grid: sizeOf(grid), format, bytes: converted.value.length, out, card },
      text: [
        `${findFamily(family)?.label} of ${sizeOf(grid)} pixels as ${format}: ${grouped(converted.value.length)} bytes written to ${out}`,
        card === null ? null : `its model card written to ${card}`,
      ],
    });
  },
});

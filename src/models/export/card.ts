/**
 * A model card as hubs of models expect it, README.md: data for their search at the head, then what the model is, what its numbers depend on, how
 * well it does, how its files are read, and the card of the family.
 */
import { describeBinarisation } from '../../data/binarise.ts';
import { cleanText } from '../../data/clean-text.ts';
import type { FamilySpec } from '../family-spec.ts';
import type { ModelFile } from '../model-file.ts';
import type { Model } from '../model.ts';
import { findFamily, folderOf, isClassConditional, valueIn, valueName } from '../registry.ts';
import type { Estimate } from '../runs.ts';

const texts = import.meta.glob<string>('../*/*.md', { query: '?raw', import: 'default' });
/** A line that stands for the text of another file of the folder, as src/build/cards.ts has it. */
const SHARED = /^\[\[([\w-]+\.md)\]\]$/m;

/** The card as Markdown. Throws for a model of an unknown family. */
export async function cardOf(file: ModelFile): Promise<string> {
  const { model } = file;
  const spec = findFamily(model.family);
  if (!spec) throw new Error(`family: "${model.family}" is unknown`);
  const { width, height } = model.grid;
  const title = `${spec.label}${isClassConditional(model) ? ', a model of every class' : ''}: binary images of ${width} × ${height} pixels`;
  return [
    frontMatter(file, spec),
    `# ${title}`,
    spec.idea,
    `Trained with Inkling, a playground for probability distributions over binary images. ${whatItGives(spec)}`,
    '## What its numbers depend on',
    table(provenanceRows(file, spec)),
    ...evaluation(file),
    '## How to read it',
    reading(spec),
    await familyText(model.family),
    '',
  ].join('\n\n');
}

function whatItGives({ task }: FamilySpec): string {
  return task === 'density'
    ? 'It gives every image x a probability p(x), and draws images from it.'
    : 'It gives the probability p(y | x) of every class y of an image x, and knows no p(x).';
}

/** YAML; every text as JSON writes it, which YAML reads. */
function frontMatter({ model, provenance, published }: ModelFile, spec: FamilySpec): string {
  const density = spec.task === 'density';
  const tags = ['inkling', density ? 'density-estimation' : 'classification', 'binary-images', spec.id];
  const measured = published
    ? ([
        ['validation', published.validation],
        ['test', published.test],
      ] as const)
    : provenance.validation
      ? ([['validation', provenance.validation]] as const)
      : [];
  const results = measured.flatMap(([split, { nats }]) => [
    '      - type: nll',
    `        name: ${JSON.stringify(`mean ${lossOf(spec)} in nats, ${split}`)}`,
    `        value: ${Number(nats.toFixed(4))}`,
  ]);
  const pipeline = density ? 'unconditional-image-generation' : 'image-classification';
  const dataset = JSON.stringify(cleanText(provenance.dataset));
  return [
    '---',
    'library_name: inkling',
    `pipeline_tag: ${pipeline}`,
    'tags:',
    ...tags.map((tag) => `  - ${tag}`),
    ...(results.length === 0
      ? []
      : [
          'model-index:',
          `  - name: ${JSON.stringify(`${spec.label} ${model.grid.width}x${model.grid.height}`)}`,
          '    results:',
          '    - task:',
          `        type: ${pipeline}`,
          '      dataset:',
          `        name: ${dataset}`,
          `        type: ${dataset}`,
          '      metrics:',
          ...results,
        ]),
    '---',
  ].join('\n');
}

function lossOf({ task }: FamilySpec): string {
  return task === 'density' ? '-log p(x)' : '-log p(y | x)';
}

type Row = readonly [name: string, value: string];

function provenanceRows({ model, provenance }: ModelFile, spec: FamilySpec): Row[] {
  const optional = (name: string, value: string | undefined): Row[] =>
    value ? [[name, escaped(value)]] : [];
  return [
    ['Family', `${spec.label} (\`${spec.id}\`)`],
    ...hyperRows(model, spec),
    [
      'Parameters',
      `${grouped(spec.parameterCount(model.grid, model.hyper))} (${escaped(spec.parameterFormula)})`,
    ],
    ['Data set', escaped(provenance.dataset)],
    ['Images', grouped(provenance.images)],
    ...(provenance.datasetSha256
      ? [['SHA-256 of the images', `\`${escaped(provenance.datasetSha256)}\``] satisfies Row]
      : []),
    ['Binarisation', describeBinarisation(provenance.binarisation)],
    ...optional('Targets', provenance.targets),
    ['Seed', String(provenance.seed)],
    [spec.training === 'em' ? 'Iterations' : 'Epochs', decimal(provenance.epochs)],
    ['Steps', grouped(provenance.steps)],
    ['Seconds', decimal(provenance.seconds)],
    ['Backend', provenance.backend === 'cpu' ? 'CPU' : 'WebGPU'],
    ...optional('Machine', provenance.machine),
    ...optional('Command', provenance.command),
    ...optional('Version of Inkling', provenance.version),
  ];
}

function hyperRows({ hyper }: Model, spec: FamilySpec): Row[] {
  return spec.hyperparameters.map((p) => {
    const value = valueIn(hyper, p);
    return [p.label, escaped(p.choices ? valueName(p, value) : `${value} ${p.unit}`.trim())];
  });
}

function evaluation({ model, provenance, published }: ModelFile): string[] {
  const spec = findFamily(model.family)!;
  const under = describeBinarisation(published?.binarisation ?? provenance.binarisation);
  const line = (name: string, estimate: Estimate | undefined): string[] =>
    estimate
      ? [
          `| ${name} | ${estimate.nats.toFixed(3)} | ${estimate.standardError.toFixed(3)} | ${grouped(estimate.images)} |`,
        ]
      : [];
  const { train, validation, test } = published ?? { ...provenance, test: undefined };
  const rows = [...line('training', train), ...line('validation', validation), ...line('test', test)];
  if (rows.length === 0) return [];
  const { accuracy } = published ?? {};
  return [
    '## How well it does',
    `Mean ${lossOf(spec)} in nats an image, binarisation ${under}; lower is better.`,
    ['| images | mean | standard error | count |', '| --- | --- | --- | --- |', ...rows].join('\n'),
    ...(accuracy
      ? [
          `It tells ${(100 * accuracy.test.share).toFixed(2)} % of the ${grouped(accuracy.test.images)} test images right (standard error ${(100 * accuracy.test.standardError).toFixed(2)} %).`,
        ]
      : []),
  ];
}

function reading({ task, onnx }: FamilySpec): string {
  const asks = task === 'density' ? '`log_p`' : '`class_log_p`';
  return [
    '- **safetensors** holds the weights by name, and everything above as metadata. Inkling opens it: drop it on the page.',
    '- **NPZ** holds the same for NumPy: `numpy.load(file)["metadata"].item()` is the metadata as JSON.',
    ...(onnx
      ? [
          `- **ONNX** is a graph of opset 17 for any runtime: \`x\`, \`[batch, n]\` float32 of 0 and 1, pixels row by row, gives ${asks} in nats.`,
        ]
      : []),
    '- Loaders of twenty lines for NumPy and PyTorch are in `docs/loaders` of the repository of Inkling.',
  ].join('\n');
}

/** The family's own card, its headings one level lower. */
async function familyText(family: string): Promise<string> {
  const folder = `../${folderOf(family)}`;
  const read = async (path: string) => (await texts[path]()).trim();
  const path = `${folder}/${family}.md` in texts ? `${folder}/${family}.md` : `${folder}/card.md`;
  if (!(path in texts)) return 'There is no card for this family yet.';
  const own = await read(path);
  const shared = SHARED.exec(own)?.at(1);
  const all =
    shared === undefined
      ? own
      : own.replace(SHARED, '').trim() + '\n\n' + (await read(`${folder}/${shared}`)).replace(/^# /, '## ');
  return all.replace(/^#/gm, '##');
}

function table(rows: readonly Row[]): string {
  return ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

/** A text of others in Markdown: cleaned, and without what would be markup. */
function escaped(text: string): string {
  return cleanText(text, 300).replace(/[\\`*_{}[\]<>#|~$]/g, (character) => `\\${character}`);
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

function decimal(value: number): string {
  return String(Number(value.toFixed(2)));
}

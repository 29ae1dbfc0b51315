import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { families, folderOf } from '../../../src/models/registry.ts';
import { graphOf } from './graph.ts';
import { edgesOf, findCycle, readSources } from './imports.ts';
import { brokenRules, familyNames, hyperNames, pageNames } from './rules.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const sources = readSources(root, 'src', ['.ts', '.svelte']);
const ids = families.map((family) => family.id);
const hyperparameters = [
  ...new Set(families.flatMap((spec) => spec.hyperparameters.map(({ name }) => name))),
];
/** Chapters of Learn are about particular families. */
const CHAPTERS = /^src\/learn\/\d\d-[\w-]+\//;
/** What the first screen shows beside each other is a choice of the app's, not of the families'. */
const MAY_NAME_FAMILIES = new RegExp(`^src/app/compare/choice\\.ts$|${CHAPTERS.source}`);

describe('the house', () => {
  it('has files to look at', () => {
    expect(sources.size).toBeGreaterThan(15);
    expect(edgesOf(sources).length).toBeGreaterThan(sources.size);
  });

  it('keeps its import rules', () => {
    expect(brokenRules(edgesOf(sources))).toEqual([]);
  });

  it.each(['src', 'src/engine', 'src/app', 'src/ui', 'src/models', 'src/cli'])(
    'has no circle of rooms in %s, so that some order of them has no arrow upward',
    (part) => {
      const { rooms, circular } = graphOf(sources, part);
      expect(rooms.length).toBeGreaterThan(1);
      expect(circular).toEqual([]);
    },
  );

  it('uses nothing of a page in the worker or the command line', () => {
    expect(pageNames(sources)).toEqual([]);
  });

  it('names a family in its own folders alone', () => {
    expect(familyNames(sources, ids, MAY_NAME_FAMILIES)).toEqual([]);
  });

  it('names a hyper-parameter in the folders of the families alone', () => {
    expect(hyperparameters).toEqual(expect.arrayContaining(['k', 'strength', 'order', 'class-conditional']));
    expect(hyperNames(sources, hyperparameters, CHAPTERS)).toEqual([]);
  });

  it.each(families.map((family) => [family.id, folderOf(family.id)]))(
    '%s has its two folders',
    (_, folder) => {
      for (const file of ['spec.ts', 'reference.ts', 'program.ts', 'card.md'])
        expect(existsSync(`${root}/src/models/${folder}/${file}`), file).toBe(true);
      const own = families.filter((family) => folderOf(family.id) === folder);
      for (const { onnx = false } of own)
        expect(existsSync(`${root}/src/models/${folder}/onnx.ts`)).toBe(onnx);
      const shaders = readdirSync(`${root}/shaders/${folder}`);
      expect(shaders.filter((name) => name.endsWith('.wgsl')).length).toBeGreaterThan(0);
    },
  );

  it('has no shader folder without a family', () => {
    const folders = readdirSync(`${root}/shaders`).filter((name) => name !== 'lib' && name !== 'ops');
    expect(folders.sort()).toEqual([...new Set(ids.map(folderOf))].sort());
  });

  it('keeps bindings and entry points out of shaders/lib', () => {
    for (const [path, text] of readSources(root, 'shaders/lib', ['.wgsl']))
      expect(text, path).not.toMatch(/@group|@binding|@compute/);
  });

  it('tells kernels from included shaders by their place', () => {
    for (const [path, text] of readSources(root, 'shaders', ['.wgsl']))
      expect(text.includes('@compute'), path).toBe(!path.includes('/lib/'));
  });
});

describe('the rules themselves', () => {
  const broken = (path: string, text: string): string[] =>
    brokenRules(edgesOf(new Map([[path, text]]), sources));

  it.each([
    ['data above itself', 'src/data/planted.ts', `import '../models/model.ts';`],
    ['a type import counts', 'src/data/planted.ts', `import type { Model } from '../models/model.ts';`],
    ['an import type counts', 'src/data/planted.ts', `export type M = import('../models/model.ts').Model;`],
    ['an export from counts', 'src/gpu/planted.ts', `export * from '../models/model.ts';`],
    ['a dynamic import counts', 'src/gpu/planted.ts', `await import('../engine/backends/backend.ts');`],
    ['a glob counts', 'src/gpu/planted.ts', `import.meta.glob('../models/*/spec.ts');`],
    ['a list of globs counts', 'src/gpu/planted.ts', `import.meta.glob(['../data/*.ts', '../models/*.ts']);`],
    ['a reference knows no GPU', 'src/models/planted/reference.ts', `import '../../gpu/device.ts';`],
    [
      'row operations know no model',
      'src/simd/planted.ts',
      `import type { Model } from '../models/model.ts';`,
    ],
    ['a reference loads no SIMD', 'src/models/planted/reference.ts', `import '../../simd/load.ts';`],
    ['training knows no SIMD', 'src/engine/training/planted.ts', `import '../../simd/simd.ts';`],
    ['a reference knows no program', 'src/models/planted/reference.ts', `import './program.ts';`],
    ['a spec knows no reference', 'src/models/planted/spec.ts', `import './reference.ts';`],
    ['backends know no training', 'src/engine/backends/planted.ts', `import '../training/run.ts';`],
    ['training knows no queries', 'src/engine/training/planted.ts', `import '../queries/reading.ts';`],
    ['queries know no session', 'src/engine/queries/planted.ts', `import '../session.ts';`],
    ['statistics know no model', 'src/stats/planted.ts', `import '../models/model.ts';`],
    ['the store knows no app', 'src/store/planted.ts', `import '../app/session.svelte.ts';`],
    ['the app knows no backend', 'src/app/planted.ts', `import '../engine/backends/cpu.ts';`],
    ['a shared part knows no state', 'src/ui/parts/planted.ts', `import '../../app/theme.svelte.ts';`],
    [
      'a component knows no engine',
      'src/ui/P.svelte',
      `<script lang="ts">import '../engine/client.ts';</script>`,
    ],
    ['the command line knows no page', 'src/cli/planted.ts', `import '../engine/client.ts';`],
    ["idb is the store's", 'src/store/planted.ts', `import { openDB } from 'idb';`],
    ["comlink is the client's", 'src/engine/planted.ts', `import * as Comlink from 'comlink';`],
    ['unknown packages', 'src/ui/planted.ts', `import 'lodash';`],
    ['unknown rooms', 'src/attic/planted.ts', `import '../data/rng.ts';`],
  ])('catch a planted import: %s', (_, path, text) => {
    expect(broken(path, text)).not.toEqual([]);
  });

  it('catch a planted cycle', () => {
    const planted = new Map([
      ['src/data/a.ts', `import './b.ts';`],
      ['src/data/b.ts', `import type { C } from './c.ts';`],
      ['src/data/c.ts', `export * from './a.ts';`],
    ]);
    expect(findCycle(edgesOf(planted))).toEqual([
      'src/data/a.ts',
      'src/data/b.ts',
      'src/data/c.ts',
      'src/data/a.ts',
    ]);
    planted.set('src/data/c.ts', '');
    expect(findCycle(edgesOf(planted))).toBeNull();
  });

  it('catch a planted circle of rooms', () => {
    const planted = new Map([
      ['src/engine/a/one.ts', `import '../b/one.ts';`],
      ['src/engine/b/two.ts', `import type { A } from '../a/two.ts';`],
      ['src/engine/c.ts', `import './a/one.ts';`],
    ]);
    const { rooms, arrows, circular } = graphOf(planted, 'src/engine');
    expect(rooms).toEqual(['a', 'b', 'c.ts']);
    expect(arrows).toHaveLength(3);
    expect(circular.map(({ from, to }) => [from, to])).toEqual([
      ['a', 'b'],
      ['b', 'a'],
    ]);
  });

  it('catch a page name in the worker, and no member of that name', () => {
    const uses = (text: string) => pageNames(new Map([['src/gpu/planted.ts', text]]));
    expect(uses('document.title = "";')).toEqual(['src/gpu/planted.ts:1 uses document']);
    expect(uses('export function f(canvas: HTMLCanvasElement) { return canvas; }')).toHaveLength(1);
    expect(uses('const a = { window: 1 }; export const b = a.window;')).toEqual([]);
  });

  it('catch a family named elsewhere', () => {
    const planted = new Map([['src/app/planted.ts', `export const first = '${ids[0]}';`]]);
    expect(familyNames(planted, ids, MAY_NAME_FAMILIES)).toHaveLength(1);
  });

  it.each([
    `const a = hyper.k;`,
    `const a = hyper['class-conditional'] === 1;`,
    `const a = completeHyper(spec).strength;`,
    `const { layers } = model.hyper;`,
    `const f = ({ hidden, layers }: Hyper) => hidden * layers;`,
    `const STARTER_HYPER: Hyper = { k: 6 };`,
    `const FEW: Readonly<Record<string, number>> = { strength: 0.3, k: 4 };`,
    `const a = completeHyper(spec, { ...own, orders: 1 });`,
    `const request = { family, hyper: { 'class-conditional': 1 } };`,
    `const p = spec.hyperparameters.find(({ name }) => name === 'order');`,
    `const p = spec.hyperparameters.find((each) => 'order' === each.name);`,
    `const a = 'orders' in hyper;`,
  ])('catch a hyper-parameter named elsewhere: %s', (text) => {
    for (const [path, all] of [
      ['src/app/planted.ts', `// First line.\n${text}`],
      ['src/ui/Planted.svelte', `<p>\n{() => { ${text} }}</p>`],
    ])
      expect(hyperNames(new Map([[path, all]]), hyperparameters)).toEqual([
        expect.stringMatching(`^${path}:2 names the hyper-parameter`),
      ]);
    expect(hyperNames(new Map([['src/models/planted/spec.ts', text]]), hyperparameters)).toEqual([]);
  });

  it.each([
    `const order = orderOf(model); mask.hidden = hidden; const { order } = slot;`,
    `const hyper = { ...own, [p.name]: p.max }; const components = 3;`,
    `const request = { hyper, order: 3 }; f({ hidden: 3 });`,
    `const kept = hyper.kept; const a = { hyper: { ...own, kind: 3 } };`,
  ])('let the same words mean other things: %s', (text) => {
    expect(hyperNames(new Map([['src/app/planted.ts', text]]), hyperparameters)).toEqual([]);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withoutComments } from '../../../src/build/shaders.ts';
import { assemble, parseKernel } from '../../../src/gpu/wgsl.ts';

const files = readdirSync('shaders', { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.wgsl'),
);
const sources = new Map(files.map((name) => [name, readFileSync(`shaders/${name}`, 'utf8')]));
const plain = new Map(files.map((name) => [name, withoutComments(sources.get(name)!)]));
const kernels = files.filter((name) => !name.includes('lib/'));

it('leaves every line of WGSL where it was, and no comment', () => {
  expect(withoutComments('  let a = 1; // one\n// two\n\n  b(); ')).toBe('let a = 1;\n\n\nb();');
  for (const name of files) {
    expect(plain.get(name)!.split('\n')).toHaveLength(sources.get(name)!.split('\n').length);
    expect(plain.get(name)).not.toContain('//');
  }
});

it.each(kernels)('leaves the interface of %s as it was', (name) => {
  const interfaceOf = (from: typeof sources) => parseKernel(assemble(name, from).code, name);
  expect(interfaceOf(plain)).toEqual(interfaceOf(sources));
});

it('refuses comments that it does not understand', () => {
  expect(() => withoutComments('/* a */ let b = 1;')).toThrow('write // instead');
});

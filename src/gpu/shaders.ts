import type { ShaderSources } from './wgsl.ts';

const files = import.meta.glob<string>('../../shaders/**/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** Every WGSL file of the repository. */
export const shaderSources: ShaderSources = new Map(
  Object.entries(files).map(([path, source]) => [
    path.slice(path.indexOf('shaders/') + 'shaders/'.length),
    source,
  ]),
);

import type { ShaderSources } from './wgsl.ts';

const files = import.meta.glob<string>('../../shaders/**/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const sources = new Map(
  Object.entries(files).map(([path, source]) => [
    path.slice(path.indexOf('shaders/') + 'shaders/'.length),
    source,
  ]),
);

/** Every WGSL file of the repository, by its path below shaders/. */
export const shaderSources: ShaderSources = sources;

/** Another source of one file, for devices that are opened from now on. */
export function replaceShader(path: string, source: string): void {
  sources.set(path, source);
}

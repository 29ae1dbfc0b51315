import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

/** In `npm run dev`: an edited .wgsl file is sent to the page, which keeps its state and its models, instead of reloading the page. */
export function shadersPlugin(): Plugin {
  return {
    name: 'inkling:shaders',
    apply: 'serve',
    async hotUpdate({ type, file, read }) {
      const path = /\/shaders\/(.+\.wgsl)$/.exec(file)?.[1];
      if (type !== 'update' || path === undefined) return;
      if (this.environment.name === 'client')
        this.environment.hot.send('inkling:shader', { path, source: await read() });
      return [];
    },
  };
}

/**
 * In a build, WGSL comes without its comments, which are a third of it as it is compressed. Every line stays where it was: messages name the
 * lines of the repository.
 */
export function plainShadersPlugin(): Plugin {
  return {
    name: 'inkling:plain-shaders',
    apply: 'build',
    enforce: 'pre',
    load(id) {
      const path = /^(.+\.wgsl)\?raw$/.exec(id)?.[1];
      if (path === undefined) return null;
      return `export default ${JSON.stringify(withoutComments(readFileSync(path, 'utf8')))}`;
    },
  };
}

/** WGSL line by line, without comments to the end of a line, spaces before them, and indentation. */
export function withoutComments(source: string): string {
  if (source.includes('/*')) throw new Error('a WGSL file has a comment between /* and */: write // instead');
  return source
    .split('\n')
    .map((line) => line.replace(/\/\/.*$/, '').trim())
    .join('\n');
}

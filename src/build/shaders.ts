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

import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const SOURCE = fileURLToPath(new URL('../start-up.ts', import.meta.url));
export const START_UP_FILE = 'start-up.js';
const FIRST_SCRIPT = '<script type="module"';

/**
 * Puts src/start-up.ts before the page's script, as a separate file: bundled with it, it could not report that the script
 * is missing. Not in development: the dev server shows errors itself.
 */
export function startUpPlugin(): Plugin {
  return {
    name: 'inkling-start-up',
    apply: 'build',
    buildStart() {
      this.emitFile({ type: 'chunk', id: SOURCE, fileName: START_UP_FILE });
    },
    transformIndexHtml: {
      // After Vite's own tags: the first of them is the page's script.
      order: 'post',
      handler(html) {
        if (!html.includes(FIRST_SCRIPT))
          throw new Error('index.html: no script for start-up.js to go before');
        return html.replace(
          FIRST_SCRIPT,
          `<script type="module" src="./${START_UP_FILE}"></script>\n    ${FIRST_SCRIPT}`,
        );
      },
    },
  };
}

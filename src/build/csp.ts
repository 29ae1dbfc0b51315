import type { Plugin } from 'vite';

/**
 * The content security policy: own code, own worker and own data only, no inline script or style, no eval. A meta tag
 * cannot carry frame-ancestors; hosts that set headers may add it.
 */
const POLICY: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  // Compiling the WebAssembly of src/simd, which is no eval of scripts.
  'script-src': "'self' 'wasm-unsafe-eval'",
  'worker-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' blob: data:",
  'connect-src': "'self'",
  'manifest-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'require-trusted-types-for': "'script'",
  // Svelte's templates, and the worker's URL (src/engine/trusted-worker-url.ts).
  'trusted-types': 'svelte-trusted-html app-url',
};

export const contentSecurityPolicy = Object.entries(POLICY)
  .map(([directive, sources]) => `${directive} ${sources}`)
  .join('; ');

/** Puts the policy first in the head of the built page. Not in development: hot reload needs inline styles. */
export function cspPlugin(): Plugin {
  return {
    name: 'inkling-csp',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy },
        injectTo: 'head-prepend',
      },
    ],
  };
}

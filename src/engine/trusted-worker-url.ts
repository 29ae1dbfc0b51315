/**
 * The page's policy (require-trusted-types-for 'script') refuses plain strings where a URL starts code:
 * `new Worker` and `serviceWorker.register`. Every such URL passes through here; URLs of other origins
 * are refused:
 *
 *     import workerUrl from './worker.ts?worker&url';
 *     new Worker(trustedScriptUrl(workerUrl), { type: 'module' });
 *     navigator.serviceWorker.register(trustedScriptUrl('sw.js'));
 *
 * The bundler's usual form, `new Worker(new URL('./worker.ts', import.meta.url))`, can't be wrapped, because
 * bundlers recognise it by its syntax.
 */

interface Policy {
  createScriptURL(url: string): unknown;
}

interface Factory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

function sameOrigin(url: string): string {
  const base = globalThis.location.href;
  const resolved = new URL(url, base);
  if (resolved.origin !== new URL(base).origin) throw new TypeError(`${resolved.href} is of another origin`);
  return resolved.href;
}

let policy: Policy | undefined;

/**
 * `url` (relative to the page) in a form that the page's policy accepts. A policy's name can be used
 * only once, so the policy is created on first use and kept. The type is a string for the sake of `new Worker`'s
 * signature; where Trusted Types exist it is a TrustedScriptURL. Throws for another origin.
 */
export function trustedScriptUrl(url: string): string {
  const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  if (!factory) return sameOrigin(url);
  policy ??= factory.createPolicy('app-url', { createScriptURL: sameOrigin });
  return policy.createScriptURL(url) as string;
}

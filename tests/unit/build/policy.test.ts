import { afterEach, describe, expect, it, vi } from 'vitest';
import { contentSecurityPolicy } from '../../../src/build/csp.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe('the policy of the built page', () => {
  it('allows nothing unsafe but WebAssembly, and no other origin', () => {
    expect(contentSecurityPolicy).toMatch(/^default-src 'none'; /);
    expect(contentSecurityPolicy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    const rest = contentSecurityPolicy.replace("'wasm-unsafe-eval'", '');
    expect(rest).not.toMatch(/unsafe|https?:|\*|nonce|sha256/);
    expect(contentSecurityPolicy).toContain("require-trusted-types-for 'script'");
    // Not allowed in a meta tag: browsers would log an error.
    expect(contentSecurityPolicy).not.toContain('frame-ancestors');
  });
});

describe('URLs that start code', () => {
  /** A page at this address, with Trusted Types that take a policy's name once. */
  async function page(href: string, trusted: boolean) {
    const names: string[] = [];
    vi.stubGlobal('location', { href });
    vi.stubGlobal(
      'trustedTypes',
      trusted
        ? {
            createPolicy(name: string, rules: { createScriptURL(url: string): string }) {
              if (names.includes(name)) throw new TypeError(`policy ${name} exists`);
              names.push(name);
              return { createScriptURL: (url: string) => ({ trusted: rules.createScriptURL(url) }) };
            },
          }
        : undefined,
    );
    vi.resetModules();
    const { trustedScriptUrl } = await import('../../../src/engine/trusted-worker-url.ts');
    return { trustedScriptUrl, names };
  }

  it('pass through the one policy that the page allows, made once', async () => {
    const { trustedScriptUrl, names } = await page('https://a.example/b/c/#play', true);
    expect(trustedScriptUrl('sw.js')).toEqual({ trusted: 'https://a.example/b/c/sw.js' });
    expect(trustedScriptUrl('./assets/worker.js')).toEqual({
      trusted: 'https://a.example/b/c/assets/worker.js',
    });
    expect(names).toEqual(['app-url']);
    expect(contentSecurityPolicy).toContain('app-url');
  });

  it('are resolved without Trusted Types too', async () => {
    const { trustedScriptUrl } = await page('http://localhost:4173/', false);
    expect(trustedScriptUrl('sw.js')).toBe('http://localhost:4173/sw.js');
  });

  it.each(['https://evil.example/x.js', '//evil.example/x.js', 'data:text/javascript,1', 'javascript:1'])(
    'are refused from elsewhere: %s',
    async (url) => {
      for (const trusted of [true, false]) {
        const { trustedScriptUrl } = await page('https://a.example/', trusted);
        expect(() => trustedScriptUrl(url)).toThrow(/another origin/);
      }
    },
  );
});

import { describe, expect, it } from 'vitest';
import { failuresIn } from '../../failures.mjs';

const RED = '\u001b[31m';

describe('what failed, said again at the end of a run', () => {
  it("names Playwright's failed tests with their place, and no other", () => {
    const passed = { title: 'draws', ok: true, tests: [{ results: [{ errors: [] }] }] };
    const broken = {
      title: 'scores',
      ok: false,
      tests: [
        { results: [{ errors: [{ message: `${RED}Expected: 0\nReceived: 1`, location: { line: 7 } }] }] },
      ],
    };
    const report = {
      stats: {},
      suites: [{ title: 'pad.spec.ts', specs: [passed], suites: [{ title: 'a pad', specs: [broken] }] }],
    };
    expect(failuresIn(report)).toEqual(['pad.spec.ts > a pad > scores\nline 7: Expected: 0\nReceived: 1']);
  });

  it("names Vitest's failed tests, and files that could not be read, without the stack", () => {
    const stack = Array.from({ length: 40 }, (_, at) => `    at frame ${at}`).join('\n');
    const report = {
      testResults: [
        {
          name: 'a.test.ts',
          status: 'failed',
          assertionResults: [
            { status: 'passed', fullName: 'holds', failureMessages: [] },
            { status: 'failed', fullName: 'breaks', failureMessages: [`AssertionError: no\n${stack}`] },
          ],
        },
        { name: 'b.test.ts', status: 'failed', message: 'Cannot find module', assertionResults: [] },
      ],
    };
    const [first, second] = failuresIn(report);
    expect(first).toMatch(/^a\.test\.ts > breaks\nAssertionError: no\n/);
    expect(first).not.toContain('frame 39');
    expect(second).toBe('b.test.ts\nCannot find module');
  });

  it('says nothing of a report without failures', () => {
    expect(failuresIn({ suites: [] })).toEqual([]);
    expect(failuresIn({ testResults: [] })).toEqual([]);
  });
});

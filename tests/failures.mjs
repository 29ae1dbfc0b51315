import { stripVTControlCharacters } from 'node:util';

/** Lines of a failure that are said again: what was expected and what came, without the stack. */
const LINES = 14;

/**
 * Every failed test in a runner's JSON report (Playwright's or Vitest's), each as its name and the first lines of what
 * went wrong.
 */
export function failuresIn(report) {
  const found = [];
  const note = (name, messages) => {
    const text = stripVTControlCharacters(messages.join('\n'));
    found.push([name, ...text.split('\n').slice(0, LINES)].join('\n'));
  };
  const walk = (suite, path) => {
    for (const spec of suite.specs ?? []) {
      if (spec.ok) continue;
      const errors = spec.tests.flatMap((test) => test.results).flatMap((result) => result.errors);
      const messages = errors.map(({ message, location }) =>
        location ? `line ${location.line}: ${message}` : message,
      );
      note(`${path} > ${spec.title}`, messages);
    }
    for (const inner of suite.suites ?? []) walk(inner, `${path} > ${inner.title}`);
  };
  for (const suite of report.suites ?? []) walk(suite, suite.title);
  for (const file of report.testResults ?? []) {
    for (const test of file.assertionResults) {
      if (test.status === 'failed') note(`${file.name} > ${test.fullName}`, test.failureMessages);
    }
    // A file that could not be read has no tests.
    if (file.status === 'failed' && file.assertionResults.length === 0) note(file.name, [file.message]);
  }
  return found;
}

/** Every failed test in a runner's JSON report, each as its name and the first lines of what went wrong. */
export function failuresIn(report: unknown): string[];

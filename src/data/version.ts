/** The version of Inkling, which files name that it writes; the one of package.json (tests/unit/data/version.test.ts). */
export const VERSION = '0.1.0';

import js from '@eslint/js';
import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';

const globalsOfAssembly = Object.fromEntries(
  [
    'ASC_FEATURE_RELAXED_SIMD',
    'f32',
    'f32x4',
    'f64',
    'f64x2',
    'i32',
    'i32x4',
    'load',
    'memory',
    'min',
    'sqrt',
    'store',
    'usize',
    'v128',
  ].map((name) => [name, 'readonly']),
);

export default ts.config(
  { ignores: ['dist/', 'public/', 'node_modules/', 'test-results/', 'playwright-report/'] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser, ...globals.worker, ...globals.node },
      parserOptions: {
        projectService: {
          allowDefaultProject: [
            '*.js',
            '*.mjs',
            'src/cli/*.mjs',
            'src/build/*.mjs',
            'tests/*.mjs',
            'tests/bench/*.mjs',
            'tests/gpu/native/*.mjs',
          ],
        },
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      // Plain numbers in messages are the normal case here: counts, nats, sizes.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Typed arrays are indexed in hot loops; the non-null form says "in range" where the type cannot.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [ts.configs.disableTypeChecked],
  },
  {
    // AssemblyScript has the grammar of TypeScript and types of its own.
    files: ['src/simd/assembly/*.ts'],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: { globals: globalsOfAssembly },
  },
);

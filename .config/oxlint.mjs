import { drivers, rooms } from './walls.mjs';

/**
 * What STYLE.md asks, as far as a linter can hold it; the walls between packages stand in walls.mjs.
 *
 * No rule is ever switched off by a comment in a file: an exception stands below, under "overrides", with its reason.
 */
export default {
  jsPlugins: ['./lint-tests.mjs', './lint-faults.mjs', './lint-words.mjs'],
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'promise', 'node'],
  categories: { correctness: 'error' },
  env: { builtin: true, node: true },
  rules: {
    ...wallOf({ may: [] }),

    // Sizes: a reader holds one page in mind.
    'max-lines': ['error', { max: 250, skipBlankLines: false, skipComments: false }],
    'max-lines-per-function': ['error', { max: 40, skipBlankLines: false, skipComments: false, IIFEs: true }],
    'max-params': ['error', { max: 3 }],
    'max-depth': ['error', 4],
    complexity: ['error', { max: 20, variant: 'modified' }],

    // Types: parse at the edge, trust inside.
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/no-unsafe-type-assertion': 'error',
    'typescript/no-unnecessary-type-assertion': 'error',
    'typescript/no-unsafe-argument': 'error',
    'typescript/no-unsafe-assignment': 'error',
    'typescript/no-unsafe-call': 'error',
    'typescript/no-unsafe-member-access': 'error',
    'typescript/no-unsafe-return': 'error',
    'typescript/no-unsafe-function-type': 'error',
    'typescript/no-empty-object-type': 'error',
    'typescript/no-namespace': 'error',
    'typescript/no-require-imports': 'error',
    'typescript/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    'typescript/no-import-type-side-effects': 'error',
    'typescript/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: false, allowDefaultCaseForExhaustiveSwitch: false },
    ],
    'typescript/ban-ts-comment': [
      'error',
      { 'ts-expect-error': true, 'ts-ignore': true, 'ts-nocheck': true, 'ts-check': false },
    ],
    // A copy to walk over is needed where the walk may change the original (listeners that leave when they are told).
    'unicorn/no-useless-spread': 'off',
    'typescript/use-unknown-in-catch-callback-variable': 'error',
    'typescript/no-deprecated': 'error',

    // Promises: each one is awaited, returned or handled.
    'typescript/no-floating-promises': ['error', { ignoreVoid: false }],
    'typescript/no-misused-promises': 'error',
    'typescript/return-await': ['error', 'error-handling-correctness-only'],
    'typescript/only-throw-error': 'error',
    'typescript/prefer-promise-reject-errors': 'error',
    'typescript/await-thenable': 'error',
    'preserve-caught-error': 'error',
    'faults/no-instanceof': 'error',
    'words/plain-words': 'error',

    // Modules: named exports, one front door, no knots.
    'import/no-default-export': 'error',
    'import/no-cycle': 'error',
    'import/no-self-import': 'error',
    'import/no-duplicates': 'error',
    'import/no-mutable-exports': 'error',
    'import/no-commonjs': 'error',
    'unicorn/prefer-node-protocol': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],

    // Plain code that says what it does.
    'no-console': 'error',
    'node/no-process-env': 'error',
    eqeqeq: 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'no-unused-vars': [
      'error',
      { args: 'after-used', caughtErrors: 'all', ignoreRestSiblings: true, argsIgnorePattern: '^_' },
    ],
    'no-shadow': 'error',
    'no-param-reassign': 'error',
    'no-else-return': 'error',
    'no-lonely-if': 'error',
    'no-nested-ternary': 'error',
    'no-sequences': 'error',
    'no-self-compare': 'error',
    'no-loop-func': 'error',
    'no-prototype-builtins': 'error',
    'no-restricted-properties': [
      'error',
      // On Node 20 and 22 it denies hosts that are not ASCII, once it is hot: new URL in a try.
      { object: 'URL', property: 'canParse' },
    ],
    'no-fallthrough': 'error',
    'no-empty': 'error',
    'no-useless-return': 'error',
    'no-useless-concat': 'error',
    'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'], location: 'anywhere' }],
    'object-shorthand': 'error',
    radix: 'error',
  },

  overrides: [
    // It plants words that are not plain, to see that they are refused.
    { files: ['**/walls.mjs'], rules: { 'words/plain-words': 'off' } },
    ...Object.entries(rooms).map(([room, wall]) => ({ files: [`**/${room}/**`], rules: wallOf(wall) })),

    // Exceptions to the limits, each with its reason.

    // describe() takes a function that holds a whole subject's sentences. What a single test does is still limited to 40 lines.
    { files: ['**/test/**'], rules: { 'max-lines-per-function': 'off', 'tests/max-lines-per-test': 'error' } },
    // A brand has one parser, and there, after the check, text or a number becomes the brand: these files hold those parsers.
    {
      files: [
        '**/packages/event-sourcing/src/{ids,instant}.ts',
        '**/packages/event-sourcing/src/streams/{position,revision,stream-id}.ts',
        '**/packages/domain/src/policy/{identity-provider,owner}.ts',
      ],
      rules: { 'typescript/no-unsafe-type-assertion': 'off' },
    },
    // JSON.parse answers what `Json` says, and TypeScript says `any`.
    {
      files: ['**/packages/event-sourcing/src/streams/json.ts'],
      rules: { 'typescript/no-unsafe-type-assertion': 'off' },
    },
    // A row is what the SQL of its statement says, and a driver answers with anything at all: this file says which it is.
    {
      files: ['**/packages/store-sqlite/src/statement.ts'],
      rules: { 'typescript/no-unsafe-type-assertion': 'off' },
    },
    // What a table by name gives back: the schema of a type reads that type's data, a model's name stands for its rows.
    {
      files: [
        '**/packages/event-sourcing/src/streams/event-codec.ts',
        '**/packages/event-sourcing/src/engine/engine-read-model.ts',
      ],
      rules: { 'typescript/no-unsafe-type-assertion': 'off' },
    },
    // Those whose work is to speak to a person or to read the environment: they choose things (ARCHITECTURE, level 3).
    {
      files: ['**/packages/{cli,benchmarks,proofs}/**', '**/examples/**', '**/.ci/snippets/**', '**/*.{mjs,cjs}'],
      rules: { 'no-console': 'off', 'node/no-process-env': 'off' },
    },
    // A test may be told of a server to run against (EVENTSTOREDB_URL), and of nothing else.
    { files: ['**/test/**'], rules: { 'node/no-process-env': 'off' } },
    // A test parses text that it wrote itself, and hands the library what no typed caller could.
    {
      files: ['**/test/**'],
      rules: {
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-return': 'off',
        'typescript/unbound-method': 'off',
      },
    },
    // A types test says with @ts-expect-error what must not compile (STYLE 7).
    {
      files: ['**/test/**/*types.test.ts'],
      rules: {
        'typescript/ban-ts-comment': ['error', { 'ts-expect-error': false, 'ts-ignore': true, 'ts-nocheck': true }],
      },
    },
    // The tools are plain JavaScript, so that they run before anything is installed or compiled: there are no types to check.
    {
      files: ['**/*.{mjs,cjs}'],
      rules: {
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/no-unsafe-return': 'off',
        'typescript/no-unsafe-type-assertion': 'off',
        'typescript/restrict-template-expressions': 'off',
        'typescript/require-array-sort-compare': 'off',
      },
    },
    // Vite and oxlint read their configuration from the default export.
    {
      files: ['**/vite.config.js', '**/oxlint.mjs', '**/lint-{tests,faults,words}.mjs', '**/markdown-words.mjs'],
      rules: { 'import/no-default-export': 'off' },
    },
    // Mocha loads its reporter and its first module with require().
    {
      files: ['**/*.cjs'],
      rules: { 'import/no-commonjs': 'off', 'typescript/no-require-imports': 'off' },
    },
  ],
};

/** Our packages and the drivers, but for those that the room may import. */
function wallOf({ may, node = true, notBeside }) {
  // One that there is not, since an empty choice would fit everything.
  const others = ['no-driver', ...drivers.filter((name) => !may.includes(name))];
  const patterns = [
    {
      group: ['@login-policy/**', ...may.map((name) => `!${name}`)],
      message: 'This room may not import that package, or not by that name (.config/walls.mjs).',
    },
    // With what is below it, and beside it: pg-pool.
    { regex: `^(${others.join('|')})(-[a-z-]+)?(/|$)`, message: 'A driver is known to its own store only.' },
  ];
  if (notBeside !== undefined) {
    const message = 'commands and reads do not know each other, and neither is known to what both are made of.';
    patterns.push({ regex: `^\\.\\./(${notBeside.join('|')})/`, message });
  }
  if (!node) patterns.push({ regex: '^node:', message: 'This room is pure: what needs a machine is handed in.' });
  return { 'no-restricted-imports': ['error', { patterns }] };
}

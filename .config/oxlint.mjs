import { drivers, rooms } from './walls.mjs';

const notes = ['todo', 'fixme', 'xxx', 'hack'];
const banners = ['----', '====', '****', '####'];

/**
 * The rules of style that a linter can check. The import rules between packages are in walls.mjs.
 *
 * No comment ever disables a rule. Exceptions are listed below, under "overrides", with their reasons.
 */
export default {
  jsPlugins: ['./lint-rules.mjs'],
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'promise', 'node'],
  categories: { correctness: 'error' },
  env: { builtin: true, node: true },
  rules: {
    ...wallOf({ may: [] }),

    // Sizes: a reader holds one page in mind.
    'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
    'max-lines-per-function': ['error', { max: 40, skipBlankLines: false, skipComments: false, IIFEs: true }],
    'max-params': ['error', { max: 4 }],
    'max-depth': ['error', 4],
    complexity: ['error', { max: 20, variant: 'modified' }],

    // Types: parse at the edge, trust inside.
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/no-unnecessary-type-assertion': 'error',
    'typescript/no-unsafe-function-type': 'error',
    'typescript/no-empty-object-type': 'error',
    'typescript/no-namespace': 'error',
    'typescript/no-require-imports': 'error',
    'typescript/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    'typescript/no-import-type-side-effects': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { allowDefaultCaseForExhaustiveSwitch: false }],
    'typescript/ban-ts-comment': ['error', { 'ts-expect-error': true }],
    // A loop needs a copy if it may change the original, for example listeners that remove themselves when called.
    'unicorn/no-useless-spread': 'off',
    'typescript/use-unknown-in-catch-callback-variable': 'error',
    'typescript/no-deprecated': 'error',

    // Promises: each one is awaited, returned or handled.
    'typescript/no-floating-promises': ['error', { ignoreVoid: false }],
    'typescript/no-misused-promises': 'error',
    'typescript/return-await': ['error', 'error-handling-correctness-only'],
    'typescript/only-throw-error': 'error',
    'typescript/prefer-promise-reject-errors': 'error',
    'preserve-caught-error': 'error',
    'ours/instanceof-across-copies': 'error',
    'ours/atomic-updates': 'error',

    // Names.
    'ours/telling-names': 'error',

    // Modules: named exports, one front door, no knots.
    'import/no-default-export': 'error',
    'oxc/no-barrel-file': ['error', { threshold: 0 }], // No `export *`.
    // Types, too: two files that name each other are one file for a reader.
    'import/no-cycle': ['error', { ignoreTypes: false }],
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
    'no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
    'no-shadow': 'error',
    'no-param-reassign': 'error',
    'no-else-return': 'error',
    'no-lonely-if': 'error',
    'no-nested-ternary': 'error',
    'no-sequences': 'error',
    'no-self-compare': 'error',
    'no-loop-func': 'error',
    'no-prototype-builtins': 'error',
    'no-restricted-globals': ['error', { name: 'setImmediate', message: 'Test suites fake it; import it.' }],
    'no-fallthrough': 'error',
    'no-empty': 'error',
    'no-useless-return': 'error',
    'no-useless-concat': 'error',
    'no-warning-comments': ['error', { terms: [...notes, ...banners], location: 'anywhere' }],
    'object-shorthand': 'error',
    radix: 'error',
  },

  overrides: [
    // The tools are plain JavaScript, so that they run before installing and compiling. There are no types to check.
    {
      files: ['**/*.{ts,tsx}'],
      rules: {
        'typescript/no-unsafe-type-assertion': 'error',
        'typescript/no-unsafe-argument': 'error',
        'typescript/no-unsafe-assignment': 'error',
        'typescript/no-unsafe-call': 'error',
        'typescript/no-unsafe-member-access': 'error',
        'typescript/no-unsafe-return': 'error',
      },
    },
    {
      files: ['**/*.{mjs,cjs}'],
      rules: { 'typescript/restrict-template-expressions': 'off', 'typescript/require-array-sort-compare': 'off' },
    },
    ...Object.entries(rooms).map(([room, wall]) => ({ files: [`**/${room}/**`], rules: wallOf(wall) })),
    // What an application meets and what the author of a domain builds with; then what the author of a store needs.
    { files: ['**/packages/event-sourcing/src/index.ts'], rules: { 'ours/max-exports': ['error', 90] } },
    { files: ['**/packages/domain/src/index.ts'], rules: { 'ours/max-exports': ['error', 70] } },
    { files: ['**/packages/event-sourcing/src/for-stores.ts'], rules: { 'ours/max-exports': ['error', 67] } },

    // Exceptions to the limits, each with its reason.
    {
      files: [
        // These files contain the only parser of each brand, which casts the checked value to the brand.
        '**/packages/event-sourcing/src/values/{ids,instant,position,revision,stream-id}.ts',
        '**/packages/domain/src/policy/{identity-provider,owner}.ts',
        // JSON.parse returns `any` in TypeScript, and a driver returns untyped rows. These files cast them.
        '**/packages/event-sourcing/src/streams/json.ts',
        '**/packages/store-sqlite/src/statement.ts',
        // `require` returns `any`, too.
        '**/packages/store-eventstoredb/src/clients.ts',
        // A look-up by name returns a general type: the schema of an event type determines its data, and the name of
        // a model its rows.
        '**/packages/event-sourcing/src/streams/event-codec.ts',
        '**/packages/event-sourcing/src/engine/{engine-read-model,model-steps}.ts',
      ],
      rules: { 'typescript/no-unsafe-type-assertion': 'off' },
    },
    // Programs that print to a terminal or read the environment.
    {
      files: ['**/packages/{cli,benchmarks,proofs}/**', '**/examples/**', '**/.ci/snippets/**', '**/*.{mjs,cjs}'],
      rules: { 'no-console': 'off', 'node/no-process-env': 'off' },
    },
    // A describe() function contains all tests of a subject; each test is limited to 40 lines. A test may read the
    // address of a server to use, parses its own text, and passes values that a typed caller could not.
    {
      files: ['**/test/**'],
      rules: {
        'max-lines-per-function': 'off',
        'ours/max-lines-per-test': 'error',
        'node/no-process-env': 'off',
        'no-restricted-globals': 'off',
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-return': 'off',
        'typescript/unbound-method': 'off',
      },
    },
    // A types test uses @ts-expect-error for what must not compile.
    {
      files: ['**/test/**/*types.test.ts'],
      rules: { 'typescript/ban-ts-comment': ['error', { 'ts-expect-error': false }] },
    },
    // Vite, Stryker and oxlint read their configuration from the default export.
    {
      files: ['**/vite.config.js', '**/{oxlint,stryker,lint-rules}.mjs'],
      rules: { 'import/no-default-export': 'off' },
    },
    // Mocha loads its reporter and its first module with require().
    { files: ['**/*.cjs'], rules: { 'import/no-commonjs': 'off', 'typescript/no-require-imports': 'off' } },
  ],
};

/** The import rules of a folder: our packages and the drivers are forbidden, except those listed. */
function wallOf({ may, node = true, notBeside, frontDoors }) {
  // Includes a name that does not exist, because an empty alternation would match everything.
  const others = ['no-driver', ...drivers.filter((name) => !may.includes(name))];
  const patterns = [
    {
      group: ['@login-policy/**', ...may.map((name) => `!${name}`)],
      message: 'This folder must not import that package, or not by that name (.config/walls.mjs).',
    },
    // Also subpaths, and related packages such as pg-pool.
    { regex: `^(${others.join('|')})(-[a-z-]+)?(/|$)`, message: 'Only its own store may import a driver.' },
  ];
  if (notBeside !== undefined) {
    const message = 'This folder must not import that one beside it (.config/walls.mjs).';
    patterns.push({ regex: `^\\.\\.?/(${notBeside.join('|')})/`, message });
  }
  if (frontDoors !== undefined) {
    const message = 'A guest imports the domain by its front doors (.config/walls.mjs).';
    patterns.push({ group: ['../**', ...frontDoors.map((name) => `!../${name}.js`)], message });
  }
  if (!node)
    patterns.push({ regex: '^node:', message: 'This folder is pure: pass in everything that needs the system.' });
  return { 'no-restricted-imports': ['error', { patterns }] };
}

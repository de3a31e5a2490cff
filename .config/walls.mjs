/** The import rules. oxlint.mjs turns each line into a rule, and .ci/walls.mjs tests each rule. */
const kernel = ['@login-policy/event-sourcing'];
const wholeKernel = [...kernel, '@login-policy/event-sourcing/store'];
/** What is built on the domain, in its package: entries that its core does not import. */
const guestsOfFrontDoors = ['people', 'analysis', 'backtest'];
/** Guests that take the parts of opened policies (`policy-parts.ts`). */
const guestsOfParts = ['audit', 'changes', 'preview', 'rollout'];
const guests = [...guestsOfFrontDoors, ...guestsOfParts];
const domain = [
  '@login-policy/domain',
  '@login-policy/domain/model',
  ...guests.map((name) => `@login-policy/domain/${name}`),
];
const api = ['', '/opentelemetry', '/sign-in-files'].map((entry) => `@login-policy/api${entry}`);
const witness = ['@login-policy/witness'];
const proposals = ['@login-policy/proposals'];
const testkit = ['@login-policy/testkit', '@login-policy/testkit/contracts'];
const driversOf = {
  'store-sqlite': [],
  'store-postgres': ['pg'],
  'store-eventstoredb': ['@eventstore/db-client', '@kurrent/kurrentdb-client', '@grpc/grpc-js'],
};
const names = Object.keys(driversOf);
const stores = names.map((name) => `@login-policy/${name}`);
export const drivers = Object.values(driversOf).flat();
const choosers = [...kernel, ...domain, ...stores, ...api, ...witness, ...proposals, ...drivers];
const pure = { node: false };

/** Which of our packages and which drivers each folder may import. A folder that is not listed may import none. */
export const rooms = {
  // Level 0, the kernel. It is pure, like the domain: everything that needs the system is passed in.
  'packages/event-sourcing/src': { may: [], ...pure },
  'packages/event-sourcing/test': { may: [...wholeKernel, ...testkit] },
  // Level 1 imports from level 0 only. A test may import its own package by name, that package's imports, and the
  // testkit.
  'packages/domain/src': { may: kernel, ...pure, notBeside: guests },
  // Shared code imports neither commands nor reads, and these do not import each other.
  ...Object.fromEntries(
    Object.entries({
      commands: ['reads'],
      reads: ['commands'],
      policy: ['commands', 'reads'],
      events: ['commands', 'reads'],
      input: ['commands', 'reads'],
      'sign-in': ['commands', 'reads'],
    }).map(([name, notBeside]) => [
      `packages/domain/src/${name}`,
      { may: kernel, ...pure, notBeside: [...notBeside, ...guests] },
    ]),
  ),
  // A guest imports the front doors of the domain: index.js and model.js.
  ...Object.fromEntries(
    guestsOfFrontDoors.map((name) => [
      `packages/domain/src/${name}`,
      { may: kernel, ...pure, frontDoors: ['index', 'model', 'preview/index', 'rollout/index'] },
    ]),
  ),
  ...Object.fromEntries(
    guestsOfParts.map((name) => [
      `packages/domain/src/${name}`,
      { may: kernel, ...pure, notBeside: guests.filter((other) => other !== name) },
    ]),
  ),
  'packages/domain/test': { may: [...wholeKernel, ...domain, ...testkit] },
  // The testkit tests domains and stores.
  'packages/testkit/src': { may: wholeKernel },
  'packages/testkit/test': { may: [...wholeKernel, ...testkit] },
  ...Object.fromEntries(
    names.flatMap((name) => [
      [`packages/${name}/src`, { may: [...wholeKernel, ...driversOf[name]] }],
      [`packages/${name}/test`, { may: [...wholeKernel, ...driversOf[name], `@login-policy/${name}`, ...testkit] }],
    ]),
  ),
  // Level 2 calls the domain. The store is chosen at level 3.
  'packages/api/src': { may: [...kernel, ...domain] },
  'packages/api/test': { may: [...kernel, ...domain, ...api, ...proposals, ...testkit] },
  // A guest uses public entries only, and no other package imports it: so the kernel has all that a guest needs.
  'packages/witness/src': { may: kernel },
  'packages/proposals/src': { may: [...kernel, ...domain] },
  'packages/proposals/test': { may: [...kernel, ...domain, ...stores, ...proposals, ...testkit, 'pg'] },
  'packages/witness/test': { may: [...kernel, ...domain, ...stores, ...witness, ...testkit, 'pg'] },
  // Level 3 chooses the stores, and passes them their drivers. Test code is in test folders and in proofs.
  'packages/cli/src': { may: [...choosers, ...wholeKernel] },
  'packages/cli/test': { may: [...choosers, ...wholeKernel, ...testkit, '@login-policy/cli'] },
  'packages/benchmarks/src': { may: [...choosers, ...wholeKernel] },
  'packages/proofs/src': { may: [...choosers, ...wholeKernel, ...testkit] },
  // A port of an application that fails throws the kernel's faults.
  'examples/*/src': { may: [...choosers] },
  'examples/*/test': {
    may: [...choosers, ...wholeKernel, ...testkit, '@login-policy/example-*', '@login-policy/iam-server'],
  },
};

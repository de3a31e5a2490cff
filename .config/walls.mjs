/** Who may import whom (ARCHITECTURE), stated once: oxlint.mjs makes a rule of each line, and .ci/walls.mjs breaks each. */
const kernel = ['@login-policy/event-sourcing', '@login-policy/event-sourcing/options'];
const kernelOfDomains = [...kernel, '@login-policy/event-sourcing/domain'];
const kernelOfStores = [...kernel, '@login-policy/event-sourcing/store'];
const wholeKernel = [...kernelOfDomains, '@login-policy/event-sourcing/store'];
const domain = ['@login-policy/domain', '@login-policy/domain/model'];
const api = ['@login-policy/api', '@login-policy/api/opentelemetry'];
const testkit = ['@login-policy/testkit', '@login-policy/testkit/contracts'];
const driversOf = {
  'store-sqlite': [],
  'store-postgres': ['pg'],
  'store-eventstoredb': ['@eventstore/db-client', '@grpc/grpc-js'],
};
const names = Object.keys(driversOf);
const stores = names.map((name) => `@login-policy/${name}`);
export const drivers = Object.values(driversOf).flat();
const choosers = [...kernel, ...domain, ...stores, ...api, ...drivers];
const pure = { node: false };

/** What each room may import of our packages and of the drivers; a room that is not named here may import neither. */
export const rooms = {
  // Level 0, the kernel. Pure, like the domain: what needs a machine is handed in.
  'packages/event-sourcing/src': { may: [], ...pure },
  'packages/event-sourcing/test': { may: [...wholeKernel, ...testkit] },
  // Level 1: down, never sideways. A test imports its own package by name, what that may import, and the testkit.
  'packages/domain/src': { may: kernelOfDomains, ...pure },
  // What commands and reads are made of knows neither of them, and they don't know each other.
  ...Object.fromEntries(
    Object.entries({
      commands: ['reads'],
      reads: ['commands'],
      policy: ['commands', 'reads'],
      events: ['commands', 'reads'],
      input: ['commands', 'reads'],
    }).map(([name, notBeside]) => [`packages/domain/src/${name}`, { may: kernelOfDomains, ...pure, notBeside }]),
  ),
  'packages/domain/test': { may: [...wholeKernel, ...domain, ...testkit] },
  'packages/testkit/src': { may: kernelOfStores },
  'packages/testkit/test': { may: [...kernelOfStores, ...testkit] },
  ...Object.fromEntries(
    names.flatMap((name) => [
      [`packages/${name}/src`, { may: [...kernelOfStores, ...driversOf[name]] }],
      [`packages/${name}/test`, { may: [...kernelOfStores, ...driversOf[name], `@login-policy/${name}`, ...testkit] }],
    ]),
  ),
  // Level 2 answers callers of the domain; which store it runs on is chosen above it.
  'packages/api/src': { may: [...kernel, ...domain] },
  'packages/api/test': { may: [...kernelOfDomains, ...domain, ...api, ...testkit] },
  // Level 3 chooses stores, and hands them their drivers; what belongs to a test stands in test folders and in proofs.
  'packages/cli/src': { may: [...choosers, ...kernelOfStores] },
  'packages/cli/test': { may: [...choosers, ...kernelOfStores, ...testkit, '@login-policy/cli'] },
  'packages/benchmarks/src': { may: [...choosers, ...kernelOfStores] },
  'packages/proofs/src': { may: [...choosers, ...kernelOfStores, ...testkit] },
  'examples/*/src': { may: choosers },
  'examples/*/test': { may: [...choosers, ...kernelOfStores, ...testkit, '@login-policy/example-*'] },
};

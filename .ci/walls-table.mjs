const sqlite = 'better-sqlite3';
const postgres = 'pg';
const eventstoredb = '@eventstore/db-client';
const drivers = [sqlite, postgres, eventstoredb, '@grpc/grpc-js'];
const ours = (...names) => names.map((name) => `@login-policy/${name}`);

const kernel = ours('event-sourcing');
/** What the authors of stores need of it besides. */
const kernelOfStores = [...kernel, ...ours('event-sourcing/store')];
const stores = ours('store-sqlite', 'store-postgres', 'store-eventstoredb');
const testkit = ours('testkit', 'testkit/contracts');
const chooses = ours('cli', 'benchmarks', 'proofs', 'example-backend-service');
const throughTheBackDoor = ours(
  'event-sourcing/src/index.js',
  'event-sourcing/dist/store/index.js',
  'domain/dist/evolve.js',
  'testkit/dist/contracts.js',
  'api/dist/api.js',
);

const level1 = [...ours('domain'), ...stores, ...testkit];
const aboveLevel1 = [...ours('api'), ...chooses, ...ours('a-package-to-come')];

/** For each room, what an import must not name there, and what it may. Written from ARCHITECTURE, not from the lint config. */
export const rooms = {
  'packages/event-sourcing/src': {
    forbidden: [...kernelOfStores, ...level1, ...aboveLevel1, ...drivers, ...throughTheBackDoor],
    allowed: ['ulid', 'node:crypto', './near.js', '../streams/near.js'],
  },
  'packages/event-sourcing/test': {
    forbidden: [...ours('domain'), ...stores, ...aboveLevel1, ...drivers, ...throughTheBackDoor],
    allowed: [...kernelOfStores, ...testkit, 'mocha', 'chai'],
  },
  'packages/domain/src': {
    forbidden: [
      ...ours('event-sourcing/store'),
      ...level1,
      ...aboveLevel1,
      ...drivers,
      'node:fs',
      'node:crypto',
      ...throughTheBackDoor,
    ],
    allowed: [...kernel, 'luxon', './near.js', '../projections/near.js'],
  },
  'packages/domain/test': {
    forbidden: [...stores, ...aboveLevel1, ...drivers, ...throughTheBackDoor],
    allowed: [...kernelOfStores, ...ours('domain'), ...testkit, 'node:fs', 'mocha'],
  },
  'packages/testkit/src': {
    forbidden: [...level1, ...aboveLevel1, ...drivers, ...throughTheBackDoor],
    allowed: [...kernelOfStores, 'mocha', 'chai', 'node:util'],
  },
  'packages/testkit/test': {
    forbidden: [...ours('domain'), ...stores, ...aboveLevel1, ...drivers],
    allowed: [...kernelOfStores, ...testkit],
  },
  ...store('store-sqlite', [sqlite]),
  ...store('store-postgres', [postgres]),
  ...store('store-eventstoredb', [eventstoredb, '@grpc/grpc-js']),
  'packages/api/src': {
    forbidden: [
      ...ours('event-sourcing/store'),
      ...stores,
      ...testkit,
      ...aboveLevel1,
      ...drivers,
      ...throughTheBackDoor,
    ],
    allowed: [...kernel, ...ours('domain'), '@connectrpc/connect'],
  },
  'packages/api/test': {
    forbidden: [...ours('event-sourcing/store'), ...stores, ...chooses, ...drivers],
    allowed: [...kernel, ...ours('domain', 'api', 'api/opentelemetry'), ...testkit],
  },
  'packages/cli/src': {
    forbidden: [...ours('event-sourcing/store'), ...testkit, ...chooses, ...throughTheBackDoor],
    allowed: [...kernel, ...ours('domain', 'api', 'api/opentelemetry'), ...stores, ...drivers],
  },
  'packages/cli/test': {
    forbidden: [...ours('benchmarks')],
    allowed: [...kernelOfStores, ...ours('domain', 'cli'), ...stores, ...testkit, ...drivers],
  },
  'packages/benchmarks/src': {
    forbidden: [...testkit, ...ours('cli', 'proofs', 'example-backend-service'), ...throughTheBackDoor],
    allowed: [...kernelOfStores, ...ours('domain'), ...stores, ...drivers],
  },
  'packages/proofs/src': {
    forbidden: [...ours('cli', 'benchmarks', 'example-backend-service'), ...throughTheBackDoor],
    allowed: [...kernelOfStores, ...ours('domain', 'api'), ...stores, ...testkit, ...drivers],
  },
  'examples/any/src': {
    forbidden: [...ours('event-sourcing/store'), ...testkit, ...chooses, ...throughTheBackDoor],
    allowed: [...kernel, ...ours('domain', 'api'), ...stores, ...drivers, 'luxon'],
  },
  'examples/any/test': {
    forbidden: [...ours('benchmarks')],
    allowed: [...kernelOfStores, ...ours('domain'), ...stores, ...testkit, ...drivers],
  },
};

function store(name, own) {
  const others = stores.filter((other) => other !== `@login-policy/${name}`);
  const foreign = drivers.filter((driver) => !own.includes(driver));
  return {
    [`packages/${name}/src`]: {
      forbidden: [...level1, ...aboveLevel1, ...foreign, ...throughTheBackDoor],
      allowed: [...kernelOfStores, ...own, 'node:fs'],
    },
    [`packages/${name}/test`]: {
      forbidden: [...ours('domain'), ...others, ...aboveLevel1, ...foreign],
      allowed: [...kernelOfStores, ...ours(name), ...testkit, ...own],
    },
  };
}

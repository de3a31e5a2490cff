/** Each package, and each of its entries, that an import may name. */
const kernel = ['event-sourcing'];
const kernelOfStores = [...kernel, 'event-sourcing/store'];
const stores = ['store-sqlite', 'store-postgres', 'store-eventstoredb'];
const testkit = ['testkit', 'testkit/contracts'];
const api = ['api', 'api/opentelemetry'];
const last = ['benchmarks', 'proofs', 'example-backend-service', 'a-package-to-come'];
const packages = [...kernelOfStores, 'domain', ...stores, ...api, ...testkit, ...last];
const backDoors = [
  ...['event-sourcing/src/index.js', 'event-sourcing/dist/store/index.js'],
  ...['domain/dist/evolve.js', 'testkit/dist/contracts.js', 'api/dist/api.js'],
];
const driversOf = {
  'store-sqlite': ['better-sqlite3'],
  'store-postgres': ['pg'],
  'store-eventstoredb': ['@eventstore/db-client', '@grpc/grpc-js'],
};
const drivers = Object.values(driversOf).flat();
const all = [...kernelOfStores, 'domain', ...stores, ...api, ...drivers];
/** Nobody imports what is named here last, so nobody has drawn a wall around it. */
const anyStranger = 'a-package-to-come';

/** What the code and the tests of a package may import. Written from ARCHITECTURE, not from the lint config. */
const may = {
  'packages/event-sourcing/src': ['node:crypto'],
  'packages/event-sourcing/test': [...kernelOfStores, ...testkit],
  'packages/domain/src': [...kernel, 'luxon'],
  'packages/domain/test': [...kernelOfStores, 'domain', ...testkit, 'node:fs'],
  'packages/testkit/src': [...kernelOfStores, 'chai'],
  'packages/testkit/test': [...kernelOfStores, ...testkit],
  ...Object.fromEntries(stores.flatMap(roomsOfStore)),
  'packages/api/src': [...kernel, 'domain', '@connectrpc/connect'],
  'packages/api/test': [...kernel, 'domain', ...api, ...testkit],
  'packages/benchmarks/src': [...all, 'benchmarks', anyStranger],
  'packages/proofs/src': [...all, 'proofs', ...testkit, anyStranger],
  'examples/any/src': [...all.filter((name) => name !== 'event-sourcing/store'), anyStranger, 'luxon'],
  'examples/any/test': [...all, ...testkit, 'example-backend-service', anyStranger],
};

function roomsOfStore(name) {
  const src = [...kernelOfStores, ...driversOf[name]];
  return [
    [`packages/${name}/src`, [...src, 'node:fs']],
    [`packages/${name}/test`, [...src, name, ...testkit]],
  ];
}

const inDomainOnly = { 'packages/domain/src': ['node:fs', 'node:crypto'] };

/** For each room, what an import must not name there, and what it may: all that it need not know is forbidden. */
export const rooms = Object.fromEntries(
  Object.entries(may).map(([room, allowed]) => {
    const forbidden = [...packages, ...drivers, ...backDoors].filter((name) => !allowed.includes(name));
    const also = inDomainOnly[room] ?? [];
    return [room, { forbidden: [...forbidden.map(named), ...also], allowed: [...allowed, './near.js'].map(named) }];
  }),
);

function named(name) {
  return [...packages, ...backDoors].includes(name) ? `@login-policy/${name}` : name;
}

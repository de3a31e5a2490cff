import type { Proof } from './proof.js';
import { provenByTests } from './proven-by-tests.js';

/** The compiled tests of a package. */
function testsOf(member: string, ...names: readonly string[]): readonly string[] {
  return names.map((name) => `packages/${member}/.test-build/${name}.test.js`);
}

/**
 * The packages' own tests with more rounds. The number of rounds in CI is chosen so that all proofs take about five
 * minutes.
 */
export const atLength: readonly Proof[] = [
  provenByTests({
    name: 'sqlite-kills',
    promise:
      'a writer to SQLite that is killed leaves every acknowledged event there once, no gap, and rows that are the fold',
    rounds: 60,
    files: testsOf('store-sqlite', 'crash'),
  }),
  provenByTests({
    name: 'postgres-kills',
    promise:
      'a process or a PostgreSQL that is killed loses nothing that was acknowledged, and nothing is written twice',
    rounds: 25,
    files: testsOf('store-postgres', 'crashes'),
  }),
  provenByTests({
    name: 'failover',
    promise:
      'whenever a standby of PostgreSQL takes over, what was acknowledged with it is there, reads are of one history, and what was lost is refused',
    rounds: 10,
    files: testsOf('store-postgres', 'failovers'),
  }),
  provenByTests({
    name: 'postgres-pairs',
    promise: 'who writes to PostgreSQL in two processes reads each write, whichever of them keeps the rows',
    rounds: 10_000,
    files: testsOf('store-postgres', 'read-your-writes'),
  }),
  provenByTests({
    name: 'eventstoredb-faults',
    promise:
      'whatever EventStoreDB or the way to it does, each acknowledged append is there once, and followers miss none',
    rounds: 3,
    files: testsOf('store-eventstoredb', 'faults/broken-servers', 'faults/broken-subscriptions', 'faults/lost-answers'),
  }),
  provenByTests({
    name: 'freshness',
    promise:
      'no read is of anything older than it may be, while lines stall, nodes that lag and standbys take over, backups are put back and rows are rebuilt',
    rounds: 300,
    files: [...testsOf('store-eventstoredb', 'freshness'), ...testsOf('store-postgres', 'freshness')],
  }),
  provenByTests({
    name: 'very-many',
    promise: 'ten thousand streams are kept apart, and four hundred subscriptions end, on every store',
    rounds: 10_000,
    files: [
      ...testsOf('event-sourcing', 'memory-store.contract'),
      ...['store-sqlite', 'store-postgres', 'store-eventstoredb'].flatMap((store) => testsOf(store, 'contract')),
    ],
    only: '(\\d+ streams are separate|\\d+ subscriptions at once)',
  }),
  provenByTests({
    name: 'api-memory',
    promise: 'the memory of the API does not grow with its requests',
    rounds: 10_000,
    files: testsOf('api', 'memory'),
  }),
  provenByTests({
    name: 'api-fuzz',
    promise: 'whatever is sent is answered, alike over every protocol, and never ends in a defect or in silence',
    rounds: 1000,
    files: testsOf('api', 'fuzz', 'fuzz/equal', 'fuzz/frames', 'fuzz/http1', 'fuzz/packets'),
  }),
  provenByTests({
    name: 'laws',
    promise:
      'for whatever life of policies: reads equal what commands answered, rebuilds and replays equal the live rows',
    rounds: 1000,
    files: [...testsOf('domain', 'laws', 'event-codec', 'revert'), ...testsOf('event-sourcing', 'json', 'values')],
  }),
];

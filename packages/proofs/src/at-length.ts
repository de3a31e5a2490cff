import type { Proof } from './proof.js';
import { provenByTests } from './proven-by-tests.js';

/** The compiled tests of a package. */
function testsOf(member: string, ...names: readonly string[]): readonly string[] {
  return names.map((name) => `packages/${member}/.test-build/${name}.test.js`);
}

/**
 * The packages' own tests with more rounds. The number of rounds in CI is chosen so that all proofs take two to five
 * minutes.
 */
export const atLength: readonly Proof[] = [
  provenByTests({
    name: 'sqlite-kills',
    promise:
      'a writer to SQLite that is killed leaves every acknowledged event once, no gap, and rows that equal the fold',
    rounds: 30,
    files: testsOf('store-sqlite', 'crash'),
  }),
  provenByTests({
    name: 'postgres-kills',
    promise:
      'a process or a PostgreSQL server that is killed loses no acknowledged event, and no event is written twice',
    rounds: 12,
    files: testsOf('store-postgres', 'crashes'),
  }),
  provenByTests({
    name: 'postgres-consumers',
    promise:
      'what a handler does in the transaction that moves its checkpoint happens exactly once, whichever statement is cut, before it arrives or after',
    rounds: 10,
    files: testsOf('store-postgres', 'consume-within-lost'),
  }),
  provenByTests({
    name: 'proposals-kills',
    promise:
      'processes with a timer that are killed carry out and take back each due proposal once, on every store, EventStoreDB with and without rows kept elsewhere',
    rounds: 3,
    files: testsOf('proposals', 'processes'),
  }),
  provenByTests({
    name: 'proposals',
    promise: 'proposals behave on PostgreSQL and EventStoreDB as in memory',
    rounds: 1,
    files: testsOf('proposals', 'closing', 'dates', 'proposing', 'signals', 'telling', 'whole-rollouts'),
    environments: ['PostgreSQL', 'EventStoreDB with rows in SQLite'].map((kind) => ({ PROPOSALS_ON: kind })),
  }),
  provenByTests({
    name: 'failover',
    promise:
      'when a standby of PostgreSQL takes over, every append that it had confirmed is there, all reads are of one history, and positions of lost events are refused',
    rounds: 5,
    files: testsOf('store-postgres', 'failovers'),
  }),
  provenByTests({
    name: 'postgres-pairs',
    promise: 'two processes that write to PostgreSQL read each write, whichever process updates the rows',
    rounds: 4000,
    files: testsOf('store-postgres', 'read-your-writes'),
  }),
  provenByTests({
    name: 'eventstoredb-faults',
    promise:
      'whatever faults EventStoreDB or the connection to it has, each acknowledged append is there once, and subscribers miss none',
    rounds: 1,
    files: testsOf('store-eventstoredb', 'faults/broken-servers', 'faults/broken-reads', 'faults/lost-answers'),
  }),
  provenByTests({
    name: 'freshness',
    promise:
      'no read returns rows older than allowed, while connections stall, lagging nodes and standbys take over, backups are restored, and rows are rebuilt',
    rounds: 120,
    files: [...testsOf('store-eventstoredb', 'freshness'), ...testsOf('store-postgres', 'freshness')],
  }),
  provenByTests({
    name: 'very-many',
    promise: 'ten thousand streams stay separate, and four hundred subscriptions end, on every store',
    rounds: 10_000,
    files: [
      ...testsOf('event-sourcing', 'memory-store.contract'),
      ...['store-sqlite', 'store-postgres', 'store-eventstoredb'].flatMap((store) => testsOf(store, 'contract')),
    ],
    only: ['\\d+ streams are separate', '\\d+ subscriptions at once'],
  }),
  provenByTests({
    name: 'api-memory',
    promise: 'the memory of the API does not grow with its requests',
    rounds: 5000,
    files: testsOf('api', 'memory'),
  }),
  provenByTests({
    name: 'api-fuzz',
    promise:
      'every request is answered, in the same way over every protocol, and none ends in a defect or without an answer',
    rounds: 500,
    files: testsOf('api', 'fuzz', 'fuzz/equal', 'fuzz/frames', 'fuzz/http1', 'fuzz/packets'),
  }),
  provenByTests({
    name: 'laws',
    promise:
      'for random histories of policies, reads equal the answers of commands, and rebuilds and replays equal the live rows',
    rounds: 500,
    files: [...testsOf('domain', 'laws', 'event-codec', 'revert'), ...testsOf('event-sourcing', 'json', 'values')],
  }),
];

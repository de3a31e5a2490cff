import { CommandHandler, getInMemoryEventStore, type EventStore } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore, pongoSingleStreamProjection } from '@event-driven-io/emmett-postgresql';
import type { SQLiteProjectionDefinition } from '@event-driven-io/emmett-sqlite';
import type { Conditions } from '../harness/row.js';
import { freshDatabase } from '../raw/postgres-server.js';
import { parsePolicy } from '../raw/raw-driver.js';
import { copyOf, decidePlain, emptyPolicy, fold, type PlainEvent, type PlainPolicy } from '../workload/plain-policy.js';
import type { Peer, PeerPolicies } from './peers.js';

const canHandle: PlainEvent['type'][] = [
  'LoginPolicyAdded',
  'LoginPolicyChanged',
  'SecondFactorAdded',
  'SecondFactorRemoved',
  'MultiFactorAdded',
  'MultiFactorRemoved',
  'IdentityProviderAdded',
  'IdentityProviderRemoved',
];

const folding = {
  initialState: emptyPolicy,
  evolve: (policy: PlainPolicy, event: PlainEvent): PlainPolicy => fold(policy, event, Date.now()),
};
const handle = CommandHandler<PlainPolicy, PlainEvent>(folding);

function policiesIn(store: EventStore, close: () => Promise<void>): PeerPolicies {
  return {
    async command(stream, command) {
      await handle(store, stream, (policy) => decidePlain(command, policy));
    },
    async seed(stream, events) {
      await store.appendToStream<PlainEvent>(stream, structuredClone([...events]));
    },
    async load(stream) {
      const { state } = await store.aggregateStream<PlainPolicy, PlainEvent>(stream, folding);
      return state.sequence;
    },
    close,
  };
}

/** emmett in memory. */
export const emmettMemory: Peer = {
  name: 'emmett',
  method: 'CommandHandler on getInMemoryEventStore; no row is kept',
  open: async () => policiesIn(getInMemoryEventStore(), async () => undefined),
};

/**
 * emmett on SQLite with one connection. By default it opens one per operation, which is half as fast and sometimes ends
 * in SQLITE_BUSY.
 */
export function emmettSqlite({ peers: { emmettSqlite: module, whyNot }, scratch }: Conditions): Peer {
  return {
    name: 'emmett-sqlite',
    method: 'CommandHandler, the row kept by an inline projection that reads and writes it',
    async open() {
      if (module === undefined) throw new Error(`left out: ${whyNot}`);
      const fileName = scratch.fresh('emmett.db');
      const connection = module.sqliteConnection({ fileName });
      const connectionOptions = { singleton: true, connection } as const;
      const projections = [{ type: 'inline' as const, projection: sqliteRows }];
      const store = module.getSQLiteEventStore({ fileName, projections, connectionOptions });
      await store.schema.migrate();
      return policiesIn(store, async () => connection.close());
    },
  };
}

const sqliteRows: SQLiteProjectionDefinition<PlainEvent> = {
  canHandle,
  init: async ({ context: { connection } }) => {
    await connection.command('CREATE TABLE IF NOT EXISTS policies (key TEXT PRIMARY KEY, row TEXT NOT NULL)');
  },
  handle: async (events, { connection }) => {
    const [first] = events;
    if (first === undefined) return;
    const key = first.metadata.streamName;
    const found = await connection.querySingle<{ row: string }>('SELECT row FROM policies WHERE key = ?', [key]);
    const policy = found?.row === undefined ? emptyPolicy() : parsePolicy(found.row);
    for (const event of events) fold(policy, event, Date.now());
    const put = 'INSERT OR REPLACE INTO policies (key, row) VALUES (?, ?)';
    await connection.command(put, [key, JSON.stringify(policy)]);
  },
};

/** emmett on PostgreSQL, with the pool it opens itself. */
export const emmettPostgres: Peer = {
  name: 'emmett-postgresql',
  method: 'CommandHandler, the row kept by pongoSingleStreamProjection inline',
  async open() {
    const projections = [{ type: 'inline' as const, projection: pongoRows }];
    const store = getPostgreSQLEventStore(await freshDatabase(), { projections });
    await store.schema.migrate();
    return policiesIn(store, () => store.close());
  },
};

type Document = PlainPolicy & Record<string, unknown>;

const pongoRows = pongoSingleStreamProjection<Document, PlainEvent>({
  collectionName: 'policies',
  canHandle,
  initialState: () => ({ ...emptyPolicy() }),
  // A copy, because it writes a document only if it differs from the one it read.
  evolve: (policy: Document, event: PlainEvent): Document => ({ ...fold(copyOf(policy), event, Date.now()) }),
});

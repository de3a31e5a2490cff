import type { SQLiteEventStore, SQLiteEventStoreOptions } from '@event-driven-io/emmett-sqlite';
import { openLoginPolicies } from '@login-policy/domain';
import { openSqliteStore } from '@login-policy/store-sqlite';
import type { Contender, Setting } from '../harness/row.js';
import type { EmmettSqliteModule } from '../peers/peers.js';
import { quietly } from '../peers/quietly.js';
import { catchingStrays } from '../peers/stray-errors.js';
import { RawFile } from '../raw/raw-file.js';
import type { WithOurs } from '../workload/our-contenders.js';

/** Does something with a fresh file by hand, and closes it. */
export async function withRawFile<Result>(
  { scratch }: Setting,
  work: (file: RawFile) => Result | Promise<Result>,
): Promise<Result> {
  const file = new RawFile(scratch.fresh('raw.db'));
  try {
    return await work(file);
  } finally {
    file.close();
  }
}

/** Does something with a fresh store of ours, durability `full` as by default, and closes it. */
export function withOurs({ scratch }: Setting): WithOurs {
  return async (_readModel, work) => {
    const store = await openSqliteStore({ path: scratch.fresh('ours.db') });
    const policies = await openLoginPolicies({ store });
    try {
      return await work({ store, policies });
    } finally {
      await policies.close();
      await store.close();
    }
  };
}

/** How emmett's SQLite store does a row's work. */
export interface EmmettWork {
  readonly name: string;
  readonly how: string;
  measure(module: EmmettSqliteModule, path: string): Promise<number>;
}

/** emmett's SQLite store on a fresh file; one that fails with the reason when it is left out. */
export function emmettSqlite({ peers, scratch }: Setting, work: EmmettWork): Contender {
  const { emmettSqlite: module, whyNot } = peers;
  return {
    name: work.name,
    how: work.how,
    async measure() {
      if (module === undefined) throw new Error(`left out: ${whyNot}`);
      return catchingStrays(() => quietly(() => work.measure(module, scratch.fresh('emmett.db'))));
    },
  };
}

/**
 * emmett's store with its tables made, on one connection: by default it opens one for each operation, which is half as
 * fast and now and then ends in SQLITE_BUSY.
 */
export async function openEmmett(
  module: EmmettSqliteModule,
  path: string,
  projections: SQLiteEventStoreOptions['projections'] = [],
): Promise<SQLiteEventStore> {
  const connection = module.sqliteConnection({ fileName: path });
  const connectionOptions = { singleton: true, connection } as const;
  const store = module.getSQLiteEventStore({ fileName: path, projections, connectionOptions });
  await store.schema.migrate();
  return store;
}

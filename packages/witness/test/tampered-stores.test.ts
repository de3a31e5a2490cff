import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { isFault, type RecordedEvent, type Store } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { checkLog, type GrowingTreeHead } from '@login-policy/witness';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { eventsOf, headOf, writeHistory } from './histories.js';
import { withPostgresStore } from './servers.js';
import { randomOf, TAMPERINGS, type Row } from './tampering.js';

const TAMPERED = 1000;

/** A store, and the table of its events as somebody writes to it who does not ask the store. */
interface OpenedTable {
  readonly store: Store;
  read(): Promise<readonly Row[]>;
  /** Answers whether the database took the rows. */
  replace(rows: readonly Row[]): Promise<boolean>;
}

async function withSqlite(work: (table: OpenedTable) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'witness-'));
  const path = join(folder, 'iam.db');
  try {
    await using store = await openSqliteStore({ path, durability: 'normal' });
    using database = new DatabaseSync(path);
    const replace = (rows: readonly Row[]): void => {
      database.exec('BEGIN; DELETE FROM events');
      for (const row of rows) {
        const names = Object.keys(row);
        const insert = `INSERT INTO events (${names.join()}) VALUES (${names.map(() => '?').join()})`;
        database.prepare(insert).run(...names.map((name) => sqlValue(row[name])));
      }
      database.exec('COMMIT');
    };
    await work({
      store,
      read: () => Promise.resolve(database.prepare('SELECT * FROM events ORDER BY position').all()),
      replace: (rows) =>
        Promise.resolve(
          isTaken(
            () => replace(rows),
            () => database.exec('ROLLBACK'),
          ),
        ),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function sqlValue(value: unknown): SQLInputValue {
  return typeof value === 'number' || typeof value === 'string' ? value : null;
}

function isTaken(write: () => void, undo: () => void): boolean {
  try {
    write();
    return true;
  } catch {
    undo();
    return false;
  }
}

function withPostgres(work: (table: OpenedTable) => Promise<void>): Promise<void> {
  const table = 'login_policy.events';
  const refill = `INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`;
  return withPostgresStore((store, pool) =>
    work({
      store,
      read: async () => {
        const { rows } = await pool.query(`SELECT to_json(e) AS row FROM ${table} AS e ORDER BY position`);
        return rows.map(({ row }) => row);
      },
      replace: async (rows) => {
        await pool.query(`DELETE FROM ${table}`);
        return pool.query(refill, [JSON.stringify(rows)]).then(
          () => true,
          () => false,
        );
      },
    }),
  );
}

describe('a history that somebody rewrote in the database', () => {
  it('is noticed beside an older tree head: 1,000 times on SQLite', () => withSqlite(expectAllNoticed));
  it('is noticed beside an older tree head: 1,000 times on PostgreSQL', () => withPostgres(expectAllNoticed));
});

async function expectAllNoticed({ store, read, replace }: OpenedTable): Promise<void> {
  await writeHistory(store);
  const treeHead = await headOf(store.eventStore);
  // The tree head is older than the log.
  await writeHistory(store, { from: 40, to: 50 });
  const { random, seed } = randomOf();
  const [rows, events] = [await read(), await eventsOf(store.eventStore)];
  const [early, late] = [rows.slice(0, treeHead.size), rows.slice(treeHead.size)];
  const noticed = new Map<string, number>();
  for (let count = 0; count < TAMPERED;) {
    for (const [name, tamper] of Object.entries(TAMPERINGS)) {
      const tampered = tamper(early, random);
      if (tampered === undefined) continue;
      // What was cut off or taken out is not followed by later events with gaps before them.
      const rest = tampered.length === early.length ? late : [];
      if (!(await replace([...tampered, ...rest]))) continue;
      const outcome = await outcomeOf(store, { treeHead, events });
      if (outcome === 'nothing changed') continue;
      expect(outcome, `${name}, seed ${seed}`).not.to.equal('contained');
      noticed.set(name, (noticed.get(name) ?? 0) + 1);
      count += 1;
    }
  }
  expect([...noticed.keys()], `seed ${seed}`).to.have.members(Object.keys(TAMPERINGS));
  await replace(rows);
  expect(await checkLog(store.eventStore, { treeHeads: [treeHead] })).to.include({ outcome: 'contained' });
}

/** What the check finds; a store that refuses to read what it finds has noticed it, too. */
async function outcomeOf(
  { eventStore }: Store,
  { treeHead, events }: { readonly treeHead: GrowingTreeHead; readonly events: readonly RecordedEvent[] },
): Promise<string> {
  try {
    const { outcome } = await checkLog(eventStore, { treeHeads: [treeHead] });
    if (outcome !== 'contained') return outcome;
    const found = (await eventsOf(eventStore)).slice(0, treeHead.size);
    const isSame = found.map(withoutPosition).join() === events.slice(0, treeHead.size).map(withoutPosition).join();
    return isSame ? 'nothing changed' : outcome;
  } catch (caught) {
    if (!isFault(caught)) throw caught;
    return caught.code;
  }
}

function withoutPosition({ position: _, ...event }: RecordedEvent): string {
  return JSON.stringify(event, (__, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

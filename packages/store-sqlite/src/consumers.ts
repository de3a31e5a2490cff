import { Fault, parsePosition } from '@login-policy/event-sourcing';
import type { ConsumerBackend, ConsumerRecord, FoundConsumer } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import type { Statement } from './statement.js';
import { headOf } from './event-statements.js';
import type { LookUpParts } from './lookups.js';

/** A consumer's row and its session's last heartbeat. */
interface ConsumerRow {
  readonly version: number;
  readonly session: string | null;
  readonly run: number | null;
  readonly position: string;
  readonly beat: number | null;
}

type NewRow = [name: string, version: number, session: string | null, run: number | null, position: string];

/**
 * The consumers of a SQLite file. Their writes are not synced. If a power loss undoes a checkpoint, the events after it
 * are handled again.
 */
export class SqliteConsumers implements ConsumerBackend {
  readonly #connection: Connection;
  readonly #parts: Pick<LookUpParts, 'events' | 'log'>;
  readonly #find: Statement<[name: string], ConsumerRow>;
  readonly #version: Statement<[name: string], number>;
  readonly #write: Statement<NewRow>;
  readonly #beat: Statement<[session: string, count: number]>;
  readonly #forget: Statement<[session: string]>;
  readonly #forgetUnused: Statement<[session: string]>;

  constructor(connection: Connection, parts: Pick<LookUpParts, 'events' | 'log'>) {
    const { database } = connection;
    this.#connection = connection;
    this.#parts = parts;
    this.#find = database.prepare(
      `SELECT version, session, run, position, beat FROM consumers LEFT JOIN consumer_sessions USING (session) WHERE name = ?`,
    );
    this.#version = database.prepare('SELECT version FROM consumers WHERE name = ?', 'value');
    this.#write = database.prepare(
      'INSERT OR REPLACE INTO consumers (name, version, session, run, position) VALUES (?, ?, ?, ?, ?)',
    );
    this.#beat = database.prepare('INSERT OR REPLACE INTO consumer_sessions (session, beat) VALUES (?, ?)');
    this.#forget = database.prepare('DELETE FROM consumer_sessions WHERE session = ?');
    this.#forgetUnused = database.prepare(
      'DELETE FROM consumer_sessions WHERE session <> ? AND session NOT IN (SELECT session FROM consumers WHERE session IS NOT NULL)',
    );
  }

  async lookUp(names: readonly string[]): Promise<ReadonlyMap<string, FoundConsumer>> {
    return this.#connection.use((database) => database.snapshot(() => this.#findAll(names)));
  }

  put(name: string, record: ConsumerRecord, expected: bigint): Promise<'written' | 'overtaken'> {
    const { holder, position } = record;
    return this.#connection.writeDerived(() => {
      const { events, log } = this.#parts;
      if (!log.isInLog(position)) {
        throw new Fault('position-unknown', { position, head: headOf(events.head.get(), this.#connection.name) });
      }
      if (BigInt(this.#version.get(name) ?? 0) !== expected) return 'overtaken';
      const { session = null, run = null } = holder ?? {};
      this.#write.run(name, Number(expected) + 1, session, run, String(position));
      return 'written';
    });
  }

  async beat(session: string, count: number): Promise<void> {
    await this.#connection.writeDerived(() => {
      this.#beat.run(session, count);
      // Those of killed processes whose leases are taken.
      if (count === 1) this.#forgetUnused.run(session);
    });
  }

  async forget(session: string): Promise<void> {
    await this.#connection.writeDerived(() => this.#forget.run(session));
  }

  #findAll(names: readonly string[]): ReadonlyMap<string, FoundConsumer> {
    const found = new Map<string, FoundConsumer>();
    for (const name of names) {
      const row = this.#find.get(name);
      if (row === undefined) continue;
      const { session, run, version, position, beat } = row;
      const holder = session === null || run === null ? undefined : { session, run };
      found.set(name, { version: BigInt(version), position: parsePosition(position), holder, beat: beat ?? undefined });
    }
    return found;
  }
}

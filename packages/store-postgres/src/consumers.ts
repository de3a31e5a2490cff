import { Fault, type Handling, parsePosition, type Position, START } from '@login-policy/event-sourcing';
import {
  type ConsumerBackend,
  type ConsumerRecord,
  type FoundConsumer,
  onAbort,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import { requestCancel } from './cancel-request.js';
import type { Connection } from './connection.js';
import { positionIn } from './positions.js';
import { query, textsOf, type Cells } from './queries.js';
import { text } from './rows.js';
import type { Schema } from './schema.js';
import { limitsOfHandler, WORK_ENDS_MS } from './time-outs.js';
import { identifyTransaction } from './transaction.js';

/** The new checkpoint, and the fence of the lease under which it is moved. */
interface CheckpointMove extends Pick<Handling, 'fence' | 'position' | 'signal'> {
  readonly handleTimeoutMs: number;
}

/** Work in a transaction. */
type Work = (client: ClientBase) => Promise<unknown>;

/** A move of the checkpoint with work in the same transaction. */
interface MoveWithWork extends CheckpointMove {
  readonly work: Work;
  /** Fires when the work is abandoned. */
  readonly abandoned: AbortSignal;
}

/** The consumers of a schema. */
export class PostgresConsumers implements ConsumerBackend {
  readonly #connection: Connection;
  readonly #schema: string;

  constructor(connection: Connection, schema: Schema) {
    this.#connection = connection;
    this.#schema = schema.quoted;
  }

  async lookUp(names: readonly string[], wait?: WaitOptions): Promise<ReadonlyMap<string, FoundConsumer>> {
    const rows = await this.#connection.read(
      `SELECT name, version, session, run, position, beat
       FROM ${this.#schema}.consumers LEFT JOIN ${this.#schema}.consumer_sessions USING (session) WHERE name = ANY ($1)`,
      [textsOf(names)],
      wait,
    );
    return new Map(rows.map((row) => [text(row[0]), foundIn(row)]));
  }

  async put(name: string, record: ConsumerRecord, expected: bigint): Promise<'written' | 'overtaken'> {
    const values = valuesOf(name, record, expected);
    const [row] = await this.#connection.change(putStatement(this.#schema), values);
    return outcomeOf(row, record.position);
  }

  /**
   * Runs work and moves the checkpoint in one transaction. The transaction is rolled back if the record was written
   * meanwhile, or if the work still runs {@link WORK_ENDS_MS} after its signal fired.
   *
   * @throws whatever the work throws, and Error when the record was written meanwhile: by the next holder of the lease,
   * or by an earlier commit of this one whose answer was lost. Only the caller's next look tells which.
   */
  async within(name: string, move: CheckpointMove, work: Work): Promise<void> {
    const { signal } = move;
    const { abandoned, release } = abandonAfter(signal);
    try {
      const result = await this.#connection.withFaults(() =>
        this.#connection.useUntimed(
          (client) => this.#moveWith(client, name, { ...move, work, abandoned }),
          signal,
          abandoned,
        ),
      );
      if ('error' in result) throw result.error;
    } finally {
      release();
    }
  }

  async #moveWith(
    client: ClientBase,
    name: string,
    { fence: { session, run, version }, position, handleTimeoutMs, work, abandoned }: MoveWithWork,
  ): Promise<{ readonly error?: unknown }> {
    await client.query(`BEGIN; ${limitsOfHandler(handleTimeoutMs)}`);
    const { openCondition } = await identifyTransaction(client);
    // Cancels only the work. A commit that is cancelled while it waits for a standby is visible, although the standby
    // lacks it.
    const stopCancelling = onAbort(abandoned, () => requestCancel(client));
    try {
      await work(client);
    } catch (error) {
      await client.query('ROLLBACK');
      return { error };
    } finally {
      stopCancelling();
    }
    const values = valuesOf(name, { holder: { session, run }, position }, version);
    const [row] = await query(client, putStatement(this.#schema, openCondition), values);
    if (row === undefined) throw endedByHandler();
    if (outcomeOf(row, position) === 'overtaken') {
      await client.query('ROLLBACK');
      return { error: overtaken(name) };
    }
    const { command } = await client.query('COMMIT');
    // The server answers COMMIT with ROLLBACK when a late statement of the handler has failed.
    if (command !== 'COMMIT') throw endedByHandler();
    return {};
  }

  async beat(session: string, count: number): Promise<void> {
    // With the first one go those of killed processes whose leases are taken.
    await this.#connection.change(
      `WITH unused AS (DELETE FROM ${this.#schema}.consumer_sessions WHERE $2 = '1' AND session <> $1
         AND NOT EXISTS (SELECT FROM ${this.#schema}.consumers c WHERE c.session = consumer_sessions.session))
       INSERT INTO ${this.#schema}.consumer_sessions AS s (session, beat) VALUES ($1, $2::bigint)
       ON CONFLICT (session) DO UPDATE SET beat = excluded.beat`,
      [session, String(count)],
    );
  }

  async forget(session: string): Promise<void> {
    await this.#connection.change(`DELETE FROM ${this.#schema}.consumer_sessions WHERE session = $1`, [session]);
  }
}

/** A signal that fires {@link WORK_ENDS_MS} after another one: the work has then had its time to end. */
function abandonAfter(signal: AbortSignal): { readonly abandoned: AbortSignal; readonly release: () => void } {
  const control = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const unsubscribe = onAbort(signal, () => {
    timer = setTimeout(() => control.abort(), WORK_ENDS_MS);
  });
  const release = (): void => {
    unsubscribe();
    clearTimeout(timer);
  };
  return { abandoned: control.signal, release };
}

function valuesOf(name: string, { holder, position }: ConsumerRecord, expected: bigint): readonly (string | null)[] {
  return [name, expected, position, holder?.session ?? null, holder?.run ?? null].map(textOrNull);
}

/**
 * One statement, so that the position is checked against the log when it is written. It writes and returns nothing
 * unless the condition holds.
 */
function putStatement(schema: string, condition = 'true'): string {
  return `WITH target AS (
      SELECT $3::numeric = 0 OR ${schema}.find_event_at($3::numeric) IS NOT NULL AS known WHERE ${condition}),
    inserted AS (
      INSERT INTO ${schema}.consumers (name, version, session, run, position)
      SELECT $1, 1, $4, $5::bigint, $3::numeric FROM target WHERE known AND $2::bigint = 0
      ON CONFLICT (name) DO NOTHING RETURNING 1),
    updated AS (
      UPDATE ${schema}.consumers SET version = version + 1, session = $4, run = $5::bigint, position = $3::numeric
      FROM target WHERE known AND name = $1 AND version = $2::bigint RETURNING 1)
    SELECT known, EXISTS (SELECT FROM inserted) OR EXISTS (SELECT FROM updated),
      (SELECT position || ' ' || id FROM ${schema}.events ORDER BY position DESC LIMIT 1) FROM target`;
}

function outcomeOf(row: Cells | undefined, position: Position): 'written' | 'overtaken' {
  const [known, isWritten, head] = row ?? [];
  if (known !== 't') throw new Fault('position-unknown', { position, head: positionIn(head) ?? START });
  return isWritten === 't' ? 'written' : 'overtaken';
}

function endedByHandler(): Error {
  return new Error(
    'the handler has ended the transaction that moves the checkpoint: it must never commit or roll back by its client, and must await each statement',
  );
}

function overtaken(name: string): Error {
  return new Error(
    `the record of the consumer ${JSON.stringify(name)} was written by another transaction, or by its handler: the handler's transaction was rolled back`,
  );
}

function foundIn([, version, session, run, position, beat]: Cells): FoundConsumer {
  const holder = session === null || session === undefined ? undefined : { session, run: Number(run) };
  return {
    version: BigInt(text(version)),
    holder,
    position: parsePosition(text(position)),
    beat: beat === null || beat === undefined ? undefined : Number(beat),
  };
}

function textOrNull(value: string | number | bigint | null): string | null {
  return value === null ? null : String(value);
}

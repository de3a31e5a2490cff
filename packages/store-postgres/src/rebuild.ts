import { CheckpointConflict, RebuildSuperseded, type Position } from '@login-policy/event-sourcing';
import type { ClientBase } from 'pg';
import { ownTransaction } from './callers-transaction.js';
import type { Connection } from './connection.js';
import { query } from './queries.js';
import { catchUp, type Behind } from './inline-catch-up.js';
import { storedName } from './names.js';
import type { ReadModelParts } from './read-model-store.js';
import { checkpointOf } from './row-changes.js';
import { text } from './rows.js';
import type { Schema } from './schema.js';

/** Events that are few enough to be reduced while all writers wait. */
const REDUCED_IN_TURN = 5000n;

/** The copy a rebuild fills. */
export interface Copy {
  readonly model: string;
  /** As its column holds it. */
  readonly name: string;
}

/** The last step of a rebuild. */
export interface LastStep {
  /** The name of the read model, for a fault to say. */
  readonly model: string;
  readonly expected: Position | undefined;
  readonly checkpoint: Position;
  readonly changes: string;
}

/** Makes an empty copy and throws away what an earlier rebuild left. */
export async function beginRebuild({ connection, schema }: ReadModelParts, givenName: string): Promise<Copy> {
  const { name } = storedName(givenName);
  const { quoted } = schema;
  const model = await connection.faulty(() =>
    connection.transaction(async (client) => {
      await query(client, 'SELECT pg_catalog.pg_advisory_xact_lock($1)', [schema.appendLock.toString()]);
      await query(
        client,
        `UPDATE ${quoted}.read_models SET stage = 'replaced' WHERE name = $1 AND stage = 'rebuilding'`,
        [name],
      );
      const [made] = await query(
        client,
        `INSERT INTO ${quoted}.read_models (name, stage) VALUES ($1, 'rebuilding') RETURNING model`,
        [name],
      );
      return text(made?.[0]);
    }),
  );
  await sweep(connection, schema);
  return { model, name };
}

/**
 * Takes the last step and the live rows' place, in one transaction that no append gets into.
 *
 * @throws CheckpointConflict when the live rows are further, or the copy is not where it was expected.
 * @throws RebuildSuperseded when another rebuild was begun meanwhile.
 */
export async function switchOver(parts: ReadModelParts, copy: Copy, step: LastStep): Promise<void> {
  const { connection, schema } = parts;
  await connection.faulty(() =>
    connection.transaction(async (client) => {
      // Asked before writers have to wait, too: nobody takes their lock for what can't be.
      await demandCopy(client, schema, { copy, step });
      await query(client, 'SELECT pg_catalog.pg_advisory_xact_lock($1)', [schema.appendLock.toString()]);
      await demandCopy(client, schema, { copy, step });
      const behind = await behindLive(client, parts, { copy, step });
      const [refused] = await query(client, `SELECT ${schema.quoted}.take_step($1, $2, $3, $4)`, [
        copy.model,
        step.expected?.toString(),
        step.checkpoint.toString(),
        step.changes,
      ]);
      const actual = refused?.[0];
      const isThere =
        actual === null && (behind === undefined || (await catchUp(ownTransaction(client), parts, behind)));
      if (!isThere) {
        throw new CheckpointConflict({ model: step.model, expected: step.expected, actual: checkpointOf(actual) });
      }
      await takePlace(client, schema, copy);
    }),
  );
  await sweep(connection, schema);
}

async function demandCopy(
  client: ClientBase,
  { quoted }: Schema,
  { copy, step }: { readonly copy: Copy; readonly step: LastStep },
): Promise<void> {
  const found = await query(client, `SELECT FROM ${quoted}.read_models WHERE model = $1 AND stage <> 'replaced'`, [
    copy.model,
  ]);
  if (found.length === 0) throw new RebuildSuperseded({ model: step.model });
}

/**
 * How far the live rows are ahead. A projector brings the copy that far and comes again; where appends keep the rows, they
 * would always be faster, so the rest is reduced while none of them gets in.
 */
async function behindLive(
  client: ClientBase,
  { schema, inline }: ReadModelParts,
  { copy, step }: { readonly copy: Copy; readonly step: LastStep },
): Promise<Behind | undefined> {
  const [live] = await query(
    client,
    `SELECT checkpoint FROM ${schema.quoted}.read_models WHERE name = $1 AND stage = 'live' FOR UPDATE`,
    [copy.name],
  );
  const head = checkpointOf(live?.[0]);
  const { checkpoint, model } = step;
  if (head === undefined || head <= checkpoint) return undefined;
  const kept = inline.find(({ name }) => name === copy.name);
  if (kept === undefined || head - checkpoint > REDUCED_IN_TURN) {
    throw new CheckpointConflict({ model, expected: checkpoint, actual: head });
  }
  return { projection: kept.projection, place: { model: copy.model, checkpoint }, head };
}

async function takePlace(client: ClientBase, { quoted }: Schema, copy: Copy): Promise<void> {
  const statements = [
    [`UPDATE ${quoted}.read_models SET stage = 'replaced' WHERE name = $1 AND stage = 'live'`, copy.name],
    [`UPDATE ${quoted}.read_models SET stage = 'live' WHERE model = $1`, copy.model],
  ] as const;
  for (const [statement, value] of statements) await query(client, statement, [value]);
}

/** Takes away the rows of what was replaced: nobody reads them, so it need not be in the same transaction. */
async function sweep(connection: Connection, { quoted }: Schema): Promise<void> {
  await connection.read(
    `WITH gone AS (DELETE FROM ${quoted}.read_models WHERE stage = 'replaced' RETURNING model),
       entries AS (DELETE FROM ${quoted}.read_model_entries WHERE model IN (SELECT model FROM gone))
     DELETE FROM ${quoted}.read_model_rows WHERE model IN (SELECT model FROM gone)`,
  );
}

import { laterPosition, START, type Position } from '@login-policy/event-sourcing';
import {
  CheckpointConflict,
  modelName,
  RebuildSuperseded,
  type AnyProjection,
} from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import { catchUp } from './catch-up.js';
import { CHECKPOINT, HEAD, HEAD_PLACED, MARKER } from './checkpoints.js';
import { storedName } from './names.js';
import { answeringOn, query, type Answering } from './queries.js';
import type { ReadModelParts } from './read-models.js';
import { positionIn } from './positions.js';
import { text } from './rows.js';
import type { Schema } from './schema.js';
import { stepRefusal, takeStep, type Step } from './steps.js';

/** The shadow read model that a rebuild fills. */
export interface Copy {
  readonly model: string;
  readonly projection: AnyProjection;
}

/** The last step of a rebuild, after so many slices. */
export interface LastStep extends Step {
  readonly slices: number;
  /** Where live rows are that are of a lost history. */
  readonly lost?: Position;
}

/** Makes an empty shadow, and has what an earlier rebuild left thrown away. */
export async function beginRebuild(
  { connection, schema, sweeper }: ReadModelParts,
  projection: AnyProjection,
): Promise<Copy> {
  const { name } = storedName(modelName(projection));
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
  sweeper.begin();
  return { model, projection };
}

/**
 * Takes the last step and the live rows' place, in one transaction that no append gets into. What was written since the last
 * look, if it is little, is reduced there: else a rebuild under load would never get there.
 *
 * @throws CheckpointConflict when the live rows are further, or the shadow is not where it was expected.
 * @throws RebuildSuperseded when another rebuild was begun meanwhile.
 * @throws PositionUnknown when it stands on an event that is not in this log.
 * @throws StoreUnavailable when a server took over that has not got all of its slices.
 */
export async function promote(
  { connection, schema, sweeper }: ReadModelParts,
  copy: Copy,
  step: LastStep,
): Promise<void> {
  await connection.faulty(() =>
    connection.transaction(async (client) => {
      // Asked before writers have to wait, too: nobody takes their lock for what can't be.
      await demandShadow(client, schema, copy);
      await query(client, 'SELECT pg_catalog.pg_advisory_xact_lock($1)', [schema.appendLock.toString()]);
      const { live, head } = await demandShadow(client, schema, copy);
      const turn = answeringOn(client, connection.name);
      await lastStep(turn, schema, { ...copy, ...step });
      const { checkpoint, slices } = step;
      const isAtHead = (await catchUp(turn, schema, { ...copy, checkpoint, head, slices: slices + 1 })) !== undefined;
      const reached = isAtHead ? laterPosition(head, checkpoint) : checkpoint;
      if (live > reached && live !== step.lost) throw conflict(copy.projection, reached, live);
      await takePlace(client, schema, copy);
    }),
  );
  sweeper.begin();
}

/** Where the live rows and the log are, if the shadow may still take their place. */
async function demandShadow(
  client: ClientBase,
  { quoted }: Schema,
  { model, projection }: Copy,
): Promise<{ readonly live: Position; readonly head: Position }> {
  const [found] = await query(
    client,
    `SELECT ${CHECKPOINT}, ${HEAD_PLACED} FROM {schema}.read_models AS shadow
     LEFT JOIN {schema}.read_models AS m ON m.name = shadow.name AND m.stage = 'live'
     LEFT JOIN ${HEAD} AS head ON true LEFT JOIN ${MARKER} ON true
     WHERE shadow.model = $1 AND shadow.stage = 'rebuilding'`.replaceAll('{schema}', () => quoted),
    [model],
  );
  if (found === undefined) throw new RebuildSuperseded({ model: modelName(projection) });
  return { live: positionIn(found[0]) ?? START, head: positionIn(found[1]) ?? START };
}

async function lastStep(turn: Answering, schema: Schema, step: Copy & LastStep): Promise<void> {
  const refused = await takeStep(turn, schema, step);
  if (refused !== null) throw stepRefusal(refused, { ...step, store: turn.name });
}

async function takePlace(client: ClientBase, { quoted }: Schema, { model }: Copy): Promise<void> {
  const shadowsName = `(SELECT name FROM ${quoted}.read_models WHERE model = $1)`;
  const replaced = `UPDATE ${quoted}.read_models SET stage = 'replaced' WHERE name = ${shadowsName} AND stage = 'live'`;
  await query(client, replaced, [model]);
  await query(client, `UPDATE ${quoted}.read_models SET stage = 'live' WHERE model = $1`, [model]);
  // Before the lock goes: whoever remembers the rows of before, knows another number.
  await query(client, 'SELECT pg_catalog.nextval($1)', [`${quoted}.revocations`]);
}

function conflict(projection: AnyProjection, expected: Position | undefined, actual: Position | undefined): Error {
  return new CheckpointConflict({ model: modelName(projection), expected, actual });
}

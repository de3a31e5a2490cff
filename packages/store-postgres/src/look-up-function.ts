import { instant, revision, START, type StreamId } from '@login-policy/event-sourcing';
import { type Found, positionOf, type Question, type StreamEnd } from '@login-policy/event-sourcing/store';
import { CHECKPOINT, HEAD } from './checkpoints.js';
import { LogEnd } from './log-end.js';
import { storedName } from './names.js';
import { plpgsql } from './plpgsql.js';
import { positionIn, storedId } from './positions.js';
import { arrayOf, textsOf, type Cell, type Cells } from './queries.js';
import { keyElement, keyOfHex } from './row-changes.js';
import { text } from './rows.js';
import { CHECK_SESSION, CHECK_TABLES, EPOCH } from './writing-session.js';
import { findByKey } from './write-rows.js';

type ReceiptKey = Question['receipts'][number];

/**
 * Acquires the writers' lock until the end of the transaction, and then looks up what a program needs to plan appends.
 * Positions are assigned only under the lock, so they become visible in order (ADR 0011).
 *
 * One statement looks everything up. Therefore the checkpoint of a read model and its rows are of the same snapshot,
 * although steps of read models do not take the lock. The statement begins after the lock was acquired, so at READ
 * COMMITTED it sees everything that was committed before.
 *
 * - `lock_ms`: how long to wait for the lock, in milliseconds. A `lock_timeout` of the session has priority;
 * - `streams`: the streams whose last events to look up;
 * - `receipt_streams`, `receipt_keys`: the receipts to look up, pairwise;
 * - `models`: the names of the live read models to look up;
 * - `row_models`, `row_keys`: the rows to look up, pairwise: the name of the read model, and the key.
 *
 * Returns one row for each thing that was found: its `kind`, then the columns `name`, `value_1`, `value_2` and
 * `value_3`:
 *
 * - `head`: the cache epoch; the number of the last event, or 0; its id
 * - `stream`: the stream; the revision of its last event; its time; its id
 * - `receipt`: the stream; the key
 * - `model`: the read model; its number; its checkpoint
 * - `row`: the read model; the key, in hexadecimal; the content
 *
 * A read model is returned if it is
 * - new: it has no checkpoint;
 * - at the checkpoint `0`, before the first event;
 * - at a checkpoint that is an event of this log ({@link CHECKPOINT}).
 *
 * The rows of any other read model belong to another history, such as after a restored backup.
 */
export const LOCK_AND_LOOK_UP: string = plpgsql(
  `look_up(lock_ms text, streams text[], receipt_streams text[], receipt_keys text[], models text[],
  row_models text[], row_keys bytea[])
  RETURNS TABLE (kind text, name text, value_1 text, value_2 text, value_3 text)`,
  `DECLARE
  session_timeout text := current_setting('lock_timeout');
BEGIN ${CHECK_SESSION}${CHECK_TABLES}
  IF lock_ms IS NOT NULL AND session_timeout = '0' THEN
    PERFORM set_config('lock_timeout', lock_ms, true);
  END IF;
  PERFORM pg_advisory_xact_lock({append_lock});
  IF lock_ms IS NOT NULL THEN
    PERFORM set_config('lock_timeout', session_timeout, true);
  END IF;
  IF ${EPOCH} IS NULL THEN
    -- No number has been drawn yet, for example after a copy by logical replication. If the epoch is NULL because the role
    -- lacks the privilege, this statement fails.
    PERFORM nextval('{schema}.revocations');
  END IF;
  RETURN QUERY WITH
    head AS ${HEAD},
    model AS (SELECT m.name, m.model, ${CHECKPOINT} AS checkpoint, m.checkpoint IS NULL AS is_new, head.position IS NULL AS is_log_empty
      FROM {schema}.read_models AS m LEFT JOIN head ON true
      WHERE m.name = ANY (models) AND m.stage = 'live')
  SELECT 'head', ${EPOCH}, coalesce(head.position, 0)::text, head.id, NULL
    FROM (SELECT) AS one LEFT JOIN head ON true
  UNION ALL
  SELECT 'stream', wanted.stream, last.revision::text, last.recorded_at::text, last.id
    FROM unnest(streams) AS wanted (stream), LATERAL (
      SELECT e.revision, e.recorded_at, e.id FROM {schema}.events AS e WHERE e.stream = wanted.stream
      ORDER BY e.revision DESC LIMIT 1) AS last
  UNION ALL
  SELECT 'receipt', wanted.stream, wanted.key, NULL, NULL
    FROM unnest(receipt_streams, receipt_keys) AS wanted (stream, key), LATERAL (
      SELECT FROM {schema}.receipts AS r WHERE r.stream = wanted.stream AND r.key = wanted.key OFFSET 0) AS found
  UNION ALL
  SELECT 'model', model.name, model.model::text, model.checkpoint, NULL FROM model
    WHERE model.is_new OR model.checkpoint = '0' OR (model.checkpoint IS NOT NULL AND NOT model.is_log_empty)
  UNION ALL
  SELECT 'row', given.name, encode(given.key, 'hex'), found.content::text, NULL
    FROM (SELECT model.name, model.model, wanted.key
      FROM unnest(row_models, row_keys) AS wanted (name, key) JOIN model ON model.name = wanted.name) AS given,
    ${findByKey('read_model_rows', { of: 'given', columns: 'stored_row.content' })};
END`,
);

/** The arguments of `look_up`. */
export function lookUpArguments({ streams, receipts, models }: Question): readonly Cell[] {
  const receiptKeys = receipts.map(storedReceipt);
  const named = models.map(({ target, keys }) => ({ name: storedName(target.name).name, keys: [...keys] }));
  const rows = named.flatMap(({ name, keys }) => keys.map((key) => ({ name, key })));
  return [
    textsOf(Array.from(streams, (streamId) => storedName(streamId).name)),
    textsOf(receiptKeys.map(([stream]) => stream)),
    textsOf(receiptKeys.map(([, key]) => key)),
    textsOf(named.map(({ name }) => name)),
    textsOf(rows.map(({ name }) => name)),
    arrayOf(rows.map(({ key }) => keyElement(key))),
  ];
}

/** The result of `look_up`, except for receipts. @throws TypeError for a malformed result. */
export function foundIn(answer: readonly Cells[], { streams, models }: Question): Found {
  const rowsOfKind = (wanted: string): readonly Cells[] =>
    answer.filter(([kind]) => kind === wanted).map((cells) => cells.slice(1));
  const [[epoch, ordinal, id] = []] = rowsOfKind('head');
  const names = new Map(Array.from(streams, (streamId) => [storedName(streamId).name, streamId]));
  const end = new LogEnd(text(epoch), BigInt(text(ordinal)), id ?? '');
  const rows = rowsOfKind('row');
  const questions = new Map(models.map((one) => [storedName(one.target.name).name, one]));
  return {
    token: end,
    head: end.id === '' ? START : positionOf(end.ordinal, storedId(end.id, `position ${end.ordinal}`)),
    ends: new Map(rowsOfKind('stream').flatMap((cells) => endIn(cells, names))),
    receipts: [],
    models: rowsOfKind('model').flatMap(([name, model, checkpoint]) => {
      const question = questions.get(text(name));
      if (question === undefined) return [];
      const own = rows.filter(([owner]) => owner === name);
      return [foundModel(question, [model ?? null, checkpoint ?? null], own)];
    }),
  };
}

/** The receipts in the result of `look_up`. */
export function receiptsIn(answer: readonly Cells[], { receipts }: Question): readonly ReceiptKey[] {
  const found = new Set(answer.filter(([kind]) => kind === 'receipt').map(([, ...names]) => nameOf(names)));
  return receipts.filter((one) => found.has(nameOf(storedReceipt(one))));
}

/** A text that identifies a receipt in a set. */
function nameOf([stream, key]: Cells): string {
  return JSON.stringify([stream, key]);
}

function foundModel(
  { target, keys }: Question['models'][number],
  [model, checkpoint]: Cells,
  own: readonly Cells[],
): Found['models'][number] {
  const rows = new Map<string, unknown>();
  for (const key of keys) rows.set(key, undefined);
  for (const [, hex, content] of own) rows.set(keyOfHex(text(hex)), text(content));
  return { target, id: text(model), checkpoint: positionIn(checkpoint), rows };
}

/** The end of a stream, from its columns; empty for a stream that is not in `names`. */
export function endIn(
  [stream, last, at, id]: Cells,
  names: ReadonlyMap<string, StreamId>,
): readonly (readonly [StreamId, StreamEnd])[] {
  const streamId = names.get(text(stream));
  if (streamId === undefined) return [];
  const end = {
    revision: revision(BigInt(text(last))),
    recordedAt: instant(Number(text(at))),
    id: storedId(text(id), `revision ${last} of ${streamId}`),
  };
  return [[streamId, end]];
}

/** The columns of a receipt's key. */
export function storedReceipt({ streamId, key }: ReceiptKey): readonly [stream: string, key: string] {
  return [storedName(streamId).name, storedName(key).name];
}

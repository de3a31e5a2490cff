import type { ClientBase } from 'pg';
import { partsOf, type PreparedAppend } from './append-batch.js';
import { query } from './queries.js';
import { receiptName, type Ground, type InlineModel, type StreamEnd } from './inline-plan.js';
import { keyBytes, keyOfHex, rowOf } from './row-changes.js';
import { text } from './rows.js';
import type { Schema } from './schema.js';

/** Where the read model of an inline projection is. */
export interface ModelPlace {
  readonly model: string;
  readonly steps: bigint;
  readonly checkpoint: bigint;
}

/** What was found of the store in a writer's turn. */
export interface View extends Ground {
  /** The one it holds in: see {@link ERA}. */
  readonly era: string;
  readonly places: readonly ModelPlace[];
}

/** Looks, in a writer's turn, at all that these appends and these rows need to be reckoned. */
export async function lookAt(
  client: ClientBase,
  { schema, models }: { readonly schema: Schema; readonly models: readonly InlineModel[] },
  wanted: { readonly batch: readonly PreparedAppend[]; readonly keys: readonly Iterable<string>[] },
): Promise<View> {
  const streams = [...new Set(wanted.batch.map(({ stream }) => stream.name))];
  const receipts = wanted.batch.flatMap(({ stream, key }) => (key === undefined ? [] : [{ stream: stream.name, key }]));
  const keys = models.map((_, index) => [...(wanted.keys[index] ?? [])]);
  const asked = models.map(({ name }, index) => ({
    name,
    keys: keys[index]?.map((key) => keyBytes(key).toString('hex')),
  }));
  const rows = await query(client, `SELECT ${schema.quoted}.writers_view($1, $2, $3)`, [
    streams,
    JSON.stringify(receipts),
    JSON.stringify(asked),
  ]);
  const found: unknown = JSON.parse(text(rows[0]?.[0]));
  const ends = partsOf(fieldOf(found, 'ends'));
  const modelsFound = partsOf(fieldOf(found, 'models'));
  return {
    era: textOf(found, 'era'),
    head: BigInt(textOf(found, 'head')),
    ends: new Map(streams.map((stream, index) => [stream, endOf(ends[index])])),
    receipts: new Set(partsOf(fieldOf(found, 'receipts')).map(receiptOf)),
    rows: models.map((model, index) => rowsOf(model, keys[index] ?? [], modelsFound[index])),
    places: modelsFound.map(placeOf),
  };
}

function rowsOf({ projection }: InlineModel, keys: readonly string[], found: unknown): Map<string, unknown> {
  const rows = new Map<string, unknown>(keys.map((key) => [key, undefined]));
  for (const row of partsOf(fieldOf(found, 'rows'))) {
    const [key, content] = partsOf(row);
    if (typeof key === 'string' && typeof content === 'string') rows.set(keyOfHex(key), rowOf(projection, content));
  }
  return rows;
}

function placeOf(found: unknown): ModelPlace {
  return {
    model: textOf(found, 'model'),
    steps: BigInt(textOf(found, 'steps')),
    checkpoint: BigInt(textOf(found, 'checkpoint')),
  };
}

function endOf(found: unknown): StreamEnd | undefined {
  const [last, recordedAt] = partsOf(found);
  return typeof last === 'string' ? { revision: BigInt(last), recordedAt: Number(recordedAt) } : undefined;
}

function receiptOf(found: unknown): string {
  const [stream, key] = partsOf(found);
  return receiptName(String(stream), String(key));
}

function fieldOf(found: unknown, name: string): unknown {
  return typeof found === 'object' && found !== null
    ? new Map<string, unknown>(Object.entries(found)).get(name)
    : undefined;
}

function textOf(found: unknown, name: string): string {
  const field = fieldOf(found, name);
  if (typeof field === 'string') return field;
  throw new TypeError(`the server did not say ${name}`);
}

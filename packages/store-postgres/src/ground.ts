import { eventId, instant, revision, type EventId, type Instant, type Revision } from '@login-policy/event-sourcing';
import { MOST_BEHIND, decodeRow } from '@login-policy/event-sourcing/store';
import { receiptName, type PreparedAppend } from './append.js';
import type { OpenedModel } from './opened-models.js';
import { keyBytes, keyOfHex } from './row-changes.js';

/** Where a stream ends: at which of its events. */
export interface StreamEnd {
  readonly revision: Revision;
  readonly recordedAt: Instant;
  readonly id: EventId;
}

/** A read model whose rows are at the head, or come there with the appends that are planned. */
export interface KeptModel {
  readonly opened: OpenedModel;
  /** The number of its rows. */
  readonly model: string;
  /** Rows by their keys; `undefined` where it is known that there is none. */
  readonly rows: ReadonlyMap<string, unknown>;
  /** The rows as what others wrote leaves them, where it was written without them. */
  readonly caughtUp?: ReadonlyMap<string, unknown>;
}

/** All that appends are planned on: what is known of the store at one place in it, and till when it may be. */
export interface Ground {
  readonly head: bigint;
  /** Of the event at the head. */
  readonly headId: string | undefined;
  readonly era: string;
  /** By the server's clock, in milliseconds; `undefined` in a writer's turn, where time does not matter. */
  readonly notAfter: number | undefined;
  readonly ends: ReadonlyMap<string, StreamEnd | undefined>;
  /** Receipts known to be there, by {@link receiptName}. */
  readonly receipts: ReadonlySet<string>;
  readonly models: readonly KeptModel[];
  /** The read models that the head kept and these appends don't, by their numbers. */
  readonly dropped: readonly string[];
  /** Rows that are taken not to be there, because their streams are: the server looks. */
  readonly absent: readonly { readonly model: string; readonly key: string }[];
}

/** A read model as it was found in a writer's turn. */
export interface FoundModel {
  readonly opened: OpenedModel;
  readonly model: string;
  readonly checkpoint: bigint;
  readonly rows: Map<string, unknown>;
}

/** What was found in a writer's turn. */
export interface View extends Omit<Ground, 'models' | 'dropped' | 'absent' | 'notAfter'> {
  readonly found: readonly FoundModel[];
  /** The read models that the head kept, by their numbers. */
  readonly kept: readonly string[];
}

/** Which rows of a read model appends may change: the name of a stream says it. */
export function keysOf(batch: readonly PreparedAppend[], { projection, isWanted }: OpenedModel): ReadonlySet<string> {
  const wanted = batch.filter(({ append }) => append.events.length > 0 && isWanted(append));
  return new Set(wanted.map(({ append }) => projection.key(append.streamId)));
}

/** What `look_v6` is asked. */
export function question(batch: readonly PreparedAppend[], models: readonly OpenedModel[]): string {
  return JSON.stringify({
    near: MOST_BEHIND,
    streams: streamsOf(batch),
    receipts: batch.flatMap(({ stream, key }) => (key === undefined ? [] : [{ stream: stream.name, key }])),
    models: models.map((opened) => ({
      name: opened.name,
      keys: Array.from(keysOf(batch, opened), (key) => keyBytes(key).toString('hex')),
    })),
  });
}

/** What `look_v6` answered. @throws TypeError when it is not what was asked. */
export function viewOf(answer: string, batch: readonly PreparedAppend[], models: readonly OpenedModel[]): View {
  const found: unknown = JSON.parse(answer);
  const ends = partsOf(fieldOf(found, 'ends'));
  const headId = fieldOf(found, 'headId');
  return {
    era: textOf(found, 'era'),
    head: BigInt(textOf(found, 'head')),
    headId: typeof headId === 'string' ? headId : undefined,
    kept: partsOf(fieldOf(found, 'kept')).map(String),
    ends: new Map(streamsOf(batch).map((stream, index) => [stream, endOf(ends[index])])),
    receipts: new Set(partsOf(fieldOf(found, 'receipts')).map(receiptOf)),
    found: partsOf(fieldOf(found, 'models')).flatMap((model) => foundModel(model, batch, models)),
  };
}

function streamsOf(batch: readonly PreparedAppend[]): readonly string[] {
  return [...new Set(batch.map(({ stream }) => stream.name))];
}

function foundModel(
  found: unknown,
  batch: readonly PreparedAppend[],
  models: readonly OpenedModel[],
): readonly FoundModel[] {
  const name = textOf(found, 'name');
  const opened = models.find((one) => one.name === name);
  if (opened === undefined) return [];
  const rows = new Map<string, unknown>();
  for (const key of keysOf(batch, opened)) rows.set(key, undefined);
  for (const row of partsOf(fieldOf(found, 'rows'))) {
    const [hex, content] = partsOf(row).map(String);
    if (hex === undefined || content === undefined) continue;
    const key = keyOfHex(hex);
    try {
      rows.set(key, decodeRow(opened.projection, { key, text: content, store: name }));
    } catch {
      // Left out: who reads the row is told that it can't be read, and a rebuild mends it.
      return [];
    }
  }
  return [{ opened, model: textOf(found, 'model'), checkpoint: BigInt(textOf(found, 'checkpoint')), rows }];
}

function endOf(found: unknown): StreamEnd | undefined {
  const [last, recordedAt, id] = partsOf(found);
  if (typeof last !== 'string') return undefined;
  return { revision: revision(BigInt(last)), recordedAt: instant(Number(recordedAt)), id: eventId(String(id)) };
}

function receiptOf(found: unknown): string {
  const [stream, key] = partsOf(found);
  return receiptName(String(stream), String(key));
}

/** The parts of what was parsed; none when it is not an array. */
function partsOf(parsed: unknown): readonly unknown[] {
  return Array.isArray(parsed) ? parsed : [];
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

import { instant, revision, type EventId, type Instant, type Revision } from '@login-policy/event-sourcing';
import { eventId, decodeRow, rowKey } from '@login-policy/event-sourcing/store';
import { receiptName, type PreparedAppend } from './append.js';
import type { OpenedModel } from './opened-models.js';
import { arrayOf, textsOf, type Cell, type Cells } from './queries.js';
import { keyElement, keyOfHex } from './row-changes.js';
import { text } from './rows.js';

/** Where a stream ends: at which of its events. No more of the event than that: it may be remembered for long. */
export interface StreamEnd {
  readonly revision: Revision;
  readonly recordedAt: Instant;
  readonly id: EventId;
}

/** What is known by its names; `undefined` where it is known that something is not there. */
export interface ByName<Value> {
  get(name: string): Value | undefined;
  has(name: string): boolean;
  set(name: string, value: Value | undefined): unknown;
}

/** A read model whose rows are at the head. */
export interface KeptModel {
  readonly opened: OpenedModel;
  /** The number of its rows. */
  readonly model: string;
  /** Rows by their keys. */
  readonly rows: ByName<unknown>;
}

/** What is known of the store at one place in it: all that appends are planned on. */
export interface Known {
  readonly era: string;
  /** The place of the last event, 0 without one. */
  readonly head: bigint;
  readonly headId: string;
  readonly ends: ByName<StreamEnd>;
  readonly models: readonly KeptModel[];
  /** The read models that the head kept and these are not, by their numbers: whoever writes on says where they are left. */
  readonly dropped: readonly string[];
  /** Receipts known to be there, by {@link receiptName}. */
  readonly receipts?: ReadonlySet<string>;
}

/** A read model as it was found in a writer's turn, at the checkpoint that the server wrote. */
export interface FoundModel extends KeptModel {
  readonly rows: Map<string, unknown>;
  readonly placed: string | null;
}

/** What was found in a writer's turn, with the read models that are at the head now. */
export interface Found extends Known {
  readonly ends: Map<string, StreamEnd | undefined>;
  readonly models: readonly FoundModel[];
}

/** What `look_v10` sees. */
export interface View extends Omit<Found, 'models' | 'dropped'> {
  readonly found: readonly FoundModel[];
  /** The read models that the head kept, by their numbers. */
  readonly kept: readonly string[];
}

/** Which row of a read model an append may change, the name of its stream says; `undefined`: none. */
export function keyOf({ append }: PreparedAppend, { projection, isWanted }: OpenedModel): string | undefined {
  return append.events.length > 0 && isWanted(append) ? rowKey(projection, append.streamId) : undefined;
}

function keysOf(batch: readonly PreparedAppend[], opened: OpenedModel): readonly string[] {
  return [...new Set(batch.flatMap((prepared) => keyOf(prepared, opened) ?? []))];
}

/** What `look_v10` is asked. */
export function question(batch: readonly PreparedAppend[], models: readonly OpenedModel[]): readonly Cell[] {
  const receipts = batch.flatMap(({ stream, key }) => (key === undefined ? [] : [{ stream: stream.name, key }]));
  const rows = models.flatMap((opened) => keysOf(batch, opened).map((key) => ({ name: opened.name, key })));
  return [
    textsOf([...new Set(batch.map(({ stream }) => stream.name))]),
    textsOf(receipts.map(({ stream }) => stream)),
    textsOf(receipts.map(({ key }) => key)),
    textsOf(models.map(({ name }) => name)),
    textsOf(rows.map(({ name }) => name)),
    arrayOf(rows.map(({ key }) => keyElement(key))),
  ];
}

/** What `look_v10` answered. @throws TypeError when it is not what was asked. */
export function viewOf(
  answer: readonly Cells[],
  batch: readonly PreparedAppend[],
  models: readonly OpenedModel[],
): View {
  const of = (what: string): readonly Cells[] => answer.filter(([kind]) => kind === what);
  const [[, era, head, headId, kept] = []] = of('head');
  const ends = new Map<string, StreamEnd | undefined>(batch.map(({ stream }) => [stream.name, undefined]));
  for (const [, stream, last, at, id] of of('end'))
    ends.set(text(stream), {
      revision: revision(BigInt(text(last))),
      recordedAt: instant(Number(text(at))),
      id: eventId(text(id)),
    });
  return {
    era: text(era),
    head: BigInt(text(head)),
    headId: headId ?? '',
    ends,
    receipts: new Set(of('receipt').map(([, stream, key]) => receiptName(text(stream), text(key)))),
    kept: (kept ?? '').split(' ').filter((model) => model !== ''),
    found: of('model').flatMap((cells) => foundModel(cells, of('row'), { batch, models })),
  };
}

function foundModel(
  [, name, model, placed]: Cells,
  found: readonly Cells[],
  { batch, models }: { readonly batch: readonly PreparedAppend[]; readonly models: readonly OpenedModel[] },
): readonly FoundModel[] {
  const opened = models.find((one) => one.name === name);
  if (opened === undefined) return [];
  const rows = new Map<string, unknown>(keysOf(batch, opened).map((key) => [key, undefined]));
  try {
    for (const [, of, hex, content] of found) {
      if (of !== name) continue;
      const key = keyOfHex(text(hex));
      rows.set(key, decodeRow(opened.projection, { key, text: text(content), store: opened.name }));
    }
  } catch {
    // Left out: who reads the row is told that it can't be read, and a rebuild mends it.
    return [];
  }
  return [{ opened, model: text(model), placed: placed ?? null, rows }];
}

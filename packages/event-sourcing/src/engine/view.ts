import type { EventId } from '../ids.js';
import type { Instant } from '../instant.js';
import type { Receipt } from '../streams/event-store.js';
import type { EventFilter } from '../streams/event-filter.js';
import type { Position } from '../streams/position.js';
import type { Revision } from '../streams/revision.js';
import type { StreamId } from '../streams/stream-id.js';
import type { ReadAhead } from '../store/feed.js';

/** The number or name under which a backend keeps the rows of one read model. A rebuild's shadow has one of its own. */
export type ModelId = string;

/** The last event of a stream. */
export interface StreamEnd {
  readonly id: EventId;
  readonly revision: Revision;
  readonly recordedAt: Instant;
}

/** Which read model is meant: the live one of a name, or a shadow that a rebuild of it fills. */
export interface ModelTarget {
  readonly name: string;
  readonly shadow?: ModelId;
}

/** What is asked about one read model. */
export interface ModelQuestion {
  readonly target: ModelTarget;
  /** The rows to look up. */
  readonly keys: Iterable<string>;
  /** The events to read that the rows have not reduced yet. */
  readonly behind?: { readonly after: Position; readonly filter: EventFilter; readonly pageSize: number };
}

/** What a backend is asked to look up, all of it at one moment. */
export interface Question {
  readonly streams: Iterable<StreamId>;
  readonly receipts: readonly ReceiptKey[];
  /** Events that have to be in the log. */
  readonly events?: readonly Position[] | undefined;
  readonly models: readonly ModelQuestion[];
}

/** The idempotency key of a command on one stream. */
export interface ReceiptKey {
  readonly streamId: StreamId;
  readonly key: string;
}

/** What a backend found: the answer to a {@link Question}, of one moment. */
export interface Found {
  /** What a plan that was made by this view is compared with, where a backend can do so without looking again. */
  readonly token: unknown;
  /** The last event of the log; `START` without one. */
  readonly head: Position;
  /** The read models that the last event names: their rows changed in its transaction. */
  readonly keptByHead: readonly ModelId[];
  /** The last event of each stream that was asked for and has one. */
  readonly ends: ReadonlyMap<StreamId, StreamEnd>;
  /** Why a stream's end or receipt could not be read, if nothing else has to be refused for it. */
  readonly unreadable: ReadonlyMap<StreamId, unknown>;
  /** The receipts that are there, by {@link receiptName}. */
  readonly receipts: ReadonlyMap<string, Receipt>;
  /** The first of the events that were asked for and are not in the log. */
  readonly missing?: Position | undefined;
  /** The read models that are there, by {@link targetName}. */
  readonly models: ReadonlyMap<string, FoundModel>;
}

/** A read model as a backend found it. */
export interface FoundModel {
  readonly id: ModelId;
  /** All events up to here are in the rows: the head, if the last event names the read model. `undefined` before its first step. */
  readonly checkpoint: Position | undefined;
  /** The stored row under each key that was asked for; `undefined` where there is none. */
  readonly rows: ReadonlyMap<string, unknown>;
  /** The events that were asked for. */
  readonly behind?: ReadAhead;
}

/** What a receipt is found by. Both names may hold any character, so the first one says how long it is. */
export function receiptName({ streamId, key }: ReceiptKey): string {
  return `${streamId.length} ${streamId}${key}`;
}

/** What a read model is found by in {@link Found.models}. A read model's name ends in its version, an id never does. */
export function targetName({ name, shadow }: ModelTarget): string {
  return shadow ?? name;
}

/** A question about nothing but the head. */
export const NO_QUESTION: Question = { streams: [], receipts: [], models: [] };

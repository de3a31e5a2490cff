import {
  instant,
  parsePosition,
  parseStreamId,
  type Position,
  revision,
  START,
  type StreamId,
} from '@login-policy/event-sourcing';
import {
  decodeReceipt,
  type Found,
  type ModelTarget,
  type Question,
  type StreamEnd,
  type StreamReceipt,
} from '@login-policy/event-sourcing/store';
import type { Database } from './database.js';
import { type EventStatements, type ReceiptRow, headOf } from './event-statements.js';
import { type ModelStatements, shadowPrefix } from './model-statements.js';
import { toFault } from './faults.js';
import type { LogReader } from './log-reader.js';

type ModelQuestion = Question['models'][number];
type ReceiptKey = Question['receipts'][number];

/** The parts used for look-ups. */
export interface LookUpParts {
  readonly events: EventStatements;
  readonly models: ModelStatements;
  readonly log: LogReader;
}

/** The id of a read model, and its checkpoint. */
export interface LocatedModel {
  readonly model: number;
  readonly checkpoint: Position | undefined;
}

/** Looks things up in the open transaction. */
export class Lookups {
  readonly #database: Database;
  readonly #parts: LookUpParts;

  constructor(database: Database, parts: LookUpParts) {
    this.#database = database;
    this.#parts = parts;
  }

  /** Looks up what a question asks for. */
  find({ streams, receipts, models, events }: Question): Found {
    const last = this.#parts.events.head.get();
    const unreadable = new Map<StreamId, unknown>();
    const orUnreadable = <Value>(streamId: StreamId, read: () => readonly Value[]): readonly Value[] => {
      try {
        return read();
      } catch (caught) {
        // An error that rolled back the transaction makes all answers invalid, not only this one.
        this.#database.throwIfRolledBack();
        unreadable.set(streamId, toFault(caught, this.#database.name));
        return [];
      }
    };
    return {
      token: this.#database.cacheEpoch,
      head: headOf(last, this.#database.name),
      unreadable,
      missing: events?.find((eventPosition) => !this.#parts.log.isInLog(eventPosition)),
      ends: new Map([...streams].flatMap((streamId) => orUnreadable(streamId, () => this.#endOf(streamId)))),
      receipts: receipts.flatMap((asked) => orUnreadable(asked.streamId, () => this.#receiptOf(asked))),
      models: models.flatMap((asked) => this.#modelOf(asked)),
    };
  }

  /** The id of a read model, and its checkpoint. */
  locate({ name, shadow }: ModelTarget): LocatedModel | undefined {
    const { models } = this.#parts;
    const found =
      shadow === undefined ? models.modelByName.get(name) : models.shadowById.get(shadowPrefix(name), shadow);
    if (found === undefined) return undefined;
    const { model, checkpoint } = found;
    return { model, checkpoint: checkpoint === null ? undefined : parsePosition(checkpoint) };
  }

  #endOf(streamId: StreamId): readonly (readonly [StreamId, StreamEnd])[] {
    const last = this.#parts.events.streamHead.get(streamId);
    if (last === undefined) return [];
    return [[streamId, { id: last.id, revision: revision(last.revision), recordedAt: instant(last.recordedAt) }]];
  }

  /** The receipts after a given one, in the order of stream and key. */
  receiptsAfter(after: ReceiptKey | undefined, limit: number): readonly StreamReceipt[] {
    const rows = this.#parts.events.receiptsAfter.all(after?.streamId ?? '', after?.key ?? '', limit);
    return rows.map((row) => this.#storedReceipt(row, () => parseStreamId(row.stream), row.key));
  }

  #receiptOf({ streamId, key }: ReceiptKey): readonly StreamReceipt[] {
    const row = this.#parts.events.receipt.get(streamId, key);
    return row === undefined ? [] : [this.#storedReceipt(row, () => streamId, key)];
  }

  /** @throws StoreDamaged */
  #storedReceipt(
    row: Pick<ReceiptRow, 'fingerprint' | 'revision'>,
    streamOf: () => StreamId,
    key: string,
  ): StreamReceipt {
    return decodeReceipt(this.#database.name, key, () => {
      return { streamId: streamOf(), key, fingerprint: row.fingerprint, revision: revision(row.revision) };
    });
  }

  #modelOf({ target, keys, unprocessed }: ModelQuestion): Found['models'] {
    const located = this.locate(target);
    if (located === undefined) return [];
    const { model, checkpoint } = located;
    const rows = new Map<string, string | undefined>();
    const look = (key: string): unknown => rows.has(key) || rows.set(key, this.#parts.models.row.get(model, key));
    for (const key of keys) look(key);
    const found = { target, id: String(model), checkpoint, rows };
    if (unprocessed === undefined) return [found];
    const { atMost: pageSize, filter, keyOf } = unprocessed;
    const page = this.#parts.log.readAhead({ after: checkpoint ?? START, filter, pageSize });
    for (const { streamId } of page.events) look(keyOf(streamId));
    return [{ ...found, unprocessed: page }];
  }
}

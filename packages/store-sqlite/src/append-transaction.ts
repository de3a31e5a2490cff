import {
  categoryOf,
  meetsExpectation,
  notBefore,
  placeInAppend,
  position,
  ReceiptExists,
  revision,
  RevisionConflict,
  type Clock,
  type RecordedEvent,
} from '@login-policy/event-sourcing';
import type { EventStatements, StreamHead } from './event-statements.js';
import type { InlineModels } from './inline-models.js';
import type { Names } from './names.js';
import type { PreparedAppend } from './prepared-append.js';
import { packAppend } from './rows.js';

/** What an append is written to. */
interface Log {
  readonly statements: EventStatements;
  readonly names: Names;
}

/** Records appends inside a transaction that is open. All that can refuse an append comes before its first write. */
export class AppendTransaction {
  readonly #statements: EventStatements;
  readonly #names: Names;
  readonly #inline: InlineModels;
  readonly #clock: Clock;
  #head = 0;

  constructor({ statements, names }: Log, inline: InlineModels, clock: Clock) {
    this.#statements = statements;
    this.#names = names;
    this.#inline = inline;
    this.#clock = clock;
  }

  /** To be called when a transaction has begun: other processes may have written since the last one. */
  begin(): void {
    this.#head = this.#statements.head.get() ?? 0;
    this.#inline.begin(this.#head);
  }

  /** To be called before the transaction is committed. */
  end(): void {
    this.#inline.end(this.#head);
  }

  /**
   * Records one append. What it throws before it has written anything refuses this append alone.
   *
   * @throws RevisionConflict, ReceiptExists, ProjectionStopped, RangeError.
   */
  record(append: PreparedAppend): { readonly recorded: readonly RecordedEvent[]; readonly write: () => void } {
    const stream = this.#names.find(append.streamId);
    const last = stream === undefined ? undefined : this.#statements.streamHead.get(stream);
    this.#check(append, last);
    const recorded = this.#place(append, last);
    const writeRows = this.#inline.prepare(recorded);
    return {
      recorded,
      write: () => {
        this.#insertAll(append, recorded);
        this.#keepReceipt(append, recorded.at(-1)?.revision ?? BigInt(last?.revision ?? 0));
        writeRows();
        this.#head += recorded.length;
      },
    };
  }

  /** To be called when the transaction was rolled back. */
  rolledBack(): void {
    this.#names.forget();
  }

  #check({ streamId, expected, events, receipt }: PreparedAppend, last: StreamHead | undefined): void {
    if (events.length === 0 && receipt === undefined) throw new RangeError('an append has at least one event');
    if (receipt !== undefined && this.#statements.receipt.get(streamId, receipt.key) !== undefined) {
      throw new ReceiptExists({ streamId, key: receipt.key });
    }
    const actual = last === undefined ? undefined : revision(last.revision);
    if (!meetsExpectation(expected, actual)) throw new RevisionConflict({ streamId, expected, actual });
    if (events.length === 0 && actual === undefined) {
      throw new RangeError(`a receipt without events needs a stream with events, and ${streamId} has none`);
    }
  }

  #place({ streamId, events }: PreparedAppend, last: StreamHead | undefined): readonly RecordedEvent[] {
    const recordedAt = notBefore(last?.recordedAt, this.#clock());
    const first = last === undefined ? 0 : last.revision + 1;
    return events.map(({ event }, index) => {
      const append = placeInAppend(index, events.length);
      return {
        id: event.id,
        streamId,
        revision: revision(first + index),
        position: position(this.#head + index + 1),
        recordedAt,
        schemaVersion: event.schemaVersion,
        type: event.type,
        data: event.data,
        metadata: event.metadata,
        ...(append !== undefined && { append }),
      };
    });
  }

  #insertAll({ streamId, events }: PreparedAppend, recorded: readonly RecordedEvent[]): void {
    if (recorded.length === 0) return;
    const [category, stream] = [this.#names.idOf(categoryOf(streamId)), this.#names.idOf(streamId)];
    for (const [index, { dataText, metadataText }] of events.entries()) {
      const event = recorded[index];
      if (event === undefined) return;
      const { id, schemaVersion, recordedAt } = event;
      const [place, inStream, type] = [Number(event.position), Number(event.revision), this.#names.idOf(event.type)];
      this.#statements.insert.run(
        category,
        place,
        stream,
        inStream,
        type,
        schemaVersion,
        recordedAt,
        id,
        dataText,
        metadataText,
        packAppend(event.append),
      );
    }
  }

  #keepReceipt({ streamId, receipt }: PreparedAppend, last: bigint): void {
    if (receipt === undefined) return;
    this.#statements.keepReceipt.run(streamId, receipt.key, receipt.fingerprint, Number(last));
  }
}

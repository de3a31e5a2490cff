import {
  categoryOf,
  revision,
  type Clock,
  type RecordedEvent,
  START,
  type Position,
} from '@login-policy/event-sourcing';
import {
  notBefore,
  recordedEvents,
  refusalOf,
  type EncodedAppend,
  placeIn,
  positionOf,
} from '@login-policy/event-sourcing/store';
import { headOf } from './positions.js';
import type { EventStatements } from './event-statements.js';
import type { InlineModels } from './inline-models.js';
import type { Names } from './names.js';
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
  #begun: Position = START;
  #head: Position = START;

  constructor({ statements, names }: Log, inline: InlineModels, clock: Clock) {
    this.#statements = statements;
    this.#names = names;
    this.#inline = inline;
    this.#clock = clock;
  }

  /** To be called when a transaction has begun: other processes may have written since the last one. */
  begin(): void {
    const last = this.#statements.head.get();
    this.#begun = headOf(last, this.#names.store);
    this.#head = this.#begun;
    this.#inline.begin(this.#head, last?.[2] ?? null);
  }

  /** To be called before the transaction is committed. */
  end(): void {
    if (this.#head !== this.#begun) this.#inline.leaveOthers(this.#begun);
  }

  /**
   * Records one append. What it throws before it has written anything refuses this append alone.
   *
   * @throws RevisionConflict, ReceiptExists, ProjectionStopped, RangeError.
   */
  record(append: EncodedAppend): { readonly recorded: readonly RecordedEvent[]; readonly write: () => void } {
    const stream = this.#names.find(append.streamId);
    const last = stream === undefined ? undefined : this.#statements.streamHead.get(stream);
    const end = last === undefined ? undefined : { id: last.id, revision: revision(last.revision) };
    const refusal = refusalOf(append, { last: end, hasReceipt: this.#hasReceipt(append) });
    if (refusal !== undefined) throw refusal;
    const recorded = recordedEvents(append, {
      after: end?.revision,
      recordedAt: notBefore(last?.recordedAt, this.#clock()),
      position: (index, { id }) => positionOf(placeIn(this.#head) + BigInt(index + 1), id),
    });
    const writeRows = this.#inline.prepare(recorded);
    return {
      recorded,
      write: () => {
        this.#insertAll(append, recorded);
        this.#keepReceipt(append, recorded.at(-1)?.revision ?? BigInt(last?.revision ?? 0));
        writeRows();
        this.#head = recorded.at(-1)?.position ?? this.#head;
      },
    };
  }

  #hasReceipt({ streamId, receipt }: EncodedAppend): boolean {
    return receipt !== undefined && this.#statements.receipt.get(streamId, receipt.key) !== undefined;
  }

  #insertAll({ streamId, texts }: EncodedAppend, recorded: readonly RecordedEvent[]): void {
    const [first] = recorded;
    if (first === undefined) return;
    this.#names.learntBy([Number(placeIn(first.position)), first.id]);
    const [category, stream] = [this.#names.idOf(categoryOf(streamId)), this.#names.idOf(streamId)];
    for (const [index, event] of recorded.entries()) {
      const text = texts[index];
      if (text === undefined) return;
      const { id, schemaVersion, recordedAt } = event;
      const [place, inStream, type] = [
        Number(placeIn(event.position)),
        Number(event.revision),
        this.#names.idOf(event.type),
      ];
      this.#statements.insert.run(
        category,
        place,
        stream,
        inStream,
        type,
        schemaVersion,
        recordedAt,
        id,
        text.data,
        text.metadata,
        packAppend(event.append),
        this.#inline.kept,
      );
    }
  }

  #keepReceipt({ streamId, receipt }: EncodedAppend, last: bigint): void {
    if (receipt === undefined) return;
    this.#statements.keepReceipt.run(streamId, receipt.key, receipt.fingerprint, Number(last));
  }
}

import { randomUUID } from 'node:crypto';
import { revision, type Revision, type StreamId } from '@login-policy/event-sourcing';
import {
  parseStreamId,
  ReceiptExists,
  revisionAfter,
  type Receipt,
  type ReceiptKey,
  type StreamReceipt,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import type { Delivery } from './delivery.js';
import { damagedReceipt } from './faults.js';
import type { Head } from './known-streams.js';
import { refuseGivenUp, type StreamReader } from './reading-streams.js';
import { streamReadRequest } from './requests.js';
import { streamNameOf, typeOf, type KeptReceipt, type Proposal, type WireEvent } from './rows.js';
import { recordsOf, retrying, serverRead, type ReadingContext } from './server-reads.js';

/** Not yet valid. Readers must first resolve it to kept or void. */
const INTENDED = 'CommandReceiptIntended';
const KEPT = 'CommandReceipt';
const VOIDED = 'CommandReceiptVoided';

/** The last record about the receipts under a key that came without events. */
type Alone = Final | Intended;
type Final =
  | { readonly is: 'none'; readonly last: Revision | undefined }
  | { readonly is: 'kept'; readonly last: Revision; readonly receipt: Receipt };
interface Intended {
  readonly is: 'intended';
  readonly last: Revision;
  readonly receipt: Receipt;
}

/** What is written of a receipt that stands alone. The revision is decimal digits. */
interface Content {
  readonly streamId: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly revision: string;
}

/** What a receipt of a command without events is kept for. */
export interface Keeping {
  readonly streamId: StreamId;
  readonly receipt: KeptReceipt;
  /** Where the stream was when the command had nothing to change. */
  readonly revision: Revision;
}

/** The last event of the stream, where it is known, and when to give up. */
interface Behind extends WaitOptions {
  readonly head?: Head | undefined;
}

const FIRST: Revision = revision(0n);

/** What carries through what has begun, also while the store is being closed. */
export interface Settling {
  readonly delivery: Delivery;
  readonly streams: StreamReader;
}

/**
 * Receipts of commands. One with events travels in the metadata of the last of them, so that it is written with them or
 * not at all. One without events stands alone, in a stream of its key (ADR 0010 says how the two stay one).
 */
export class Receipts {
  readonly #context: ReadingContext;
  readonly #streams: StreamReader;
  readonly #settling: Settling;

  constructor(context: ReadingContext, streams: StreamReader, settling: Settling) {
    this.#context = context;
    this.#streams = streams;
    this.#settling = settling;
  }

  /**
   * The receipt under a key; behind the last event of the stream, where that was looked up: events that come after it
   * make an append fail anyway, and those before it need not be read again if their receipts are known. The events of
   * the stream win over a receipt that stands alone.
   */
  async find({ streamId, key }: ReceiptKey, { head, signal }: Behind = {}): Promise<Receipt | undefined> {
    if (head === 'none') return undefined;
    const { covered, receipts } = this.#context.known.of(streamId);
    const isComplete = head !== undefined && head.id === covered?.id;
    const [inStream, alone] = await Promise.all([
      isComplete ? receipts.get(key) : this.#findInStream(streamId, key, signal),
      this.#findAlone(streamId, key, signal),
    ]);
    if (inStream !== undefined || alone.is !== 'kept') return inStream;
    if (!isComplete) await this.#demandSeen(streamId, alone.receipt, signal);
    return alone.receipt;
  }

  /**
   * A command that had nothing to change had seen the stream. @throws StoreDamaged when a receipt says that it saw more
   * than there is.
   */
  async #demandSeen(streamId: StreamId, { key, revision: seen }: Receipt, signal?: AbortSignal): Promise<void> {
    const { covered } = this.#context.known.of(streamId);
    if (covered !== undefined && seen <= covered.revision) return;
    const head = await this.#streams.head(streamId, signal);
    refuseGivenUp(streamId, signal);
    if (head !== 'none' && seen <= head.revision) return;
    throw damagedReceipt(this.#context.names.receiptNameOf(streamId, key), 'it names an event that is not there');
  }

  /**
   * Keeps a receipt without events, unless the stream has gone on meanwhile: who appends with the same key after that
   * may have looked before the receipt was there. So it is intended first, and then looked whether the stream still is
   * where it was.
   *
   * @throws ReceiptExists when another has kept one under the key, or is about to.
   */
  async keep({ streamId, receipt, revision: seen }: Keeping): Promise<'kept' | 'overtaken'> {
    const { key, fingerprint } = receipt;
    const { is, last } = await this.#findAlone(streamId, key);
    // Kept by another since the caller looked: what goes after it would be a second one.
    if (is === 'kept') throw new ReceiptExists({ streamId, key });
    const intended = { key, fingerprint, revision: seen };
    if (!(await this.#write(streamId, { type: INTENDED, after: last, receipt: intended }))) {
      throw new ReceiptExists({ streamId, key });
    }
    const place = revisionAfter(last);
    const became = await this.#settled(streamId, { is: 'intended', last: place, receipt: intended });
    // What stands further on is not what became of this one.
    return became.is === 'kept' && became.last === revisionAfter(place) ? 'kept' : 'overtaken';
  }

  /** Makes an intended receipt kept or void; other records are final. Who wrote it may be gone. */
  async #settled(streamId: StreamId, alone: Alone): Promise<Final> {
    let found = alone;
    while (found.is === 'intended') found = await this.#settle(streamId, found);
    return found;
  }

  async #settle(streamId: StreamId, { last: after, receipt }: Intended): Promise<Alone> {
    const head = await this.#settling.streams.head(streamId);
    const isKept = head !== 'none' && head.revision === receipt.revision;
    const isDone = await this.#write(streamId, { type: isKept ? KEPT : VOIDED, after, receipt });
    // Others settled it: what they wrote counts.
    if (!isDone) return this.#lastAlone(streamId, receipt.key);
    const last = revisionAfter(after);
    return isKept ? { is: 'kept', last, receipt } : { is: 'none', last };
  }

  /** Writes a record about a receipt at one place; `false` when another stands there. */
  async #write(
    streamId: StreamId,
    { type, after, receipt }: { type: string; after: Revision | undefined; receipt: Receipt },
  ): Promise<boolean> {
    const streamName = this.#context.names.receiptNameOf(streamId, receipt.key);
    const proposals = [proposalOf(type, { streamId, ...receipt, revision: String(receipt.revision) })];
    const order = { streamId, streamName, expected: after ?? ('no-stream' as const), proposals };
    return (await this.#settling.delivery.deliver(order)).kind === 'written';
  }

  async #findInStream(streamId: StreamId, key: string, signal?: AbortSignal): Promise<Receipt | undefined> {
    for (;;) {
      const known = this.#context.known.of(streamId);
      const { covered } = known;
      let found = known.receipts.get(key);
      let isSame = covered === undefined;
      // Read on even if it is there already, and from the last event that is known: it is to be there now.
      for await (const page of this.#streams.pages(streamId, { from: covered?.revision ?? FIRST, signal })) {
        isSame ||= page[0]?.event.id === covered?.id;
        if (!isSame) break;
        const carrier = page.find(({ receipt }) => receipt?.key === key);
        if (carrier?.receipt !== undefined) found ??= { ...carrier.receipt, revision: carrier.event.revision };
      }
      refuseGivenUp(streamId, signal);
      if (isSame) return found;
      known.forgetReceipts();
    }
  }

  async #findAlone(streamId: StreamId, key: string, signal?: AbortSignal): Promise<Final> {
    return this.#settled(streamId, await this.#lastAlone(streamId, key, signal));
  }

  async #lastAlone(streamId: StreamId, key: string, signal?: AbortSignal): Promise<Alone> {
    const { connection, names, timeouts } = this.#context;
    const streamName = names.receiptNameOf(streamId, key);
    const request = streamReadRequest({ streamName, direction: 'backwards', from: undefined, limit: 1 });
    return retrying(this.#context, { doing: `reading the receipts of ${streamId}`, signal }, async (stop) => {
      const read = { request, pageSize: 1, withinMs: timeouts.readMs, signal: stop };
      for await (const messages of serverRead(connection, read)) {
        for (const record of recordsOf(messages)) return aloneOf(record, { streamId, key });
      }
      return { is: 'none', last: undefined };
    });
  }
}

/** @throws StoreDamaged when it is not about this key of this stream. */
function aloneOf(record: WireEvent, place: ReceiptKey): Alone {
  const [type, last] = [typeOf(record), revision(BigInt(record.getStreamRevision()))];
  if (type !== KEPT && type !== INTENDED) return { is: 'none', last };
  const { streamId, key, fingerprint, revision: seen } = receiptIn(record);
  if (streamId !== place.streamId || key !== place.key)
    throw damagedReceipt(streamNameOf(record), `it is one of ${streamId}, key ${key}`);
  const receipt = { key, fingerprint, revision: seen };
  return { is: type === KEPT ? 'kept' : 'intended', last, receipt };
}

/**
 * The receipt that a record keeps, and the stream it is of; `undefined` of one that is only intended, or void. @throws
 * StoreDamaged
 */
export function keptIn(record: WireEvent): StreamReceipt | undefined {
  return typeOf(record) === KEPT ? receiptIn(record) : undefined;
}

/** @throws StoreDamaged when it holds none. */
function receiptIn(record: WireEvent): StreamReceipt {
  try {
    const content: unknown = JSON.parse(Buffer.from(record.getData_asU8()).toString('utf8'));
    if (!isContent(content)) throw new TypeError('a receipt has a key, a fingerprint and a revision');
    const { streamId, key, fingerprint, revision: seen } = content;
    return { streamId: parseStreamId(streamId), key, fingerprint, revision: revision(BigInt(seen)) };
  } catch (cause) {
    throw damagedReceipt(streamNameOf(record), cause);
  }
}

function isContent(value: unknown): value is Content {
  if (typeof value !== 'object' || value === null) return false;
  const [streamId, key, fingerprint, seen] = ['streamId', 'key', 'fingerprint', 'revision'].map((name): unknown =>
    Reflect.get(value, name),
  );
  const isComplete = [streamId, key, fingerprint].every((text) => typeof text === 'string') && typeof seen === 'string';
  return isComplete && /^\d+$/.test(seen);
}

function proposalOf(type: string, content: Readonly<Record<string, string>>): Proposal {
  const metadata = Buffer.from('{"schemaVersion":1}');
  return { uuid: randomUUID(), type, data: Buffer.from(JSON.stringify(content)), metadata };
}

import { randomUUID } from 'node:crypto';
import {
  ReceiptExists,
  revision,
  revisionAfter,
  type Receipt,
  type Revision,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { Delivery } from './delivery.js';
import { damagedReceipt } from './faults.js';
import { refuseGivenUp, type StreamReader } from './reading-streams.js';
import { streamReadRequest } from './requests.js';
import { streamNameOf, typeOf, type KeptReceipt, type Proposal, type WireEvent } from './rows.js';
import { recordsOf, retrying, serverRead, type ReadingContext } from './server-reads.js';

const KEPT = 'CommandReceipt';
const VOIDED = 'CommandReceiptVoided';

/** A receipt that stands alone, and where the next record about its key goes. */
interface Alone {
  readonly receipt: Receipt | undefined;
  readonly last: Revision | undefined;
}

/** What is written of a receipt that stands alone. The revision is decimal digits. */
interface Content {
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

  /** The receipt under a key, looked up now. The events of the stream win over a receipt that stands alone. */
  async find(streamId: StreamId, key: string, signal?: AbortSignal): Promise<Receipt | undefined> {
    const [inStream, alone] = await Promise.all([
      this.#findInStream(streamId, key, signal),
      this.#findAlone(streamId, key, signal),
    ]);
    return inStream ?? alone.receipt;
  }

  /** @throws ReceiptExists when there is one, looked up now. */
  async refuse(streamId: StreamId, key: string, signal?: AbortSignal): Promise<void> {
    if ((await this.find(streamId, key, signal)) !== undefined) throw new ReceiptExists({ streamId, key });
  }

  /**
   * As {@link refuse}, but the events of the stream are only looked at as far as they are known, if that is up to where the
   * append will go: any after that make it fail anyway.
   *
   * @throws ReceiptExists
   */
  async refuseKnown(streamId: StreamId, key: string, signal?: AbortSignal): Promise<void> {
    const known = this.#context.known.of(streamId);
    if (known.head === 'none') return;
    const isComplete = known.head !== undefined && known.head.revision < known.receiptsBefore;
    if (!isComplete) return this.refuse(streamId, key, signal);
    const isKnown = known.receipts.has(key) || (await this.#findAlone(streamId, key, signal)).receipt !== undefined;
    if (isKnown) throw new ReceiptExists({ streamId, key });
  }

  /**
   * Keeps a receipt without events, unless the stream has gone on meanwhile: who appends with the same key after that may
   * have looked before the receipt was there, so it is taken back.
   *
   * @throws ReceiptExists when another has kept one under the key.
   */
  async keep({ streamId, receipt, revision: seen }: Keeping): Promise<'kept' | 'overtaken'> {
    const { key, fingerprint } = receipt;
    const { last, receipt: standing } = await this.#findAlone(streamId, key);
    // Kept by another since the caller looked: what goes after it would be a second one.
    if (standing !== undefined) throw new ReceiptExists({ streamId, key });
    const place = { streamId, streamName: this.#context.names.receiptNameOf(streamId, key) };
    const proposal = proposalOf(KEPT, { streamId, key, fingerprint, revision: String(seen) });
    const delivered = await this.#settling.delivery.deliver({
      ...place,
      expected: last ?? 'no-stream',
      proposals: [proposal],
    });
    if (delivered.kind !== 'written') throw new ReceiptExists({ streamId, key });
    const head = await this.#settling.streams.head(streamId);
    if (head !== 'none' && head.revision === seen) return 'kept';
    const voiding = proposalOf(VOIDED, { streamId, key });
    await this.#settling.delivery.deliver({ ...place, expected: revisionAfter(last), proposals: [voiding] });
    return 'overtaken';
  }

  async #findInStream(streamId: StreamId, key: string, signal?: AbortSignal): Promise<Receipt | undefined> {
    const known = this.#context.known.of(streamId);
    let found = known.receipts.get(key);
    const from = revision(known.receiptsBefore);
    // Read on even if it is there already: what is known of the stream is to be of now.
    for await (const page of this.#streams.pages(streamId, { from, signal })) {
      const carrier = page.find(({ receipt }) => receipt?.key === key);
      if (carrier?.receipt !== undefined) found ??= { ...carrier.receipt, revision: carrier.event.revision };
    }
    refuseGivenUp(streamId, signal);
    return found;
  }

  async #findAlone(streamId: StreamId, key: string, signal?: AbortSignal): Promise<Alone> {
    const { connection, names, timeouts } = this.#context;
    const streamName = names.receiptNameOf(streamId, key);
    const request = streamReadRequest({ streamName, direction: 'backwards', from: undefined, limit: 1 });
    return retrying(this.#context, { doing: `reading the receipts of ${streamId}`, signal }, async (stop) => {
      const read = { request, pageSize: 1, withinMs: timeouts.readMs, signal: stop };
      for await (const messages of serverRead(connection, read)) {
        for (const record of recordsOf(messages)) return aloneOf(record);
      }
      return { receipt: undefined, last: undefined };
    });
  }
}

function aloneOf(record: WireEvent): Alone {
  const last = revision(BigInt(record.getStreamRevision()));
  if (typeOf(record) !== KEPT) return { receipt: undefined, last };
  const content: unknown = JSON.parse(Buffer.from(record.getData_asU8()).toString('utf8'));
  if (!isContent(content)) throw damagedReceipt(streamNameOf(record));
  const { key, fingerprint, revision: seen } = content;
  return { receipt: { key, fingerprint, revision: revision(BigInt(seen)) }, last };
}

function isContent(value: unknown): value is Content {
  if (typeof value !== 'object' || value === null) return false;
  const [key, fingerprint, seen] = ['key', 'fingerprint', 'revision'].map((name): unknown => Reflect.get(value, name));
  const isComplete = typeof key === 'string' && typeof fingerprint === 'string' && typeof seen === 'string';
  return isComplete && /^\d+$/.test(seen);
}

function proposalOf(type: string, content: Readonly<Record<string, string>>): Proposal {
  const metadata = Buffer.from('{"schemaVersion":1}');
  return { uuid: randomUUID(), type, data: Buffer.from(JSON.stringify(content)), metadata };
}

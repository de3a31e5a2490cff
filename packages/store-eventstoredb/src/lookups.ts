import { type Position, START, type StreamId } from '@login-policy/event-sourcing';
import type { Found, Question, StreamEnd, StreamReceipt, WaitOptions } from '@login-policy/event-sourcing/store';
import type { Head, Receipt } from './known.js';
import type { StreamReader, StreamReading } from './read-stream.js';
import type { EndAndReceipt, Receipts } from './receipts.js';
import type { LogReader } from './log.js';

/** The parts used for look-ups. */
export interface LookupParts {
  readonly streams: StreamReader;
  readonly receipts: Receipts;
  readonly log: Pick<LogReader, 'proveHead'>;
}

/** How to look up what an append needs. */
export interface BeforeAppend extends WaitOptions {
  /** The end of the append's stream, if the caller knows it. */
  readonly known?: Head | undefined;
  /** Whether any node may be asked for that end: nothing may be refused because of it. */
  readonly isAnyNodeAsked?: boolean;
}

/**
 * Looks up the answers to a question. The head of the log is looked up only if the question asks about events: an
 * append does not need it, because the server assigns the positions.
 */
export class Lookups {
  readonly #parts: LookupParts;

  constructor(parts: LookupParts) {
    this.#parts = parts;
  }

  /** Asks the server. @throws DeadlineExceeded when the signal fires. */
  async find({ streams, receipts: asked, events }: Question, { signal }: WaitOptions): Promise<Found> {
    const reading = { signal, shared: {} };
    const ends = await this.#endsOf(streams, reading);
    const receipts: StreamReceipt[] = [];
    for (const key of asked) receipts.push(...receiptIn(key, await this.#parts.receipts.find(key, reading)));
    const found = { ...NOTHING, ends, receipts };
    return events === undefined ? found : { ...found, ...(await this.#headAndMissing(events, { signal })) };
  }

  /**
   * What an append needs, of which the first stream is that of the append: the ends of the streams, and the receipt in
   * the events up to there. For a receipt in a stream of its own, the caller asks later, because it must know the end
   * first.
   *
   * @throws DeadlineExceeded when the signal fires.
   */
  async beforeAppend({ streams, receipts: [key] }: Question, wait: BeforeAppend): Promise<Found> {
    const reading = { signal: wait.signal, shared: {} };
    const [streamId, ...others] = streams;
    if (streamId === undefined) return NOTHING;
    const { head, receipt } = await this.#endAndReceipt({ streamId, key }, { ...wait, ...reading });
    const ends = new Map([...endOf([streamId, head]), ...(await this.#endsOf(others, reading))]);
    return { ...NOTHING, ends, receipts: key === undefined ? [] : receiptIn(key, receipt) };
  }

  /** The end and the receipts up to it are one read. */
  async #endAndReceipt(
    { streamId, key }: { readonly streamId: StreamId; readonly key: Question['receipts'][number] | undefined },
    { known, isAnyNodeAsked, ...reading }: BeforeAppend & StreamReading,
  ): Promise<EndAndReceipt> {
    const { streams, receipts } = this.#parts;
    if (key !== undefined) return (known && receipts.known(key, known)) ?? receipts.findInEvents(key, reading);
    const head = known ?? (await streams.head(streamId, { ...reading, beforeAppend: isAnyNodeAsked }));
    return { head, receipt: undefined };
  }

  async #endsOf(streams: Iterable<StreamId>, reading: StreamReading): Promise<Map<StreamId, StreamEnd>> {
    const ends = new Map<StreamId, StreamEnd>();
    for (const streamId of streams) {
      const head = await this.#parts.streams.head(streamId, reading);
      if (head !== 'none') ends.set(streamId, head);
    }
    return ends;
  }

  async #headAndMissing(events: readonly Position[], wait: WaitOptions): Promise<Pick<Found, 'head' | 'missing'>> {
    const proofs = await Promise.all(events.map((position) => this.#parts.log.proveHead(position, wait)));
    const { head = START } = proofs[0] ?? {};
    return { head, missing: proofs.find(({ isInLog }) => !isInLog)?.checkpoint };
  }
}

const NOTHING: Found = {
  token: undefined,
  head: START,
  ends: new Map(),
  unreadable: new Map(),
  receipts: [],
  models: [],
};

/** The result without a look-up, from the known end of one stream. */
export function foundAt(streamId: StreamId, head: Head): Found {
  return head === 'none' ? NOTHING : { ...NOTHING, ends: new Map([[streamId, head]]) };
}

function endOf([streamId, head]: readonly [StreamId, Head]): readonly (readonly [StreamId, StreamEnd])[] {
  return head === 'none' ? [] : [[streamId, head]];
}

function receiptIn({ streamId }: Question['receipts'][number], receipt: Receipt | undefined): readonly StreamReceipt[] {
  return receipt === undefined ? [] : [{ streamId, ...receipt }];
}

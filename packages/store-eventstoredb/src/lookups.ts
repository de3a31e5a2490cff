import { START, type Position, type StreamId } from '@login-policy/event-sourcing';
import type { Found, Question, StreamEnd, StreamReceipt, WaitOptions } from '@login-policy/event-sourcing/store';
import type { Head } from './known.js';
import type { StreamReader, StreamReading } from './read-stream.js';
import type { Receipts } from './receipts.js';
import type { LogReader } from './log.js';

/** The parts used for look-ups. */
export interface LookupParts {
  readonly streams: StreamReader;
  readonly receipts: Receipts;
  readonly log: Pick<LogReader, 'proveHead'>;
}

/** How to look something up. */
export interface LookupOptions extends StreamReading {
  readonly known?: Head | undefined;
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

  /**
   * Asks the server. `known` is the end of the first stream, if the caller knows it. `beforeAppend` is for that stream
   * only: its end may be outdated then, so nothing may be refused because of it.
   *
   * @throws DeadlineExceeded when the signal fires.
   */
  async find({ streams, receipts: asked, events }: Question, wait: LookupOptions): Promise<Found> {
    const { known, beforeAppend, signal } = wait;
    const shared = {};
    const heads = new Map<StreamId, Head>();
    const receipts: StreamReceipt[] = [];
    for (const streamId of streams) {
      const isFirst = heads.size === 0;
      const head = isFirst ? known : undefined;
      heads.set(
        streamId,
        head ?? (await this.#parts.streams.head(streamId, { signal, shared, beforeAppend: isFirst && beforeAppend })),
      );
    }
    for (const one of asked) {
      const receipt = await this.#parts.receipts.find(one, { head: heads.get(one.streamId), signal, shared });
      if (receipt !== undefined) receipts.push({ streamId: one.streamId, ...receipt });
    }
    const found = { ...NOTHING, ends: new Map([...heads].flatMap(endOf)), receipts };
    return events === undefined ? found : { ...found, ...(await this.#headAndMissing(events, wait)) };
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

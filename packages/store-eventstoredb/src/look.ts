import { START, type StreamId } from '@login-policy/event-sourcing';
import {
  receiptName,
  type Found,
  type Question,
  type Receipt,
  type StreamEnd,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import type { Head } from './known-streams.js';
import type { StreamReader } from './reading-streams.js';
import type { Receipts } from './receipts.js';

/** The parts used for look-ups. */
export interface LookupParts {
  readonly streams: StreamReader;
  readonly receipts: Receipts;
}

/** Looks up the answers to a question, except the head: the server assigns the positions of events. */
export class Lookups {
  readonly #parts: LookupParts;

  constructor(parts: LookupParts) {
    this.#parts = parts;
  }

  /**
   * Asks the server for the ends of the streams, unless `known` gives it.
   *
   * @throws DeadlineExceeded when the signal fires.
   */
  async find({ streams, receipts: asked }: Question, wait: WaitOptions, known?: Head): Promise<Found> {
    const heads = new Map<StreamId, Head>();
    const receipts = new Map<string, Receipt>();
    for (const streamId of streams) {
      heads.set(streamId, known ?? (await this.#parts.streams.head(streamId, wait.signal)));
    }
    for (const key of asked) {
      const receipt = await this.#parts.receipts.find(key, { head: heads.get(key.streamId), signal: wait.signal });
      if (receipt !== undefined) receipts.set(receiptName(key), receipt);
    }
    return { ...NOTHING, ends: new Map([...heads].flatMap(endOf)), receipts };
  }
}

const NOTHING: Found = {
  token: undefined,
  head: START,
  keptByHead: [],
  ends: new Map(),
  unreadable: new Map(),
  receipts: new Map(),
  models: new Map(),
};

/** The result without a look-up, from the known end of one stream. */
export function foundAt(streamId: StreamId, head: Head): Found {
  return head === 'none' ? NOTHING : { ...NOTHING, ends: new Map([[streamId, head]]) };
}

function endOf([streamId, head]: readonly [StreamId, Head]): readonly (readonly [StreamId, StreamEnd])[] {
  return head === 'none' ? [] : [[streamId, head]];
}

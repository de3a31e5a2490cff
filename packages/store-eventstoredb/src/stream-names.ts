import { createHash } from 'node:crypto';
import { categoryOf, parseStreamId, type StreamId } from '@login-policy/event-sourcing';
import { type EventFilter, filterPredicate } from '@login-policy/event-sourcing/store';

/** A filter of records by stream name, for the server. */
export type ServerFilter = { readonly prefixes: readonly string[] } | { readonly regex: string };

/** Whether the reader asked for a received record. */
export type Wanted = (record: { readonly streamName: string; readonly type: string }) => boolean;

const PREFIX = /^(?:[A-Za-z][A-Za-z0-9]{0,63}\.)*$/;
const CATEGORY = '[A-Za-z][A-Za-z0-9]{0,63}';
const TOMBSTONE = '$streamDeleted';
/** The maximum length of a stream's name without its prefix. */
const LONGEST = 5000;

/** Whether a text is a valid prefix. */
export function isStreamPrefix(prefix: unknown): boolean {
  return typeof prefix === 'string' && PREFIX.test(prefix);
}

/**
 * The names of this store's streams on the server. A prefix separates stores on the same server: a store neither reads
 * nor writes streams with another prefix.
 */
export class StreamNames {
  readonly #prefix: string;
  readonly #isOwn: RegExp;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#isOwn = new RegExp(`${this.#regex()}[^]`);
  }

  /** The server's name of a stream. The part before its first dash is the prefix and the category. */
  nameOf(streamId: StreamId): string {
    // Encoded as bytes, two names with different lone surrogates would be the same.
    if (!streamId.isWellFormed())
      throw new RangeError('expected the name of a stream, got a text with lone surrogates');
    return this.#prefix + streamId;
  }

  /** Whether {@link nameOf} can return this name. System streams, receipt streams and other prefixes never match. */
  isOwn(streamName: string): boolean {
    return this.#isOwn.test(streamName) && streamName.length - this.#prefix.length <= LONGEST;
  }

  /** The stream id of a name for which {@link isOwn} is true. */
  idOf(streamName: string): StreamId {
    return parseStreamId(streamName.slice(this.#prefix.length));
  }

  /** The beginning of all {@link receiptNameOf} names. */
  get receiptPrefix(): string {
    return `${this.#prefix}_receipts-`;
  }

  /**
   * The stream of the receipt of a command without events. No category begins with `_`, so no read of events returns
   * it. Each key has a stream of its own, so the server itself accepts only one receipt.
   */
  receiptNameOf(streamId: StreamId, key: string): string {
    const digest = createHash('sha256')
      .update(JSON.stringify([streamId, key]))
      .digest('hex');
    return `${this.receiptPrefix}${categoryOf(streamId)}-${digest}`;
  }

  /** A stream that never gets an event. */
  barrierNameOf(id: string): string {
    return `${this.#prefix}_barrier-${id}`;
  }

  /** The stream of a consumer's record. No read of events returns it. */
  consumerNameOf(name: string): string {
    return `${this.#prefix}_consumers-${createHash('sha256').update(name).digest('hex')}`;
  }

  /** The stream of the heartbeats of a consumer session. */
  sessionNameOf(session: string): string {
    return `${this.#prefix}_consumerSessions-${session}`;
  }

  /**
   * The filter for the server, which also lets through the streams `besides`. It may let through more records than
   * wanted, never fewer; {@link wanted} then decides.
   */
  serverFilter(filter: EventFilter | undefined, ...besides: readonly string[]): ServerFilter {
    if (filter === undefined)
      return { regex: [this.#regex(), ...besides.map((name) => `^${escaped(name)}$`)].join('|') };
    return { prefixes: [...filter.categories.map((category) => `${this.#prefix}${category}-`), ...besides] };
  }

  /**
   * A predicate that accepts exactly the records that a reader wants. A stream's history includes its events of a
   * system type, but not the mark of a tombstone.
   */
  wanted(filter: EventFilter | undefined): Wanted {
    const isWanted = filter && filterPredicate(filter);
    return ({ streamName, type }) =>
      type !== TOMBSTONE && this.isOwn(streamName) && isWanted?.({ streamId: this.idOf(streamName) }) !== false;
  }

  #regex(): string {
    return `^${escaped(this.#prefix)}${CATEGORY}-`;
  }
}

/** A text as a regular expression that matches it. */
function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

import { createHash } from 'node:crypto';
import type { StreamId } from '@login-policy/event-sourcing';
import { categoryOf, parseStreamId, filterPredicate, type EventFilter } from '@login-policy/event-sourcing/store';

/** Which records the server sends of all it has, by the names of their streams. */
export type ServerFilter = { readonly prefixes: readonly string[] } | { readonly regex: string };

/** Whether a record that came is one the reader asked for. */
export type Wanted = (record: { readonly streamName: string; readonly type: string }) => boolean;

const PREFIX = /^(?:[A-Za-z][A-Za-z0-9]{0,63}\.)*$/;
const CATEGORY = '[A-Za-z][A-Za-z0-9]{0,63}';
const TOMBSTONE = '$streamDeleted';
/** Of a stream's name, without the prefix. */
const LONGEST = 5000;

/** Whether a store can be set apart by it. */
export function isStreamPrefix(prefix: unknown): boolean {
  return typeof prefix === 'string' && PREFIX.test(prefix);
}

/**
 * How this store's streams are called on the server. A prefix sets it apart from others on the same server: with one it
 * neither sees nor writes anything outside it.
 */
export class StreamNames {
  readonly #prefix: string;
  readonly #isOwn: RegExp;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#isOwn = new RegExp(`${this.#regex()}[^]`);
  }

  /** The server's name of a stream. What comes before its first dash is the prefix and the category. */
  nameOf(streamId: StreamId): string {
    // As bytes, two names with different lone surrogates would be one.
    if (!streamId.isWellFormed()) throw new RangeError('the name of a stream is Unicode text, without lone surrogates');
    return this.#prefix + streamId;
  }

  /** Whether a name is one that {@link nameOf} gives: system streams, receipts and other prefixes are not. */
  isOwn(streamName: string): boolean {
    return this.#isOwn.test(streamName) && streamName.length - this.#prefix.length <= LONGEST;
  }

  /** The stream behind a name that {@link isOwn}. */
  idOf(streamName: string): StreamId {
    return parseStreamId(streamName.slice(this.#prefix.length));
  }

  /** What the names of {@link receiptNameOf} begin with. */
  get receiptPrefix(): string {
    return `${this.#prefix}_receipts-`;
  }

  /**
   * Where the receipt of a command without events is kept. No category begins with `_`, so no reader of this library
   * ever meets it; a stream a key, so that the server itself lets only one be written.
   */
  receiptNameOf(streamId: StreamId, key: string): string {
    const place = createHash('sha256')
      .update(JSON.stringify([streamId, key]))
      .digest('hex');
    return `${this.receiptPrefix}${categoryOf(streamId)}-${place}`;
  }

  /** Where the record of a consumer is kept: a stream a name, which no reader of this library meets either. */
  consumerNameOf(name: string): string {
    return `${this.#prefix}_consumers-${createHash('sha256').update(name).digest('hex')}`;
  }

  /** Where a session of consumers says that it lives. */
  sessionNameOf(session: string): string {
    return `${this.#prefix}_consumerSessions-${session}`;
  }

  /** What the server leaves out. It may send more than was asked for, never less: {@link wanted} decides. */
  serverFilter(filter: EventFilter | undefined): ServerFilter {
    if (filter === undefined) return { regex: this.#regex() };
    return { prefixes: filter.categories.map((category) => `${this.#prefix}${category}-`) };
  }

  /**
   * What a reader gets: his filter, exactly, and nothing that is not this store's. Any event in a stream of this store
   * counts as one of its history, also one of the server's types: only the mark of a tombstone ends a stream, and is
   * not an event.
   */
  wanted(filter: EventFilter | undefined): Wanted {
    const isWanted = filter && filterPredicate(filter);
    return ({ streamName, type }) =>
      type !== TOMBSTONE && this.isOwn(streamName) && isWanted?.({ streamId: this.idOf(streamName) }) !== false;
  }

  #regex(): string {
    return `^${this.#prefix.replaceAll('.', '\\.')}${CATEGORY}-`;
  }
}

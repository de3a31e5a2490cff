import { Fault } from '../values/fault.js';
import type { ReadStreamOptions } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { limitOf, pageSizeOf } from '../streams/paging.js';
import type { StreamId } from '../values/stream-id.js';
import { AppendAssembly } from './whole-appends.js';

/** The largest revision any store keeps. */
const LAST_REVISION = 2n ** 63n - 1n;

/** A part of a stream: a number of events from a revision on. */
export interface StreamPart {
  readonly isForwards: boolean;
  readonly from: bigint;
  readonly count: number;
  /**
   * The last event of the part before. Where the history may have been replaced in between, as in a failover, the store
   * checks in the same step that this event is still there: one read returns one history.
   */
  readonly after: RecordedEvent | undefined;
}

/** The events of a part, as many as one read returns. */
export interface StreamPage {
  readonly events: readonly RecordedEvent[];
  /** Whether no events of the stream follow. */
  readonly isLast: boolean;
}

/** How a store reads its streams. */
export interface StreamSource {
  /** The store's name, for faults. */
  readonly store: string;
  /** The events of a part in its direction: as many as one read returns, and none only where none are left. */
  readonly read: (part: StreamPart) => StreamPage | Promise<StreamPage>;
}

/**
 * Implements `EventStore.readStream` by reading part after part. Revisions begin at 0 without gaps, so an event that
 * was deleted or moved is noticed. Half an append is not handed out.
 *
 * @throws StoreDamaged that names the missing revision, or the event of another stream.
 * @throws UnreadableEvent at the first event of half an append, after everything before it was returned.
 */
export async function* streamThrough(
  streamId: StreamId,
  { store, read }: StreamSource,
  options?: ReadStreamOptions,
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  const pageSize = pageSizeOf(options);
  const isForwards = options?.direction !== 'backwards';
  const behind = (due: bigint | undefined, { events, isLast }: StreamPage): bigint | undefined => {
    let next = due;
    for (const { revision, streamId: named } of events) {
      if (named !== streamId) throw ofAnother(store, { streamId, revision, named });
      if (next !== undefined && revision !== next) throw lostFrom(store, streamId, next);
      next = isForwards ? revision + 1n : revision - 1n;
    }
    const isCutOff = isLast && !isForwards && next !== undefined && next >= 0n;
    if (isCutOff) throw lostFrom(store, streamId, next);
    return next;
  };
  let from: bigint = options?.from ?? (isForwards ? 0n : LAST_REVISION);
  if (!isForwards && from > LAST_REVISION) from = LAST_REVISION;
  // A backwards read begins wherever the stream ends.
  let due = isForwards ? from : undefined;
  let after: RecordedEvent | undefined;
  const whole = new WholeAppends(options);
  while (whole.wanted > 0 && from >= 0n && from <= LAST_REVISION) {
    const page = await read({ isForwards, from, count: Math.min(pageSize, whole.wanted), after });
    due = behind(due, page);
    const isOver = page.isLast || page.events.length === 0 || due === undefined;
    yield* whole.add(page.events, isOver);
    if (isOver || due === undefined) return;
    after = page.events.at(-1);
    from = due;
  }
}

/** The events that a reader of one stream wants, handed out in whole appends. */
class WholeAppends {
  readonly #assembly: AppendAssembly<RecordedEvent>;
  readonly #pageSize: number;
  readonly #isForwards: boolean;
  /** How many events are still to be read, and to be handed out. */
  #toRead: number;
  #toReturn: number;
  #ready: RecordedEvent[] = [];
  #fault: Fault<'unreadable-event'> | undefined;

  constructor(options: ReadStreamOptions | undefined) {
    const isForwards = options?.direction !== 'backwards';
    this.#pageSize = pageSizeOf(options);
    this.#isForwards = isForwards;
    this.#toRead = this.#toReturn = limitOf(options);
    this.#assembly = new AppendAssembly<RecordedEvent>({
      eventOf: (event) => event,
      whole: (event) => {
        if (this.#fault === undefined) this.#ready.push(event);
      },
      half: (_, fault) => {
        this.#fault ??= fault;
      },
      isRest: () => (isForwards ? (options?.from ?? 0n) > 0n : options?.from !== undefined),
      isBackwards: !isForwards,
    });
  }

  /** How many more events to read. Forwards also those beyond the limit that show whether the last append is whole. */
  get wanted(): number {
    if (this.#toRead > 0) return this.#toRead;
    return this.#isForwards ? this.#assembly.missing : 0;
  }

  /** Hands out what is whole with these events; `isOver`: nothing follows them. @throws UnreadableEvent */
  *add(events: readonly RecordedEvent[], isOver: boolean): Generator<readonly RecordedEvent[], void, undefined> {
    for (const event of events) this.#assembly.add(event);
    this.#toRead -= events.length;
    if (isOver) this.#assembly.end();
    else if (this.wanted <= 0) this.#assembly.release();
    const ready = this.#ready.splice(0).slice(0, this.#toReturn);
    this.#toReturn -= ready.length;
    yield* partsOf(ready, this.#pageSize);
    if (this.#fault !== undefined) throw this.#fault;
  }
}

/**
 * The pages of one stream after another.
 *
 * @throws StoreDamaged as {@link streamThrough} does.
 */
export async function* withoutGaps(
  store: string,
  pages: AsyncIterable<readonly RecordedEvent[]>,
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  let last: RecordedEvent | undefined;
  for await (const page of pages) {
    for (const event of page) {
      const due = event.streamId === last?.streamId ? last.revision + 1n : 0n;
      if (event.revision !== due) throw lostFrom(store, event.streamId, due);
      last = event;
    }
    yield page;
  }
}

function* partsOf(events: RecordedEvent[], pageSize: number): Generator<readonly RecordedEvent[], void, undefined> {
  for (let from = 0; from < events.length; from += pageSize)
    yield events.length <= pageSize ? events : events.slice(from, from + pageSize);
}

/** A damaged name of a stream is noticed here, before it is taken for the name of something else. */
function ofAnother(
  store: string,
  { streamId, revision, named }: Pick<RecordedEvent, 'revision' | 'streamId'> & { readonly named: StreamId },
): Fault<'store-damaged'> {
  return new Fault('store-damaged', { store, problem: `${streamId} has an event of ${named} at revision ${revision}` });
}

function lostFrom(store: string, streamId: StreamId, revision: bigint | undefined): Fault<'store-damaged'> {
  return new Fault('store-damaged', { store, problem: `${streamId} has no event at revision ${revision}` });
}

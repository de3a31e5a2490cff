import type { Position, RecordedEvent } from '@login-policy/event-sourcing';
import { placeIn, refuseGaps, type EventFilter } from '@login-policy/event-sourcing/store';
import type { Names } from './names.js';
import type { PageReader } from './page-reader.js';
import { READ_COLUMNS } from './rows.js';

/** What a reader of all streams wants. */
export interface WantedStreams {
  readonly upTo: Position;
  readonly filter: EventFilter | undefined;
  readonly pageSize: number;
}

/** Where a reader of all streams has got to: behind an event. */
export interface StreamPlace {
  readonly last: RecordedEvent | undefined;
  /** The same while its stream is not read to its end. */
  readonly goesOn: RecordedEvent | undefined;
  /** The names up to this one were learnt together: one by one they take longer than all else. */
  readonly learnt: string | undefined;
}

const LEARNT_AT_ONCE = 1000;

/** Before the first stream. */
export const FIRST_STREAM: StreamPlace = { last: undefined, goesOn: undefined, learnt: undefined };

/**
 * Reads one stream after another, in the order of their names: that is the order of the rows that are made of them, so that a caller that
 * writes those fills a page of the file and goes on to the next.
 */
export class StreamsReader {
  readonly #names: Names;
  readonly #pages: PageReader;

  constructor(names: Names, pages: PageReader) {
    this.#names = names;
    this.#pages = pages;
  }

  /**
   * The next page, and where it ends; `undefined` behind the last stream.
   *
   * @throws StoreDamaged when a stream has lost an event.
   */
  next(
    place: StreamPlace,
    wanted: WantedStreams,
  ): { events: readonly RecordedEvent[]; place: StreamPlace } | undefined {
    const { goesOn } = place;
    const learnt = goesOn === undefined ? this.#learnAhead(place) : place.learnt;
    const { count, events, pageSize } = this.#pages.shrinking(wanted.pageSize, (size) => ({
      ...(goesOn === undefined ? this.#streamsAfter(place, wanted, size) : this.#restOf(goesOn, wanted, size)),
      pageSize: size,
    }));
    if (count === 0 && goesOn === undefined) return undefined;
    refuseGaps(this.#names.store, place.last, events);
    const isWhole = count < pageSize && events.length === count;
    const last = events.at(-1) ?? place.last;
    return { events, place: { last, goesOn: isWhole ? undefined : last, learnt } };
  }

  #learnAhead({ last, learnt }: StreamPlace): string | undefined {
    const after = last?.streamId ?? '';
    return learnt !== undefined && after < learnt ? learnt : this.#names.learnAfter(after, LEARNT_AT_ONCE);
  }

  #restOf(last: RecordedEvent, { upTo }: WantedStreams, size: number): ReturnType<PageReader['page']> {
    const sql = `SELECT ${READ_COLUMNS} FROM events WHERE stream = ? AND revision > ? AND position <= ? ORDER BY revision LIMIT ?`;
    const values = [this.#names.find(last.streamId) ?? 0, Number(last.revision), Number(placeIn(upTo)), size];
    return this.#pages.page(sql, values, { isInOrder: false });
  }

  #streamsAfter({ last }: StreamPlace, { upTo, filter }: WantedStreams, size: number): ReturnType<PageReader['page']> {
    const after = last?.streamId ?? '';
    const { clause, values } = this.#pages.conditionOf(filter);
    const sql = `SELECT ${READ_COLUMNS} FROM (SELECT id AS number, name FROM names) AS streams
      CROSS JOIN events ON events.stream = streams.number
      WHERE streams.name > ? AND position <= ?${clause} ORDER BY streams.name, revision LIMIT ?`;
    const found = [after, Number(placeIn(upTo)), ...values, size];
    return this.#pages.page(sql, found, { isInOrder: false });
  }
}

import { isFault, type RecordedEvent } from '@login-policy/event-sourcing';
import { pageSizeOf, placeIn, refuseGaps, type ReadStreamsOptions } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { storedName } from './names.js';
import { PageReader, type Page } from './pages.js';
import { conditionOf } from './reads.js';
import type { Schema } from './schema.js';

/** What reading one stream after another works with. */
export interface StreamsSource {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly largestPageBytes: number;
}

/**
 * What `EventStore.readStreams` promises, in the order of the index of streams.
 *
 * @throws StoreDamaged when a stream has lost an event.
 */
export async function* readStreams(
  { connection, schema, largestPageBytes }: StreamsSource,
  { upTo, filter, signal, ...options }: ReadStreamsOptions,
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  const pageSize = pageSizeOf(options);
  const { condition, values } = conditionOf(filter, 5);
  const reader = new PageReader(connection.name, largestPageBytes);
  const statement = reader.statement(`SELECT * FROM ${schema.quoted}.events
    WHERE (stream, revision) > ($1, $2) AND position <= $3 ${condition} ORDER BY stream, revision LIMIT $4`);
  let last: RecordedEvent | undefined;
  while (signal?.aborted !== true) {
    const from = last === undefined ? ['', '-1'] : [storedName(last.streamId).name, last.revision.toString()];
    const { events, asked } = await reader
      .read((limit) => {
        const wanted = [...from, placeIn(upTo).toString(), limit, ...values];
        return connection.read(statement, wanted, { signal });
      }, pageSize)
      .catch(nothingWhenAborted(signal));
    refuseGaps(connection.name, last, events);
    if (events.length > 0) yield events;
    if (events.length < asked) return;
    last = events.at(-1);
  }
}

/** A read that was broken off by its signal ends quietly. */
function nothingWhenAborted(signal: AbortSignal | undefined): (caught: unknown) => Pick<Page, 'asked' | 'events'> {
  return (caught) => {
    if (signal?.aborted === true && isFault(caught, 'deadline-exceeded')) return { events: [], asked: 1 };
    throw caught;
  };
}

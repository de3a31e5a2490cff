import { Fault, isFault, type RecordedEvent, START } from '@login-policy/event-sourcing';
import { nameRanges, ordinalOf, type ReadStreamsOptions } from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { storedName, storedText } from './names.js';
import { PageReader, type Page } from './pages.js';
import { positionIn } from './positions.js';
import type { Cells } from './queries.js';
import type { Schema } from './schema.js';

/** The parts of reading one stream after another. */
export interface StreamsSource {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly largestPageBytes: number;
}

/**
 * Implements `EventStore.readStreams`, in the order of the index of streams. Streams of other categories are not even
 * looked at, because millions of them would take longer than a statement may.
 *
 * @throws PositionUnknown when the last event to read no longer exists, because another history has taken over.
 */
export async function* readStreams(
  source: StreamsSource,
  options: ReadStreamsOptions & { readonly pageSize: number },
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  for (const range of nameRanges(options.filter)) yield* readRange(source, options, range);
}

async function* readRange(
  { connection, schema, largestPageBytes }: StreamsSource,
  { upTo, signal, pageSize }: ReadStreamsOptions & { readonly pageSize: number },
  [first, before]: readonly [from: string, before?: string],
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  const ordinal = ordinalOf(upTo).toString();
  const reader = new PageReader(connection.name, largestPageBytes);
  const end = `SELECT position || ' ' || id FROM ${schema.quoted}.events WHERE position = $3`;
  const [bound, values] = before === undefined ? ['', []] : ['AND stream < $5', [storedText(before)]];
  const page = `SELECT * FROM ${schema.quoted}.events
    WHERE (stream, revision) > ($1, $2) ${bound} AND position <= $3 ORDER BY stream, revision LIMIT $4`;
  const statement = reader.statement(page, `, (${end})`);
  let last: RecordedEvent | undefined;
  while (signal?.aborted !== true) {
    const from =
      last === undefined ? [storedText(first), '-1'] : [storedName(last.streamId).name, last.revision.toString()];
    const queryPage = (limit: number): Promise<readonly Cells[]> =>
      connection.read(statement, [...from, ordinal, limit, ...values], { signal });
    const read = await reader.read(queryPage, pageSize).catch(undefinedWhenAborted(signal));
    if (read === undefined) return;
    const { events, limit, extraColumns } = read;
    const found = positionIn(extraColumns[0]) ?? START;
    if (ordinal !== '0' && found !== upTo) throw new Fault('position-unknown', { position: upTo, head: found });
    if (events.length > 0) yield events;
    if (events.length < limit) return;
    last = events.at(-1);
  }
}

/** Turns the error of a read that its signal has ended into `undefined`. */
function undefinedWhenAborted(signal: AbortSignal | undefined): (caught: unknown) => Page | undefined {
  return (caught) => {
    if (signal?.aborted === true && isFault(caught, 'deadline-exceeded')) return undefined;
    throw caught;
  };
}

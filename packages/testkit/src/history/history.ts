import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import {
  type Clock,
  type EventId,
  type EventStore,
  instant,
  openMemoryStore,
  type OptionRules,
  parseOptions,
  type Position,
  type RecordedEvent,
  rule,
  START,
  type Store,
  type StreamId,
} from '@login-policy/event-sourcing';
import { followedInAppend, revisionAfter } from '@login-policy/event-sourcing/store';
import { fixedClock } from '../clocks.js';
import { HEADER, isHistoryHeader } from './history-header.js';
import { parseHistoryLine, writeHistoryLine } from './history-line.js';
import { InvalidHistory } from './invalid-history.js';

const BYTE_ORDER_MARK = /^\uFEFF/;

/** A history as text: as a whole or line by line, with or without line breaks. */
export type HistoryLines = string | Iterable<string> | AsyncIterable<string>;

/** The options of a replay. */
export interface ReplayOptions {
  /**
   * The clock for new events, and for deciding what is past. Default: stands at the latest time of the history, or at
   * 1970.
   */
  readonly clock?: Clock;
}

/**
 * Writes all events of a store as JSON Lines in commit order, after a header line with the format's version. A history
 * stored beside the tests lasts forever, as its events do.
 */
export async function* writeHistory(eventStore: EventStore): AsyncGenerator<string, void, undefined> {
  yield `${HEADER}\n`;
  for await (const page of eventStore.readAll()) {
    for (const event of page) yield `${writeHistoryLine(event)}\n`;
  }
}

/**
 * Reads what {@link writeHistory} wrote, with or without the header line and a byte order mark. Refuses a history of an
 * unknown version, and anything that a store could not have recorded: a gap in a stream, a repeated id, positions that
 * do not increase, a `recordedAt` that goes back within a stream, an incomplete append.
 *
 * @throws InvalidHistory that names the line and the field.
 */
export async function readHistory(lines: HistoryLines): Promise<readonly RecordedEvent[]> {
  const order = new HistoryOrder();
  const events: RecordedEvent[] = [];
  let line = 0;
  for await (const text of typeof lines === 'string' ? linesOf(lines) : lines) {
    line += 1;
    demandText(text, line);
    const withoutMark = line === 1 ? text.replace(BYTE_ORDER_MARK, '') : text;
    if (line === 1 && isHistoryHeader(withoutMark)) continue;
    const event = parseHistoryLine(withoutMark, line);
    order.add(event, line);
    events.push(event);
  }
  order.end();
  return events;
}

/** Callers without types give the bytes of a file, or events that were read already. */
function demandText(text: unknown, line: number): void {
  if (typeof text === 'string') return;
  const problem = `expected text, got ${text === null ? 'null' : `a value of type ${typeof text}`}`;
  throw new InvalidHistory({ line, field: 'line', problem });
}

/** Reads a history from a file in UTF-8. @throws InvalidHistory that names the line and the field. */
export async function loadHistory(file: string | URL): Promise<readonly RecordedEvent[]> {
  const bytes = await readFile(file);
  const text = bytes.toString();
  if (isUtf8(bytes)) return readHistory(text);
  const line = text.slice(0, text.indexOf('\ufffd')).split('\n').length;
  throw new InvalidHistory({ line, field: 'line', problem: 'it is not text in UTF-8' });
}

/**
 * Opens a memory store that contains the history, with its ids, revisions and times.
 *
 * @throws InvalidHistory that names the line and the field.
 * @throws RangeError that names an unknown or malformed option.
 */
export async function replay(lines: HistoryLines, options: ReplayOptions = {}): Promise<Store> {
  const given = parseOptions(options, 'replay', OPTIONS);
  const history = await readHistory(lines);
  const { clock = clockAfter(history) } = given;
  return openMemoryStore({ clock, history });
}

const OPTIONS: OptionRules<ReplayOptions> = { clock: rule.optional(rule.aFunction) };

function clockAfter(history: readonly RecordedEvent[]): Clock {
  const latest = history.reduce((later, { recordedAt }) => Math.max(later, recordedAt), 0);
  return fixedClock(instant(latest));
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Checks each event of a history against the previous ones. */
class HistoryOrder {
  readonly #ids = new Set<EventId>();
  readonly #lastOf = new Map<StreamId, RecordedEvent>();
  #position: Position = START;
  #line = 0;
  #previous: RecordedEvent | undefined;

  add(event: RecordedEvent, line: number): void {
    this.#line = line;
    const last = this.#lastOf.get(event.streamId);
    const next = revisionAfter(last?.revision);
    if (this.#ids.has(event.id)) this.#refuse('id', `${event.id} came before`);
    if (event.revision !== next)
      this.#refuse('revision', `${event.streamId} goes on at ${next}, not ${event.revision}`);
    if (event.position <= this.#position)
      this.#refuse('position', `it comes after ${this.#position} and must be higher`);
    if (last !== undefined && event.recordedAt < last.recordedAt) {
      this.#refuse('recordedAt', `it is earlier than that of the event before it in ${event.streamId}`);
    }
    this.#demandWholeAppends(event);
    this.#ids.add(event.id);
    this.#lastOf.set(event.streamId, event);
    this.#position = event.position;
  }

  /** Call it after the last event. */
  end(): void {
    if (this.#previous !== undefined && followedInAppend(this.#previous) > 0)
      this.#refuse('append', `the history ends within an append: ${placeOf(this.#previous)} is its last event`);
  }

  /** Checks that the events of an append are contiguous, in one stream, and in order. */
  #demandWholeAppends(event: RecordedEvent): void {
    const before = this.#previous;
    this.#previous = event;
    const isWithin = before !== undefined && followedInAppend(before) > 0;
    const expected = isWithin ? (before.append?.place ?? 0) + 1 : 1;
    const isNext = (event.append?.place ?? 1) === expected;
    const isOfSameAppend =
      !isWithin || (event.streamId === before.streamId && event.append?.count === before.append?.count);
    if (isNext && isOfSameAppend) return;
    const wanted = isWithin
      ? `behind ${placeOf(before)} comes the next of ${before.streamId}`
      : 'an append begins with its first event';
    this.#refuse('append', `${wanted}, not ${placeOf(event)}`);
  }

  #refuse(field: string, problem: string): never {
    throw new InvalidHistory({ line: this.#line, field, problem });
  }
}

function placeOf({ append: { place, count } = { place: 1, count: 1 } }: Pick<RecordedEvent, 'append'>): string {
  return `${place} of ${count}`;
}

import { START, type Position, type Revision, type StreamId } from '@login-policy/event-sourcing';
import { encode, type Field } from './protobuf.js';
import { splitPosition, type Proposal } from './record.js';
import type { ServerFilter } from './stream-names.js';

/**
 * The number of records that the server scans between two checkpoints. The server's default of 32 makes a filter slow
 * that skips most records.
 */
const RECORDS_PER_CHECKPOINT = 512;

/** The version of the protocol in which a read of a stream that was not broken off ends with the last position. */
const SENDS_LAST_POSITION = encode([1, 1]);

/** A message without fields. */
const EMPTY = encode();
const TEXT_UUIDS = encode([2, EMPTY]);

/** A read of one stream. */
export interface StreamRead {
  readonly streamName: string;
  readonly direction: 'forwards' | 'backwards';
  /** The first event to read. Default: the first of the stream, or the last when reading backwards. */
  readonly from: Revision | undefined;
  readonly limit: number;
}

/** A read of the whole log. */
export interface AllRead {
  readonly direction: 'forwards' | 'backwards';
  /**
   * Forwards: the first record to read. Backwards: the records before it are read; `end` is only for this direction.
   */
  readonly from: Position | 'end';
  readonly filter: ServerFilter | undefined;
  readonly limit: number;
}

/**
 * One append, ready to send. It names the exact revision to append after. The server compares it with the log, so an
 * append that is sent twice is written only once (reference §2.3).
 */
export interface PreparedAppend {
  readonly streamId: StreamId;
  readonly streamName: string;
  readonly expected: Revision | 'no-stream';
  readonly proposals: readonly Proposal[];
}

/** The request to read one stream. Links are not followed. The last message tells the end of the stream. */
export function streamReadRequest({ streamName, from, ...read }: StreamRead): Buffer {
  const begin: Field = from === undefined ? [read.direction === 'forwards' ? 3 : 4, EMPTY] : [2, from];
  const stream = encode([1, identifier(streamName)], begin);
  return readRequest(read, [1, stream], [8, EMPTY], [10, SENDS_LAST_POSITION]);
}

/** The request to read the whole log. */
export function allReadRequest({ from, filter, ...read }: AllRead): Buffer {
  return readRequest(read, [2, encode(beginOf(from))], filter === undefined ? [8, EMPTY] : [7, filterOptions(filter)]);
}

/**
 * One append of a batch. It sets no deadline: the older server takes only an absolute time, which on a machine with a
 * wrong clock could have passed already for the server. Without a deadline, the server applies its default time-out of
 * 2 s.
 */
export function batchAppendRequest(prepared: PreparedAppend, correlationId: string): Buffer {
  const { streamName, expected, proposals } = prepared;
  const options = encode([1, identifier(streamName)], expected === 'no-stream' ? [3, EMPTY] : [2, expected]);
  const messages = proposals.map((proposal): Field => [3, messageOf(proposal)]);
  return encode([1, encode([2, correlationId])], [2, options], ...messages, [4, 1]);
}

/** An append without events to a stream that has none. */
export function emptyAppendRequest(streamName: string): Buffer {
  return encode([1, encode([1, identifier(streamName)], [3, EMPTY])]);
}

const JSON_CONTENT = encode([1, 'content-type'], [2, 'application/json']);

function messageOf({ uuid, type, data, metadata }: Proposal): Buffer {
  const typeEntry = encode([1, 'type'], [2, type]);
  return encode([1, encode([2, uuid])], [2, typeEntry], [2, JSON_CONTENT], [3, metadata], [4, data]);
}

function readRequest({ direction, limit }: Pick<AllRead, 'direction' | 'limit'>, ...what: readonly Field[]): Buffer {
  const backwards = direction === 'backwards' ? 1 : undefined;
  const count = Math.min(limit, Number.MAX_SAFE_INTEGER);
  return encode([1, encode(...what, [3, backwards], [5, count], [9, TEXT_UUIDS])]);
}

function beginOf(from: AllRead['from']): Field {
  if (from === 'end') return [3, EMPTY];
  if (from === START) return [2, EMPTY];
  const { commit, prepare } = splitPosition(from);
  return [1, encode([1, commit], [2, prepare])];
}

function filterOptions(filter: ServerFilter): Buffer {
  const expression =
    'regex' in filter ? encode([1, filter.regex]) : encode(...filter.prefixes.map((prefix): Field => [2, prefix]));
  return encode([1, expression], [3, RECORDS_PER_CHECKPOINT], [5, 1]);
}

function identifier(streamName: string): Buffer {
  return encode([3, streamName]);
}

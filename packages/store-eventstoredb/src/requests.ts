import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { START, type Position, type Revision } from '@login-policy/event-sourcing';
import { splitPosition } from './record-codec.js';
import type { ServerFilter } from './stream-names.js';

type Options = streams.ReadReq.Options;

/**
 * The number of records that the server scans between two checkpoints. The server's default of 32 makes a filter slow
 * that skips most records.
 */
const RECORDS_PER_CHECKPOINT = 512;

/** The version of the protocol in which a read of a stream that was not broken off ends with the last position. */
const SENDS_LAST_POSITION = 1;

/** A read of one stream. */
export interface StreamRead {
  readonly streamName: string;
  readonly direction: 'forwards' | 'backwards';
  /** The first event to read. Default: the first of the stream, or the last when reading backwards. */
  readonly from: Revision | undefined;
  readonly limit: number;
}

/** Creates the request to read one stream. Links are not followed. The last message tells the end of the stream. */
export function streamReadRequest({ streamName, direction, from, limit }: StreamRead): streams.ReadReq {
  const streamOptions = new streams.ReadReq.Options.StreamOptions();
  streamOptions.setStreamIdentifier(identifierOf(streamName));
  if (from !== undefined) streamOptions.setRevision(String(from));
  else if (direction === 'forwards') streamOptions.setStart(new shared.Empty());
  else streamOptions.setEnd(new shared.Empty());
  const control = new streams.ReadReq.Options.ControlOption();
  control.setCompatibility(SENDS_LAST_POSITION);
  const options = new streams.ReadReq.Options();
  options.setControlOption(control);
  options.setStream(streamOptions);
  options.setCount(countOf(limit));
  options.setNoFilter(new shared.Empty());
  return requestOf(options, direction);
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

/** Creates the request to read the whole log. */
export function allReadRequest({ direction, from, filter, limit }: AllRead): streams.ReadReq {
  const allOptions = new streams.ReadReq.Options.AllOptions();
  if (from === 'end') allOptions.setEnd(new shared.Empty());
  else setStart(allOptions, from);
  const options = new streams.ReadReq.Options();
  options.setAll(allOptions);
  options.setCount(countOf(limit));
  setFilter(options, filter);
  return requestOf(options, direction);
}

/** Stream names are sent as bytes. */
export function identifierOf(streamName: string): shared.StreamIdentifier {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(streamName, 'utf8'));
  return identifier;
}

function setStart(allOptions: streams.ReadReq.Options.AllOptions, from: Position): void {
  if (from === START) return allOptions.setStart(new shared.Empty()) && undefined;
  const { commit, prepare } = splitPosition(from);
  const position = new streams.ReadReq.Options.Position();
  position.setCommitPosition(String(commit));
  position.setPreparePosition(String(prepare));
  allOptions.setPosition(position);
}

function setFilter(options: Options, filter: ServerFilter | undefined): void {
  if (filter === undefined) return options.setNoFilter(new shared.Empty()) && undefined;
  const expression = new streams.ReadReq.Options.FilterOptions.Expression();
  if ('regex' in filter) expression.setRegex(filter.regex);
  else expression.setPrefixList([...filter.prefixes]);
  const filterOptions = new streams.ReadReq.Options.FilterOptions();
  filterOptions.setStreamIdentifier(expression);
  filterOptions.setMax(RECORDS_PER_CHECKPOINT);
  filterOptions.setCheckpointintervalmultiplier(1);
  options.setFilter(filterOptions);
}

function requestOf(options: Options, direction: 'forwards' | 'backwards'): streams.ReadReq {
  const { FORWARDS, BACKWARDS } = streams.ReadReq.Options.ReadDirection;
  options.setReadDirection(direction === 'forwards' ? FORWARDS : BACKWARDS);
  const uuids = new streams.ReadReq.Options.UUIDOption();
  uuids.setString(new shared.Empty());
  options.setUuidOption(uuids);
  options.setResolveLinks(false);
  const request = new streams.ReadReq();
  request.setOptions(options);
  return request;
}

function countOf(limit: number): string {
  return String(Math.min(limit, Number.MAX_SAFE_INTEGER));
}

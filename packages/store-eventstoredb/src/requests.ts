import type shared from '@eventstore/db-client/generated/shared_pb.js';
import type streams from '@eventstore/db-client/generated/streams_pb.js';
import { START, type Position, type Revision, type StreamId } from '@login-policy/event-sourcing';
import type { Messages } from './clients.js';
import { splitPosition, type Proposal } from './record.js';
import type { ServerFilter } from './stream-names.js';

type Options = streams.ReadReq.Options;

/**
 * The number of records that the server scans between two checkpoints. The server's default of 32 makes a filter slow
 * that skips most records.
 */
const RECORDS_PER_CHECKPOINT = 512;

/** The version of the protocol in which a read of a stream that was not broken off ends with the last position. */
const SENDS_LAST_POSITION = 1;

/**
 * The generated code of both libraries is in one global variable. Once a process has loaded the newer one, its code also
 * writes the older one's messages, which lack this member.
 */
const OF_THE_NEWER = { getDeadline21100: (): undefined => undefined };

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

/** Makes the requests of a store, in the messages of its client's library. */
export class Requests {
  readonly #messages: Messages;

  constructor(messages: Messages) {
    this.#messages = messages;
  }

  /** Reads one stream. Links are not followed. The last message tells the end of the stream. */
  readStream({ streamName, direction, from, limit }: StreamRead): streams.ReadReq {
    const { ReadReq } = this.#messages.streams;
    const streamOptions = new ReadReq.Options.StreamOptions();
    streamOptions.setStreamIdentifier(this.#identifier(streamName));
    if (from !== undefined) streamOptions.setRevision(String(from));
    else if (direction === 'forwards') streamOptions.setStart(this.#empty());
    else streamOptions.setEnd(this.#empty());
    const control = new ReadReq.Options.ControlOption();
    control.setCompatibility(SENDS_LAST_POSITION);
    const options = new ReadReq.Options();
    options.setControlOption(control);
    options.setStream(streamOptions);
    options.setNoFilter(this.#empty());
    return this.#read(options, { direction, limit });
  }

  /** Reads the whole log. */
  readAll({ direction, from, filter, limit }: AllRead): streams.ReadReq {
    const { ReadReq } = this.#messages.streams;
    const allOptions = new ReadReq.Options.AllOptions();
    if (from === 'end') allOptions.setEnd(this.#empty());
    else if (from === START) allOptions.setStart(this.#empty());
    else {
      const { commit, prepare } = splitPosition(from);
      const position = new ReadReq.Options.Position();
      position.setCommitPosition(String(commit));
      position.setPreparePosition(String(prepare));
      allOptions.setPosition(position);
    }
    const options = new ReadReq.Options();
    options.setAll(allOptions);
    if (filter === undefined) options.setNoFilter(this.#empty());
    else options.setFilter(this.#filter(filter));
    return this.#read(options, { direction, limit });
  }

  /**
   * One append of a batch. It sets no deadline. The generated stubs of the older client accept only an absolute time,
   * which on a machine with a wrong clock could have passed already for the server. Without a deadline, the server
   * applies its default time-out of 2 s.
   */
  batchAppend({ streamName, expected, proposals }: PreparedAppend, correlationId: string): streams.BatchAppendReq {
    const { BatchAppendReq } = this.#messages.streams;
    const options = Object.assign(new BatchAppendReq.Options(), OF_THE_NEWER);
    options.setStreamIdentifier(this.#identifier(streamName));
    if (expected === 'no-stream') options.setNoStream(this.#empty());
    else options.setStreamPosition(String(expected));
    const request = new BatchAppendReq();
    request.setCorrelationId(this.#uuid(correlationId));
    request.setOptions(options);
    request.setProposedMessagesList(proposals.map((proposal) => this.#message(proposal)));
    request.setIsFinal(true);
    return request;
  }

  /** An append without events to a stream that has none. */
  emptyAppend(streamName: string): streams.AppendReq {
    const { AppendReq } = this.#messages.streams;
    const options = new AppendReq.Options();
    options.setStreamIdentifier(this.#identifier(streamName));
    options.setNoStream(this.#empty());
    const request = new AppendReq();
    request.setOptions(options);
    return request;
  }

  #message({ uuid, type, data, metadata }: Proposal): streams.BatchAppendReq.ProposedMessage {
    const message = new this.#messages.streams.BatchAppendReq.ProposedMessage();
    message.setId(this.#uuid(uuid));
    message.getMetadataMap().set('type', type).set('content-type', 'application/json');
    message.setData(data);
    message.setCustomMetadata(metadata);
    return message;
  }

  #filter(filter: ServerFilter): streams.ReadReq.Options.FilterOptions {
    const { FilterOptions } = this.#messages.streams.ReadReq.Options;
    const expression = new FilterOptions.Expression();
    if ('regex' in filter) expression.setRegex(filter.regex);
    else expression.setPrefixList([...filter.prefixes]);
    const filterOptions = new FilterOptions();
    filterOptions.setStreamIdentifier(expression);
    filterOptions.setMax(RECORDS_PER_CHECKPOINT);
    filterOptions.setCheckpointintervalmultiplier(1);
    return filterOptions;
  }

  #read(options: Options, { direction, limit }: Pick<AllRead, 'direction' | 'limit'>): streams.ReadReq {
    const { ReadReq } = this.#messages.streams;
    const { FORWARDS, BACKWARDS } = ReadReq.Options.ReadDirection;
    options.setReadDirection(direction === 'forwards' ? FORWARDS : BACKWARDS);
    options.setCount(String(Math.min(limit, Number.MAX_SAFE_INTEGER)));
    const uuids = new ReadReq.Options.UUIDOption();
    uuids.setString(this.#empty());
    options.setUuidOption(uuids);
    options.setResolveLinks(false);
    const request = new ReadReq();
    request.setOptions(options);
    return request;
  }

  /** Stream names are sent as bytes. */
  #identifier(streamName: string): shared.StreamIdentifier {
    const identifier = new this.#messages.shared.StreamIdentifier();
    identifier.setStreamName(Buffer.from(streamName, 'utf8'));
    return identifier;
  }

  #uuid(text: string): shared.UUID {
    const message = new this.#messages.shared.UUID();
    message.setString(text);
    return message;
  }

  #empty(): shared.Empty {
    return new this.#messages.shared.Empty();
  }
}

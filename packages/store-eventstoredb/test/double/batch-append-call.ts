import type { ServerDuplexStream } from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type streams from '@eventstore/db-client/generated/streams_pb.js';
import {
  deletedInBatch,
  failureInBatch,
  successInBatch,
  tooBigInBatch,
  wrongVersionInBatch,
} from './append-answers.js';
import type { Expectation } from './append-check.js';
import type { Proposal } from './event-log.js';
import type { AppendFault } from './fault-script.js';
import { identifierOf, streamNameOf, uuidOf } from './messages.js';
import { proposalOf, sizeOf } from './proposals.js';
import type { ServerState } from './server-state.js';
import { UNKNOWN, type CallEnd } from './status.js';

interface HalfMade {
  readonly streamName: string;
  readonly expected: Expectation;
  readonly proposals: Proposal[];
  readonly timer: NodeJS.Timeout;
}

/** `BatchAppend`: one call for many appends, each in one or more chunks that may interleave (checklist 5–8). */
export class BatchAppendCall {
  readonly #state: ServerState;
  readonly #call: ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;
  readonly #halfMade = new Map<string, HalfMade>();
  #isOver = false;

  constructor(state: ServerState, call: ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>) {
    this.#state = state;
    this.#call = call;
    state.openCalls += 1;
    call.on('data', (request: streams.BatchAppendReq) => this.#take(request));
    call.on('cancelled', () => this.#leave());
    call.on('error', () => this.#leave());
    // A half-close ends nothing: the server waits for more, for good (real servers).
  }

  #take(request: streams.BatchAppendReq): void {
    const id = request.getCorrelationId()?.getString() ?? '';
    const options = request.getOptions();
    if (options !== undefined) {
      this.#state.calls += 1;
      const refusal = this.#state.refusal(this.#call.metadata, '');
      // Not being the leader ends the whole call, not the one append (reference §2.2).
      if (refusal !== undefined) return this.#end(refusal);
      if (!this.#begin(id, options)) return undefined;
    }
    const halfMade = this.#halfMade.get(id);
    // A chunk of an unknown id without options is ignored.
    if (halfMade === undefined) return undefined;
    for (const message of request.getProposedMessagesList()) {
      const proposal = proposalOf(message);
      // In a later chunk it ends the call for all (real servers).
      if (proposal === undefined && options === undefined) return this.#end(UNKNOWN);
      if (proposal === undefined) return this.#refuseBadRequest(id, halfMade);
      halfMade.proposals.push(proposal);
    }
    const { maxAppendSize } = this.#state.mode;
    if (sizeOf(halfMade.proposals) > maxAppendSize) {
      this.#forget(id);
      return this.#answer(id, halfMade.streamName, tooBigInBatch(maxAppendSize));
    }
    if (!request.getIsFinal()) return undefined;
    this.#forget(id);
    return this.#append(id, halfMade);
  }

  #begin(id: string, options: streams.BatchAppendReq.Options): boolean {
    const streamName = streamNameOf(options.getStreamIdentifier());
    const expected = expectationOf(options);
    // Not as a date: what the older client writes may be read by the code of the newer one (messages.ts).
    const time = options.getDeadline();
    const deadline = time && time.getSeconds() * 1000 + time.getNanos() / 1e6;
    // Without a deadline the server takes its own; with one, it is wall-clock time (reference §2.2).
    const { writeTimeoutMs } = this.#state.mode;
    const ms = Math.min(deadline === undefined ? writeTimeoutMs : deadline - Date.now(), writeTimeoutMs);
    if (this.#state.mode.isDenied(streamName)) this.#answer(id, streamName, failureInBatch('access-denied'));
    else if (streamName === '' || streamName === '$$' || expected === undefined)
      this.#answer(id, streamName, failureInBatch('bad-request'));
    else if (ms <= 0) this.#answer(id, streamName, failureInBatch('timeout'));
    else {
      const timer = setTimeout(() => {
        this.#forget(id);
        // The only answer whose id comes in the other form than it was sent in.
        this.#answer(structured(id), streamName, failureInBatch('timeout'));
      }, ms);
      this.#halfMade.set(id, { streamName, expected, proposals: [], timer });
      return true;
    }
    return false;
  }

  #refuseBadRequest(id: string, halfMade: HalfMade): void {
    // The half-made append stays and times out, which is a second answer for the same id (checklist 8, D3).
    this.#answer(id, halfMade.streamName, failureInBatch('bad-request'));
  }

  #append(id: string, append: HalfMade): void {
    const acknowledging = this.#state.acknowledged();
    if (acknowledging === undefined) return this.#carryOut(id, append);
    const finish = (isAcknowledged: boolean): void =>
      isAcknowledged ? this.#carryOut(id, append) : this.#answer(id, append.streamName, failureInBatch('timeout'));
    acknowledging.then(finish, () => undefined);
    return undefined;
  }

  #carryOut(id: string, append: HalfMade): void {
    const fault = this.#state.script.strike('batch-append');
    if (fault === undefined) return this.#answer(id, append.streamName, this.#perform(append));
    switch (fault.do) {
      case 'answer-late': {
        const response = this.#perform(append);
        setTimeout(() => this.#answer(id, append.streamName, response), fault.ms);
        return undefined;
      }
      case 'write-late':
        setTimeout(() => this.#perform(append), fault.ms);
        return undefined;
      case 'answer':
        return this.#answer(id, append.streamName, failureInBatch(fault.with));
      case 'end':
        return this.#end(fault.end);
      case 'lose':
        return undefined;
      case 'never-answer':
      case 'written-but':
      case 'write-then-end':
      case 'answer-twice':
      case 'cut':
        return this.#writeAndFail(id, append, fault);
    }
  }

  #writeAndFail(
    id: string,
    append: HalfMade,
    fault: Exclude<AppendFault, { do: 'answer-late' | 'write-late' | 'answer' | 'end' | 'lose' }>,
  ): void {
    const response = this.#perform(append);
    switch (fault.do) {
      case 'never-answer':
        return undefined;
      case 'written-but':
        return this.#answer(id, append.streamName, failureInBatch(fault.answer));
      case 'write-then-end':
        return this.#end(fault.end);
      case 'answer-twice':
        this.#answer(id, append.streamName, response);
        return this.#answer(id, append.streamName, failureInBatch('timeout'));
      case 'cut':
        return this.#state.cut();
    }
  }

  #perform({ streamName, expected, proposals }: HalfMade): streams.BatchAppendResp | undefined {
    const result = this.#state.appender.append(streamName, expected, proposals);
    if (result.result === 'no-answer') return undefined;
    if (result.result === 'deleted') return deletedInBatch();
    if (result.result === 'wrong-version') return wrongVersionInBatch(result.current, expected);
    return successInBatch(result);
  }

  #answer(id: string | shared.UUID, streamName: string, response: streams.BatchAppendResp | undefined): void {
    if (this.#isOver || response === undefined) return;
    response.setCorrelationId(typeof id === 'string' ? uuidOf(id) : id);
    response.setStreamIdentifier(identifierOf(streamName));
    this.#call.write(response);
  }

  #end(end: CallEnd | undefined): void {
    if (this.#isOver) return;
    this.#leave();
    if (end === undefined) this.#call.end();
    else this.#call.emit('error', end);
  }

  #leave(): void {
    if (!this.#isOver) this.#state.openCalls -= 1;
    this.#isOver = true;
    for (const { timer } of this.#halfMade.values()) clearTimeout(timer);
    this.#halfMade.clear();
  }

  #forget(id: string): void {
    clearTimeout(this.#halfMade.get(id)?.timer);
    this.#halfMade.delete(id);
  }
}

function structured(id: string): shared.UUID {
  const bytes = Buffer.from(id.replaceAll('-', ''), 'hex');
  const halves = new shared.UUID.Structured();
  halves.setMostSignificantBits(String(bytes.readBigInt64BE(0)));
  halves.setLeastSignificantBits(String(bytes.readBigInt64BE(8)));
  const uuid = new shared.UUID();
  uuid.setStructured(halves);
  return uuid;
}

function expectationOf(options: streams.BatchAppendReq.Options): Expectation | undefined {
  if (options.hasStreamPosition()) return BigInt(options.getStreamPosition());
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'stream_exists';
  return undefined;
}

import { status, type sendUnaryData, type ServerReadableStream, type ServerUnaryCall } from '@grpc/grpc-js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { AppendResult, Expectation } from './append-check.js';
import { successResponse, wrongVersionResponse } from './append-answers.js';
import type { Proposal } from './event-log.js';
import { streamNameOf } from './messages.js';
import { missingIn, proposalOf, sizeOf } from './proposals.js';
import type { ServerState } from './server-state.js';
import {
  appendTooBig,
  bare,
  NOT_ACKNOWLEDGED,
  propertyMissing,
  streamDeleted,
  UNKNOWN,
  wrongVersionOfDelete,
  type CallEnd,
} from './status.js';

type AppendOptions = streams.AppendReq.Options;

/** `Append`: options first, then messages, answered after the client's half-close (checklist 2). */
export function appendCall(
  state: ServerState,
  call: ServerReadableStream<streams.AppendReq, streams.AppendResp>,
  answer: sendUnaryData<streams.AppendResp>,
): void {
  let options: AppendOptions | undefined;
  const proposals: Proposal[] = [];
  let failure: CallEnd | undefined;
  call.on('data', (request: streams.AppendReq) => {
    if (request.hasOptions() && options === undefined) {
      options = request.getOptions();
      failure ??= state.refusal(call.metadata, streamNameOf(options?.getStreamIdentifier()));
      return;
    }
    const message = request.getProposedMessage();
    const proposal = message === undefined || options === undefined ? undefined : proposalOf(message);
    const missing = message === undefined ? undefined : missingIn(message);
    if (missing !== undefined) failure ??= propertyMissing(missing);
    else if (proposal === undefined) failure ??= UNKNOWN;
    else proposals.push(proposal);
  });
  call.on('end', () => {
    failure ??= sizeOf(proposals) > state.mode.maxAppendSize ? appendTooBig(state.mode.maxAppendSize) : undefined;
    if (failure !== undefined || options === undefined) return answer(failure ?? UNKNOWN);
    finish(state, { options, proposals }, answer).catch((error: unknown) =>
      answer({ ...UNKNOWN, details: String(error) }),
    );
    return undefined;
  });
}

async function finish(
  state: ServerState,
  { options, proposals }: { options: AppendOptions; proposals: readonly Proposal[] },
  answer: sendUnaryData<streams.AppendResp>,
): Promise<void> {
  const streamName = streamNameOf(options.getStreamIdentifier());
  const expected = expectationOf(options);
  if (streamName === '') return answer(UNKNOWN);
  if (expected === undefined) return answer(bare(status.INVALID_ARGUMENT, 'no expectation'));
  state.calls += 1;
  const isBarrier = proposals.length === 0;
  if (isBarrier) state.barriers += 1;
  const fault = state.script.strike(isBarrier ? 'barrier' : 'append');
  if (fault?.do === 'end') return answer(fault.end ?? UNKNOWN);
  if (fault?.do === 'cut') return state.cut();
  if ((await state.acknowledged()) === false) return answer(NOT_ACKNOWLEDGED);
  const result = state.appender.append(streamName, expected, proposals);
  if (fault?.do === 'never-answer' || result.result === 'no-answer') return undefined;
  if (result.result === 'deleted') return answer(streamDeleted(streamName));
  if (result.result === 'wrong-version') return answer(null, wrongVersionResponse(result.current, expected));
  return answer(null, successResponse(result));
}

/** `Delete`: the soft one. */
export function deleteCall(
  state: ServerState,
  call: ServerUnaryCall<streams.DeleteReq, streams.DeleteResp>,
  answer: sendUnaryData<streams.DeleteResp>,
): void {
  const options = call.request.getOptions();
  const streamName = streamNameOf(options?.getStreamIdentifier());
  const expected = options === undefined ? undefined : expectationOf(options);
  if (expected === undefined) return answer(bare(status.INVALID_ARGUMENT, 'no expectation'));
  const result = state.appender.delete(streamName, expected);
  const end = endOfDelete(result, { streamName, expected });
  if (end !== undefined) return answer(end);
  const response = new streams.DeleteResp();
  const place = new streams.DeleteResp.Position();
  setPlace(place, result);
  response.setPosition(place);
  return answer(null, response);
}

/** `Tombstone`: the hard one. */
export function tombstoneCall(
  state: ServerState,
  call: ServerUnaryCall<streams.TombstoneReq, streams.TombstoneResp>,
  answer: sendUnaryData<streams.TombstoneResp>,
): void {
  const options = call.request.getOptions();
  const streamName = streamNameOf(options?.getStreamIdentifier());
  const expected = options === undefined ? undefined : expectationOf(options);
  if (expected === undefined) return answer(bare(status.INVALID_ARGUMENT, 'no expectation'));
  const result = state.appender.tombstone(streamName, expected);
  const end = endOfDelete(result, { streamName, expected });
  if (end !== undefined) return answer(end);
  const response = new streams.TombstoneResp();
  const place = new streams.TombstoneResp.Position();
  setPlace(place, result);
  response.setPosition(place);
  return answer(null, response);
}

function setPlace(place: streams.DeleteResp.Position | streams.TombstoneResp.Position, result: AppendResult): void {
  const position = result.result === 'written' ? (result.position ?? 0n) : 0n;
  place.setCommitPosition(String(position));
  place.setPreparePosition(String(position));
}

/** Deletes say a wrong version as a status with four trailers (checklist 3). */
function endOfDelete(
  result: AppendResult,
  { streamName, expected }: { streamName: string; expected: Expectation },
): CallEnd | undefined {
  if (result.result === 'deleted') return streamDeleted(streamName);
  if (result.result === 'written' || result.result === 'no-answer') return undefined;
  const numbers = { no_stream: -1n, any: -2n, stream_exists: -4n };
  return wrongVersionOfDelete(streamName, typeof expected === 'bigint' ? expected : numbers[expected], result.current);
}

function expectationOf(
  options: AppendOptions | streams.DeleteReq.Options | streams.TombstoneReq.Options,
): Expectation | undefined {
  if (options.hasRevision()) return BigInt(options.getRevision());
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'stream_exists';
  return undefined;
}

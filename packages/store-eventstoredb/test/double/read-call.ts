import { status } from '@grpc/grpc-js';
import type streams from '@eventstore/db-client/generated/streams_pb.js';
import { serverFilterOf, PAGE, type ServerFilter } from './event-filter.js';
import type { LogRecord } from './event-log.js';
import { eventMessage, lastPositionMessage, notFoundMessage, streamNameOf } from './messages.js';
import { Outlet, type ReadingCall } from './outlet.js';
import type { ServerState } from './server-state.js';
import { bare, streamDeleted, UNKNOWN, type CallEnd } from './status.js';
import { subscribeToAll } from './subscription-call.js';
import { visibilityOf } from './visibility.js';

type Options = streams.ReadReq.Options;

/** `Read`: one method for reads of a stream, reads of `$all` and subscriptions. */
export async function readCall(state: ServerState, call: ReadingCall): Promise<void> {
  state.calls += 1;
  const options = call.request.getOptions();
  const isSubscription = options?.hasSubscription() === true;
  const streamName = options?.hasAll() === true ? '$all' : streamNameOf(options?.getStream()?.getStreamIdentifier());
  const outlet = new Outlet(state, call, state.script.strike(isSubscription ? 'subscription' : 'read'));
  // Access is checked before any message (reference §3.1).
  const refusal = state.refusal(call.metadata, streamName);
  if (refusal !== undefined) return outlet.end(refusal);
  const nonsense = options === undefined ? UNKNOWN : endOfNonsense(options, { streamName, state });
  if (nonsense === 'silence') return undefined;
  const filter = options === undefined ? undefined : serverFilterOf(options);
  if (options === undefined || nonsense !== undefined) return outlet.end(nonsense);
  if (filter === undefined) return outlet.end(bare(status.INVALID_ARGUMENT, 'window is invalid.'));
  if (isSubscription && options.hasAll()) return subscribeToAll({ state, outlet, options, filter });
  if (isSubscription) return outlet.end(bare(status.UNIMPLEMENTED, 'the double has subscriptions to $all only'));
  if (options.hasAll()) return readAll({ state, outlet, options, filter });
  return readStream({ state, outlet, options, streamName });
}

/** How a read ends that names a combination there is not (reference §3.1, §3.4). */
function endOfNonsense(
  options: Options,
  { streamName, state }: { readonly streamName: string; readonly state: ServerState },
): CallEnd | 'silence' | undefined {
  const filter = options.getFilter();
  const isBackwards = Number(options.getReadDirection()) === 1;
  const isImpossible = options.hasSubscription() ? isBackwards : filter === undefined && !options.hasNoFilter();
  if (isImpossible || (filter !== undefined && options.hasStream())) {
    return bare(status.INVALID_ARGUMENT, 'The combination of options is invalid.');
  }
  if (options.hasStream() && streamName === '') return UNKNOWN;
  if (options.hasSubscription() && filter?.getCheckpointintervalmultiplier() === 0) return UNKNOWN;
  // Of a window of nothing nothing is ever heard again, and of no form for ids neither by 23.10.
  if (filter?.hasMax() === true && filter.getMax() === 0) return 'silence';
  if (options.hasUuidOption()) return undefined;
  const isOld = state.mode.version === '23.10.6';
  return isOld ? 'silence' : bare(status.INVALID_ARGUMENT, "'uuidOption' is a required argument");
}

interface Reading {
  readonly state: ServerState;
  readonly outlet: Outlet;
  readonly options: Options;
}

async function readStream({ state, outlet, options, streamName }: Reading & { streamName: string }): Promise<void> {
  const visible = visibilityOf(state.log, streamName);
  if (visible.state === 'tombstoned') return outlet.end(streamDeleted(streamName));
  if (visible.state === 'not-found') {
    await outlet.send(notFoundMessage(streamName));
    return outlet.end();
  }
  const isBackwards = Number(options.getReadDirection()) === 1;
  const isFromEnd = options.getStream()?.hasEnd() === true;
  let left = BigInt(options.getCount());
  // Reading forwards from the end, or nothing at all, is an error (checklist 20, reference §3.3).
  if (left === 0n || (!isBackwards && isFromEnd)) return outlet.end(UNKNOWN);
  const stream = state.log.shown(streamName);
  let next = firstWanted(options, visible);
  for (; left > 0n && !outlet.isOver; left--) {
    const record = isBackwards && next < visible.from ? undefined : stream[Number(next)];
    if (record === undefined) break;
    const room = outlet.send(eventMessage(record));
    if (room !== undefined) await room;
    next += isBackwards ? -1n : 1n;
  }
  if ((options.getControlOption()?.getCompatibility() ?? 0) > 0) await outlet.send(lastPositionMessage(visible.head));
  return outlet.end();
}

/** Where a read of a stream starts, of what is visible (reference §3.3). */
function firstWanted(options: Options, visible: { readonly from: bigint; readonly head: bigint }): bigint {
  const place = options.getStream();
  const asked = place?.hasRevision() === true ? BigInt(place.getRevision()) : undefined;
  if (Number(options.getReadDirection()) !== 1) return maxOf(asked ?? 0n, visible.from);
  return place?.hasStart() === true ? 0n : minOf(asked ?? visible.head, visible.head);
}

/** Of `$all`: positions are inclusive forwards and exclusive backwards (checklist 19). */
async function readAll({ state, outlet, options, filter }: Reading & { filter: ServerFilter }): Promise<void> {
  const { log } = state;
  state.logReads += 1;
  const all = options.getAll();
  const isBackwards = Number(options.getReadDirection()) === 1;
  const position = all?.hasPosition() === true ? BigInt(all.getPosition()?.getCommitPosition() ?? '0') : undefined;
  if (position !== undefined && !log.isStart(position)) return outlet.end(UNKNOWN);
  let next = position === undefined ? log.records.length : log.indexFrom(position);
  if (all?.hasStart() === true) next = 0;
  let left = BigInt(options.getCount());
  if (isBackwards) next -= 1;
  for (let considered = 0; left > 0n && !outlet.isOver; considered++) {
    const record: LogRecord | undefined = log.records[next];
    if (record === undefined) break;
    state.considered += 1;
    // Between pages others have their turn: a read is not a snapshot (reference §3.3).
    if (considered % (PAGE * 8) === PAGE * 8 - 1) await otherWork();
    if (filter.matches(record)) {
      left -= 1n;
      const room = outlet.send(eventMessage(record));
      if (room !== undefined) await room;
    }
    // By its place, not by its number in the list: records before it may be scavenged while one is being sent.
    next = isBackwards ? log.indexFrom(record.position) - 1 : log.indexFrom(record.position + 1n);
  }
  return outlet.end();
}

function otherWork(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function minOf(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

function maxOf(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

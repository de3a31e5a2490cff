import {
  Deadline,
  type EventId,
  type EventMetadata,
  isFault,
  type Position,
  type RecordedEvent,
  revision,
  type Revision,
  START,
  type StateAt,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { DateTime } from 'luxon';
import { sequenceOf } from '../policy/change-info.js';
import { toDateTime } from './details.js';
import { diffPolicies, type PolicyChange } from '../policy/diff.js';
import { loginPolicyEvents } from '../policy/event-codec.js';
import type { RecordedLoginPolicyEvent } from '../policy/events.js';
import { evolveState, type PolicyState, type PolicyStates } from '../policy/policy-state.js';
import type { parseHistoryRead } from './read-input.js';

/** What was said with a command. The salts are for a witness of the log only. */
export type UnsaltedMetadata = Omit<EventMetadata, 'actorSalt' | 'reasonSalt'>;

/** One event of a policy, for people who ask what happened: when, by whom, why, and what it changed. */
export interface HistoryEntry extends UnsaltedMetadata {
  readonly sequence: bigint;
  readonly eventId: EventId;
  readonly type: string;
  readonly recordedAt: DateTime<true>;
  /** Whether this program knows the event's type. The changes of an unknown type can't be told. */
  readonly isKnown: boolean;
  readonly changes: readonly PolicyChange[];
}

/** A page of a policy's history. */
export interface History {
  readonly kind: 'history';
  readonly entries: readonly HistoryEntry[];
  /** The sequence of the last event; 0 without events. */
  readonly lastSequence: bigint;
  /** The id of that event; `undefined` without events. */
  readonly lastEventId: EventId | undefined;
  /** The position of that event, which the answer holds for; `START` without events. */
  readonly position: Position;
  /** How many events up to the last entry have types this program does not know, because a newer one wrote them. */
  readonly unknownEvents: number;
}

/** A parsed request for a history. */
export type HistoryRead = ReturnType<typeof parseHistoryRead>;

interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

/** Reads the events of a policy's stream together with the changes they made. */
export function readHistory(states: PolicyStates, streamId: StreamId, wanted: HistoryRead): Promise<History> {
  return Deadline.run(`the history of ${streamId}`, wanted.wait, (deadline) =>
    historyOf({ states, streamId, deadline }, wanted),
  );
}

interface Reading {
  readonly states: PolicyStates;
  readonly streamId: StreamId;
  readonly deadline: Deadline;
}

async function historyOf(reading: Reading, wanted: HistoryRead): Promise<History> {
  const { states, streamId, deadline } = reading;
  const lastEvent = await states.store.first(streamId, { direction: 'backwards' }, deadline);
  const lastSequence = lastEvent === undefined ? 0n : sequenceOf(lastEvent);
  const { first, last } = rangeOf(wanted, lastSequence);
  const entries: HistoryEntry[] = [];
  const before = await stateBefore(reading, first);
  let { state } = before;
  let unknownEvents = 0;
  for await (const page of states.store.readStream(streamId, rangeAfter(before, last), deadline)) {
    for (const event of page) {
      const known = decodeKnown(event);
      if (known === undefined) unknownEvents++;
      const after = known === undefined ? state : stateAfter(state, known, unknownEvents);
      if (sequenceOf(event) >= first) entries.push(entryOf(event, known !== undefined, [state, after]));
      state = after;
    }
  }
  if (wanted.direction === 'backwards') entries.reverse();
  const { id: lastEventId, position = START } = lastEvent ?? {};
  return { kind: 'history', entries, lastSequence, lastEventId, position, unknownEvents };
}

/** The state right before an entry. If it can't be had, the empty state: then all events are read up to the problem. */
async function stateBefore({ states, streamId, deadline }: Reading, first: bigint): Promise<StateAt<PolicyState>> {
  if (first <= 1n) return states.nothing;
  return states.atRevision(streamId, revision(first - 2n), deadline).catch(() => states.nothing);
}

/** The events after a state, up to a sequence. */
function rangeAfter({ revision: reached }: StateAt<PolicyState>, last: bigint): { from: Revision; limit: number } {
  const from = reached === undefined ? 0n : reached + 1n;
  return { from: revision(from), limit: Math.max(0, Number(last - from)) };
}

function rangeOf({ direction, fromSequence, limit }: HistoryRead, end: bigint): Range {
  const count = BigInt(limit);
  if (direction === 'forwards') {
    // There is no event 0, and it must not count towards the limit.
    const first = fromSequence === undefined || fromSequence < 1n ? 1n : fromSequence;
    const last = first + count - 1n;
    // A stream never has more events than that.
    return { first, last: last > end ? end : last };
  }
  const last = fromSequence === undefined || fromSequence > end ? end : fromSequence;
  return { first: last - count + 1n, last };
}

function decodeKnown(event: RecordedEvent): RecordedLoginPolicyEvent | undefined {
  try {
    return loginPolicyEvents.decode(event);
  } catch (caught) {
    if (isFault(caught, 'written-by-newer-program')) return undefined;
    throw caught;
  }
}

/** The state after an event; unknown after an unknown event, because later events may not fit the known ones. */
function stateAfter(state: PolicyState, event: RecordedLoginPolicyEvent, unknownBefore: number): PolicyState {
  try {
    return evolveState(state, event);
  } catch (caught) {
    if (unknownBefore > 0 && isFault(caught, 'unreadable-event')) return state;
    throw caught;
  }
}

function entryOf(
  event: RecordedEvent,
  isKnown: boolean,
  [before, after]: readonly [PolicyState, PolicyState],
): HistoryEntry {
  return {
    sequence: sequenceOf(event),
    eventId: event.id,
    type: event.type,
    recordedAt: toDateTime(event.recordedAt),
    isKnown,
    changes: diffPolicies(before.policy, after.policy),
    ...withoutSalts(event.metadata),
  };
}

/** The metadata as answers have it. */
export function withoutSalts({ actorSalt: _, reasonSalt: __, ...metadata }: EventMetadata): UnsaltedMetadata {
  return metadata;
}

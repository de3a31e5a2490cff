import { isFault } from '../values/is-fault.js';
import type { Append } from './event-store.js';
import type { RecordedEvent } from './event.js';
import type { StreamId } from '../values/stream-id.js';

/**
 * - `standby`: another process works under this name, or that is not known yet;
 * - `working`: this process handles events;
 * - `retrying`: the last attempt failed; the next one follows after a pause, and the events behind it wait;
 * - `closed`: the consumer has ended.
 */
export type ConsumerState = 'standby' | 'working' | 'retrying' | 'closed';

/**
 * Something that happened, observed once it is over. Times are in milliseconds.
 *
 * - `call`: a method or command was called; `failed` carries the thrown value;
 * - `decision`: a command was decided, again after each conflict;
 * - `append`: events were appended; `conflict` means another writer was first;
 * - `group`: a store wrote several appends in one transaction;
 * - `handled`: a consumer's handler was called; `lag` is how many seconds its first event had waited;
 * - `consumer`: the state of a consumer in this process, about once a second.
 */
export type Observation =
  | {
      readonly type: 'call';
      readonly call: string;
      readonly outcome: 'answered' | 'rejected' | 'failed';
      readonly durationMs: number;
    }
  | {
      readonly type: 'decision';
      readonly streamId: StreamId;
      readonly outcome: 'accepted' | 'rejected';
      readonly events: number;
    }
  | {
      readonly type: 'append';
      readonly streamId: StreamId;
      readonly outcome: 'written' | 'conflict' | 'failed';
      readonly events: number;
      readonly durationMs: number;
    }
  | { readonly type: 'group'; readonly appends: number }
  | {
      readonly type: 'handled';
      readonly consumer: string;
      readonly outcome: 'handled' | 'failed';
      readonly events: number;
      readonly durationMs: number;
      readonly lag: number;
    }
  | {
      readonly type: 'consumer';
      readonly consumer: string;
      readonly state: ConsumerState;
      readonly lag: number | undefined;
    };

/** Receives observations. It is called in the middle of the work and must be quick; what it throws is ignored. */
export type Observe = (observation: Observation) => void;

/** Calls the observer, if there is one. An observer can't affect what it observes. */
export function tell(observe: Observe | undefined, observation: Observation): void {
  try {
    const heard: unknown = observe?.(observation);
    // An observer that is an async function fails later.
    if (typeof heard === 'object' && heard !== null && 'then' in heard) Promise.resolve(heard).catch(() => undefined);
  } catch {
    // The observed command is done, so its caller gets the answer whatever the observer throws.
  }
}

/** Answers a call and observes it. */
export function observedCall<Answer extends { readonly outcome: string }>(
  observe: Observe,
  call: string,
  act: () => Promise<Answer>,
): Promise<Answer> {
  return observed(observe, act, (ended, durationMs) => {
    if ('thrown' in ended) return { type: 'call', call, outcome: 'failed', durationMs };
    const outcome = ended.answer.outcome === 'rejected' ? 'rejected' : 'answered';
    return { type: 'call', call, outcome, durationMs };
  });
}

/** Runs something, and observes how it ended and how long it took. */
async function observed<Answer>(
  observe: Observe,
  act: () => Promise<Answer>,
  observation: (ended: { readonly answer: Answer } | { readonly thrown: unknown }, durationMs: number) => Observation,
): Promise<Answer> {
  const begun = performance.now();
  try {
    const answer = await act();
    tell(observe, observation({ answer }, performance.now() - begun));
    return answer;
  } catch (thrown) {
    tell(observe, observation({ thrown }, performance.now() - begun));
    throw thrown;
  }
}

/** Observes how an append ends, and answers as it does. */
export async function observedAppend(
  observe: Observe,
  { events, streamId }: Pick<Append, 'events' | 'streamId'>,
  write: () => Promise<readonly RecordedEvent[]>,
): Promise<readonly RecordedEvent[]> {
  return observed(observe, write, (ended, durationMs) => {
    const outcome = 'answer' in ended ? 'written' : failing(ended.thrown);
    return { type: 'append', streamId, events: events.length, durationMs, outcome };
  });
}

function failing(thrown: unknown): 'conflict' | 'failed' {
  return isFault(thrown, 'revision-conflict') || isFault(thrown, 'other-stream-changed') ? 'conflict' : 'failed';
}

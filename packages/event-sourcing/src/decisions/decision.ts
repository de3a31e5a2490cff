import type { ExpectedEnd } from '../streams/event-store.js';

/**
 * A decider's answer: the events to append (possibly none), or the reason for the refusal. `given` says what another
 * stream ended with when the facts were looked up. If it ends with something else when the events are written, the
 * facts are looked up again and the command is decided again.
 */
export type Decision<Event, Rejection> =
  Accepted<Event> | { readonly outcome: 'rejected'; readonly rejection: Rejection };

/** The events to append. */
export interface Accepted<Event> {
  readonly outcome: 'accepted';
  readonly events: readonly Event[];
  readonly given?: ExpectedEnd | undefined;
}

/** Accepts the command. The events say what changes; without events nothing does. */
export function accept<Event>(...events: readonly Event[]): {
  readonly outcome: 'accepted';
  readonly events: readonly Event[];
} {
  return { outcome: 'accepted', events };
}

/** Refuses the command; nothing changes. */
export function reject<Rejection>(rejection: Rejection): {
  readonly outcome: 'rejected';
  readonly rejection: Rejection;
} {
  return { outcome: 'rejected', rejection };
}

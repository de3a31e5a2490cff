/** A decider's answer: the events to append (possibly none), or the reason for the refusal. */
export type Decision<Event, Rejection> =
  | { readonly outcome: 'accepted'; readonly events: readonly Event[] }
  | { readonly outcome: 'rejected'; readonly rejection: Rejection };

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

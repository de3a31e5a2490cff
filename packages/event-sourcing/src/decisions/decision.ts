/** What a decider answers: the events to append, perhaps none, or why the command is refused. */
export type Decision<Event, Rejection> =
  | { readonly outcome: 'accepted'; readonly events: readonly Event[] }
  | { readonly outcome: 'rejected'; readonly rejection: Rejection };

/** The command is granted and these events say what changes; without events it is granted and nothing does. */
export function accept<Event>(...events: readonly Event[]): {
  readonly outcome: 'accepted';
  readonly events: readonly Event[];
} {
  return { outcome: 'accepted', events };
}

/** The command is refused, and nothing changes. */
export function reject<Rejection>(rejection: Rejection): {
  readonly outcome: 'rejected';
  readonly rejection: Rejection;
} {
  return { outcome: 'rejected', rejection };
}

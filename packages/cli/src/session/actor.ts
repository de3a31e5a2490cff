/** The actor and reason of a change. */
export interface Actor {
  readonly actor: string;
  readonly reason?: string;
}

import { onAbort, type Outcome, type Queued } from '@login-policy/event-sourcing/store';
import { prepareAppend, type PreparedAppend } from './append.js';

/** One append of a group. */
export interface Member {
  readonly prepared: PreparedAppend;
  readonly isGivenUp: boolean;
  /** From now on it is carried through. */
  begin(): unknown;
}

/**
 * Appends that are written together, for as long as their callers want them. Who gives up before the group is sent is left out of it; when
 * all have, nobody waits for a connection or a turn any more.
 */
export class Group {
  readonly #members: readonly Member[];
  readonly #abandoning = new AbortController();
  readonly #takeBacks: readonly (() => void)[];

  constructor(members: readonly Member[]) {
    this.#members = members;
    const look = (): void => {
      if (members.every(({ isGivenUp }) => isGivenUp)) this.#abandoning.abort();
    };
    // Heard behind the queue, which marks who gave up.
    this.#takeBacks = members.map(({ prepared }) => onAbort(prepared.append.signal, look));
  }

  static of(group: readonly Queued[]): Group {
    return new Group(
      group.map((queued) => ({
        prepared: prepareAppend(queued.append),
        get isGivenUp() {
          return queued.isGivenUp;
        },
        begin: () => queued.begin(),
      })),
    );
  }

  /** Fires when nobody wants any of it; never once it was begun. */
  get abandoned(): AbortSignal {
    return this.#abandoning.signal;
  }

  get all(): readonly PreparedAppend[] {
    return this.#members.map(({ prepared }) => prepared);
  }

  /** Those whose callers have not given up. */
  get wanted(): readonly PreparedAppend[] {
    return this.#members.filter(({ isGivenUp }) => !isGivenUp).map(({ prepared }) => prepared);
  }

  /** To be called right before it is sent: from now on it is carried through. */
  begin(): void {
    this.leave();
    for (const member of this.#members) member.begin();
  }

  /** Once nothing is to be heard any more. */
  leave(): void {
    for (const takeBack of this.#takeBacks) takeBack();
  }

  /** How each of its appends ended, of those that were {@link wanted} when it was begun. */
  outcomesOf(outcomes: readonly Outcome[]): readonly Outcome[] {
    const ended = outcomes[Symbol.iterator]();
    return this.#members.map(({ isGivenUp }) => (isGivenUp ? NOBODYS : (ended.next().value ?? NOBODYS)));
  }
}

/** Of an append whose caller has been told already. */
const NOBODYS: Outcome = { refused: undefined };

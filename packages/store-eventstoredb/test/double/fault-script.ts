import type { CallEnd } from './status.js';

/** Where a fault can strike. */
export type Place = 'append' | 'batch-append' | 'barrier' | 'read' | 'subscription' | 'features' | 'gossip';

/**
 * What goes wrong with one append, in a batch or alone. Each stands for a fact of the reference:
 *
 * - `answer-late`: written at once, answered later than the client waits (§8.37);
 * - `never-answer`: written, and the answer is lost while the call stays open (D4);
 * - `lose`: not written and not answered: a node that dies before it does anything;
 * - `write-late`: answered by nobody, and written only later: it was still on its way in the server when the client
 *   looked (§2.3, a repeat that races the original);
 * - `write-then-end`: written, then the call ends with a status before the answer (§8.37);
 * - `end`: the call ends before anything is written; `undefined` is status OK, which hangs the client's own appends
 *   (D4);
 * - `answer`: not written, and answered as §2.2 has it;
 * - `written-but`: written, and yet answered with that;
 * - `answer-twice`: the second answer for one id that D3 is about;
 * - `cut`: written, then the connection is torn.
 */
export type AppendFault =
  | { readonly do: 'answer-late'; readonly ms: number }
  | { readonly do: 'never-answer' }
  | { readonly do: 'lose' }
  | { readonly do: 'write-late'; readonly ms: number }
  | { readonly do: 'write-then-end'; readonly end: CallEnd | undefined }
  | { readonly do: 'end'; readonly end: CallEnd | undefined }
  | { readonly do: 'answer'; readonly with: AppendError }
  | { readonly do: 'written-but'; readonly answer: AppendError }
  | { readonly do: 'answer-twice' }
  | { readonly do: 'cut' };

/** The errors a batch answer can carry (reference §2.2). */
export type AppendError =
  | 'timeout'
  | 'unknown'
  | 'access-denied'
  | 'bad-request'
  | 'busy'
  | 'not-ready'
  | 'no-leader'
  | 'event-too-big'
  | 'no-details';

/**
 * What goes wrong with one read or subscription, after it has sent so many messages:
 *
 * - `end`: it ends with that status, or with OK though it is not at its end (§4.3, §5);
 * - `stall`: nothing comes any more, and the call stays open (D5: nobody enforces a deadline);
 * - `cut`: the connection is torn between two messages; `cut-inside`: in the middle of one;
 * - `hold-answers`: from then on the line keeps back all that the server sends;
 * - `twice`: each event comes two times;
 * - `checkpoint`: a checkpoint that far behind the end of the log, where nothing is yet (§4.2).
 */
export type ReadFault = { readonly after: number } & (
  | { readonly do: 'end'; readonly end: CallEnd | undefined }
  | { readonly do: 'stall' }
  | { readonly do: 'cut' }
  | { readonly do: 'cut-inside' }
  | { readonly do: 'hold-answers' }
  | { readonly do: 'twice' }
  | { readonly do: 'checkpoint'; readonly beyondEnd: bigint }
);

/** Every kind of fault by where it can strike. */
export interface Faults {
  readonly append: AppendFault;
  readonly 'batch-append': AppendFault;
  /** An append without events: the call ends, is never answered, or the connection is torn. */
  readonly barrier: Extract<AppendFault, { do: 'end' | 'never-answer' | 'cut' }>;
  readonly read: ReadFault;
  readonly subscription: ReadFault;
  readonly features: { readonly end: CallEnd };
  readonly gossip: { readonly end: CallEnd };
}

interface Planned<At extends Place> {
  readonly fault: Faults[At];
  skip: number;
  times: number;
}

/** When a fault strikes: it lets `skip` calls pass, then strikes `times` calls. */
export interface Timing {
  readonly skip?: number;
  readonly times?: number;
}

/** Says for each call whether a fault strikes it. */
export class FaultScript {
  readonly #planned: { [At in Place]: Planned<At>[] } = {
    append: [],
    'batch-append': [],
    barrier: [],
    read: [],
    subscription: [],
    features: [],
    gossip: [],
  };
  /** How many faults have struck. */
  struck = 0;

  plan<At extends Place>(place: At, fault: Faults[At], timing: Timing = {}): void {
    this.#planned[place].push({ fault, skip: timing.skip ?? 0, times: timing.times ?? 1 });
  }

  /** The fault for a call that begins now. */
  strike<At extends Place>(place: At): Faults[At] | undefined {
    const first = this.#planned[place][0];
    if (first === undefined) return undefined;
    if (first.skip > 0) {
      first.skip -= 1;
      return undefined;
    }
    first.times -= 1;
    if (first.times <= 0) this.#planned[place].shift();
    this.struck += 1;
    return first.fault;
  }

  /** No more faults. */
  clear(): void {
    for (const place of Object.values(this.#planned)) place.length = 0;
  }
}

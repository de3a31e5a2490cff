import { type Clock, type Observe, type OptionRules, rule } from '@login-policy/event-sourcing';
import type { ReadModelStore } from '@login-policy/event-sourcing/store';
import { isStreamPrefix } from './stream-names.js';

/** A client of `@kurrent/kurrentdb-client` 1.3 or of `@eventstore/db-client` 6.2. */
export interface VendorClient {
  /** Closes its connections. */
  dispose(): Promise<void>;
  /** Appends events; the store calls it, and the other methods that both clients have. */
  readonly appendToStream: (...args: never[]) => unknown;
}

/** A user of the server. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The options of a store on EventStoreDB. All have defaults. */
export interface EventStoreDbStoreOptions {
  readonly clock?: Clock;
  /**
   * Stores the read models, because EventStoreDB has no rows. They are bound to this store by the prefix and the first
   * event; used with another store, they are refused (`store-foreign`). Default: in this process's memory.
   */
  readonly readModels?: ReadModelStore;
  /**
   * Separates this store from others on the same server: words that each end with a dot, like `staging.`. Without it,
   * the store reads every stream of the server whose name is a category and a key. It can't be changed later.
   */
  readonly streamPrefix?: string;
  /** Sent with every call instead of those in the connection string. With `tls=false` the client sends none. */
  readonly credentials?: Credentials;
  readonly timeouts?: Timeouts;
  /** Called with events about the store's consumers. */
  readonly observe?: Observe;
}

/** Time-outs in milliseconds. None of them depends on the server's or the client's settings. */
export interface Timeouts {
  /** How long an append waits for its turn behind others of this process. Default 60,000. */
  readonly turnMs?: number;
  /**
   * For one append whose turn it is: how long it waits for a connection and conflicts, and again for the server's
   * answer. A lost answer is then looked up. Default 5,000.
   */
  readonly appendMs?: number;
  /** For finding out the outcome of an append whose answer was lost. Default 30,000. */
  readonly lookupMs?: number;
  /** How long a connection, or a read of one stream, may be silent before it is retried. Default 10,000. */
  readonly readMs?: number;
  /** Like `readMs`, for a read of the whole log, in which a filter may skip many events. Default 60,000. */
  readonly scanMs?: number;
  /** How long reads are retried while the server can't be reached. Default 15,000. */
  readonly retryMs?: number;
  /**
   * How often a process that works for a consumer writes that it lives. Another one takes over after four times this.
   * Default 5,000.
   */
  readonly beatMs?: number;
  /**
   * How often the log is read for all that follow it: read models, consumers and subscriptions. While a read waits, that
   * is each 100 ms. Default 500.
   */
  readonly probeMs?: number;
  /** How long an event that is known to exist may be late before the call is restarted. Default 5,000. */
  readonly stallMs?: number;
  /** How long closing waits for running appends. Default 5,000. */
  readonly closeMs?: number;
}

const DEFAULTS: Required<Timeouts> = {
  turnMs: 60_000,
  appendMs: 5000,
  lookupMs: 30_000,
  readMs: 10_000,
  scanMs: 60_000,
  retryMs: 15_000,
  beatMs: 5000,
  probeMs: 500,
  stallMs: 5000,
  closeMs: 5000,
};

const time = rule.optional(rule.numberBetween(1, rule.LONGEST_TIMER_MS));

const TIMEOUTS: OptionRules<Timeouts> = {
  turnMs: time,
  appendMs: time,
  lookupMs: time,
  readMs: time,
  scanMs: time,
  retryMs: time,
  beatMs: time,
  probeMs: time,
  stallMs: time,
  closeMs: time,
};

/** Fills in the defaults, also for options given as `undefined`. */
export function timeoutsOf(given: Timeouts = {}): Required<Timeouts> {
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...Object.fromEntries(named) };
}

export const OPTIONS: OptionRules<EventStoreDbStoreOptions> = {
  clock: rule.optional(rule.aFunction),
  readModels: rule.optional(rule.withMethods('open', 'close')),
  streamPrefix: rule.optional(rule.mustBe('words that each end with a dot, as in "staging."', isStreamPrefix)),
  credentials: rule.optional(rule.optionsWith({ username: rule.nonEmptyString, password: rule.nonEmptyString })),
  timeouts: rule.optional(rule.optionsWith(TIMEOUTS)),
  observe: rule.optional(rule.aFunction),
};

import type { EventStoreDBClient, Credentials } from '@eventstore/db-client';
import type { Clock, Observe, Store } from '@login-policy/event-sourcing';
import { followedStoreOn, memoryReadModelStore, type ReadModelStore } from '@login-policy/event-sourcing/store';
import {
  aFunction,
  mustBe,
  nonEmptyString,
  optional,
  optionsWith,
  parseOptions,
  withMethods,
  type OptionRules,
} from '@login-policy/event-sourcing/options';
import { EventStoreDbBackend } from './backend.js';
import { boundReadModels } from './read-models.js';
import { Connection } from './connection.js';
import { clientFor, refuseCutNumbers, refuseIgnoredOptions, withKeepAlive } from './connection-string.js';
import { TIMEOUTS, timeoutsOf, type Timeouts } from './timeouts.js';
import { isStreamPrefix, StreamNames } from './stream-names.js';

/** The options of a store on EventStoreDB. All have defaults. */
export interface EventStoreDbStoreOptions {
  readonly clock?: Clock;
  /**
   * Stores the read models, because EventStoreDB has no rows. Each is bound to this store by the prefix and the first
   * event; used with another store, it is refused (`store-foreign`). Default: in this process's memory.
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

/**
 * Opens a store on a client that the caller owns: closing the store leaves the client open. Only the client's
 * connection is used, not its calls, so the caller can go on using it.
 *
 * Nothing is sent before the first call. Every call requires the cluster's leader.
 *
 * @throws RangeError that names an unknown or malformed option.
 * @throws StoreForeign when the client's version is not supported.
 */
export function openEventStoreDbStore(
  given: EventStoreDbStoreOptions & { readonly client: EventStoreDBClient },
): Store {
  const { client, ...options } = parseOptions(given, 'openEventStoreDbStore', { ...OPTIONS, client: aClient });
  return storeOn(new Connection(client, { credentials: options.credentials, isOwned: false }), options);
}

/**
 * Opens a store with a client of its own, from a connection string: `esdb://user:password@host:2113?tls=true`; several
 * hosts or `esdb+discover://` for a cluster. Closing the store closes its connection.
 *
 * @throws RangeError for a malformed connection string, and for an unknown or malformed option.
 */
export function connectEventStoreDb(connectionString: string, given: EventStoreDbStoreOptions = {}): Store {
  const options = parseOptions(given, 'connectEventStoreDb', OPTIONS);
  refuseIgnoredOptions(connectionString);
  refuseCutNumbers(connectionString);
  const client = clientFor(withKeepAlive(connectionString));
  return storeOn(new Connection(client, { credentials: options.credentials, isOwned: true }), options);
}

const OPTIONS: OptionRules<EventStoreDbStoreOptions> = {
  clock: optional(aFunction),
  readModels: optional(withMethods('open', 'close')),
  streamPrefix: optional(mustBe('words that each end with a dot, as in "staging."', isStreamPrefix)),
  credentials: optional(optionsWith({ username: nonEmptyString, password: nonEmptyString })),
  timeouts: optional(optionsWith(TIMEOUTS)),
  observe: optional(aFunction),
};

/** The connection checks the client's version, with an error of its own. */
const aClient = mustBe('a client of @eventstore/db-client', (client) => typeof client === 'object' && client !== null);

function storeOn(connection: Connection, options: EventStoreDbStoreOptions): Store {
  const { clock, observe, streamPrefix: prefix = '', timeouts, readModels } = options;
  const backend = new EventStoreDbBackend({
    connection,
    names: new StreamNames(prefix),
    timeouts: timeoutsOf(timeouts),
  });
  const readModelStore =
    readModels === undefined ? memoryReadModelStore() : boundReadModels(readModels, { prefix, log: backend.log });
  return followedStoreOn(backend, readModelStore, { clock, observe });
}

import { EventStoreDBClient, type Credentials } from '@eventstore/db-client';
import type { Clock, Observe, Store } from '@login-policy/event-sourcing';
import {
  closedBy,
  followedStoreOn,
  memoryReadModelStore,
  type ReadModelStore,
} from '@login-policy/event-sourcing/store';
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
import { TIMEOUTS, timeoutsOf, type Timeouts } from './deadline.js';
import { shareOf } from './shared-connections.js';
import { isStreamPrefix, StreamNames } from './names.js';

/** How a store on EventStoreDB is opened; everything has a default. */
export interface EventStoreDbStoreOptions {
  readonly clock?: Clock;
  /**
   * Where read models are kept: EventStoreDB keeps none. Bound to this store by its prefix and its first event: beside
   * another store they are refused (`store-foreign`). Default: in this process's memory.
   */
  readonly readModels?: ReadModelStore;
  /**
   * Sets this store apart from others on the same server: words that each end with a dot, as in `staging.`. Without one
   * the store reads every stream of the server whose name is a category and a key. Fixed for good.
   */
  readonly streamPrefix?: string;
  /** Go out with every call instead of those in the connection string. With `tls=false` the client sends none. */
  readonly credentials?: Credentials;
  readonly timeouts?: Timeouts;
  /** Is told how its consumers are doing. */
  readonly observe?: Observe;
}

/**
 * Opens a store on a client that its owner keeps: closing the store leaves the client as it is. The client's calls are
 * not used, only its connection, so that its owner may go on using it too.
 *
 * Nothing is sent before the first call. Every call asks for the cluster's leader.
 *
 * @throws RangeError that names an unknown or malformed option.
 * @throws StoreForeign when the client is of an unknown make.
 */
export function openEventStoreDbStore(
  given: EventStoreDbStoreOptions & { readonly client: EventStoreDBClient },
): Store {
  const { client, ...options } = parseOptions(given, 'openEventStoreDbStore', { ...OPTIONS, client: aClient });
  return storeOn(new Connection(client, options.credentials), options);
}

/**
 * Opens a store on a client of its own, made from a connection string: `esdb://user:password@host:2113?tls=true`,
 * several hosts or `esdb+discover://` for a cluster. Closing the store ends its connection.
 *
 * @throws RangeError as above.
 * @throws Error when the client does not understand the connection string.
 */
export function connectEventStoreDb(connectionString: string, given: EventStoreDbStoreOptions = {}): Store {
  const options = parseOptions(given, 'connectEventStoreDb', OPTIONS);
  const share = shareOf(connectionString);
  const client = EventStoreDBClient.connectionString(share.connectionString);
  const connection = new Connection(client, options.credentials);
  const store = storeOn(connection, options);
  const leave = (): void => {
    connection.close();
    share.leave();
  };
  return {
    ...store,
    ...closedBy(() => store.close().finally(leave)),
  };
}

const OPTIONS: OptionRules<EventStoreDbStoreOptions> = {
  clock: optional(aFunction),
  readModels: optional(withMethods('open', 'close')),
  streamPrefix: optional(mustBe('words that each end with a dot, as in "staging."', isStreamPrefix)),
  credentials: optional(optionsWith({ username: nonEmptyString, password: nonEmptyString })),
  timeouts: optional(optionsWith(TIMEOUTS)),
  observe: optional(aFunction),
};

/** Its make is asked for by the connection, in words of its own. */
const aClient = mustBe('a client of @eventstore/db-client', (client) => typeof client === 'object' && client !== null);

function storeOn(connection: Connection, options: EventStoreDbStoreOptions): Store {
  const { clock, observe, streamPrefix: prefix = '', timeouts, readModels } = options;
  const backend = new EventStoreDbBackend({
    connection,
    names: new StreamNames(prefix),
    timeouts: timeoutsOf(timeouts),
  });
  const beside =
    readModels === undefined ? memoryReadModelStore() : boundReadModels(readModels, { prefix, log: backend.log });
  return followedStoreOn(backend, beside, { clock, observe });
}

import { parseOptions, rule, shown, type Store } from '@login-policy/event-sourcing';
import { followedStoreOn, memoryReadModelStore } from '@login-policy/event-sourcing/store';
import { EventStoreDbBackend } from './backend.js';
import { knownClient } from './clients.js';
import { clientFor, refuseCutNumbers, refuseIgnoredOptions, withKeepAlive } from './connection-string.js';
import { Connection } from './connection.js';
import { OPTIONS, timeoutsOf, type EventStoreDbStoreOptions, type VendorClient } from './options.js';
import { boundReadModels } from './read-models.js';
import { StreamNames } from './stream-names.js';

/**
 * Opens a store on a client that the caller owns: closing the store leaves the client open. Only the client's
 * connection is used, not its calls, so the caller can go on using it.
 *
 * Nothing is sent before the first call. Every call requires the cluster's leader.
 *
 * @throws RangeError that names an unknown or malformed option.
 * @throws StoreForeign when the client is not of `@kurrent/kurrentdb-client` 1.3 or `@eventstore/db-client` 6.2.
 */
export function openEventStoreDbStore(given: EventStoreDbStoreOptions & { readonly client: VendorClient }): Store {
  const { client, ...options } = parseOptions(given, 'openEventStoreDbStore', { ...OPTIONS, client: aClient });
  return storeOn(new Connection(knownClient(client), { credentials: options.credentials, isOwned: false }), options);
}

/**
 * Opens a store with a client of its own, from a connection string: `kurrentdb://user:password@host:2113?tls=true`, or
 * the same with `esdb://`; several hosts or `kurrentdb+discover://` for a cluster. Closing the store closes its
 * connection. The scheme chooses the client, if both are installed: `@kurrent/kurrentdb-client` or
 * `@eventstore/db-client`.
 *
 * @throws RangeError for a malformed connection string, and for an unknown or malformed option.
 * @throws StoreForeign when neither client is installed.
 */
export function connectEventStoreDb(connectionString: string, given: EventStoreDbStoreOptions = {}): Store {
  const options = parseOptions(given, 'connectEventStoreDb', OPTIONS);
  if (typeof connectionString !== 'string')
    throw new RangeError(`connectEventStoreDb: connectionString must be text, not ${shown(connectionString)}`);
  refuseIgnoredOptions(connectionString);
  refuseCutNumbers(connectionString);
  const client = clientFor(withKeepAlive(connectionString));
  return storeOn(new Connection(client, { credentials: options.credentials, isOwned: true }), options);
}

/** Its library is checked where it is used. */
const aClient = rule.mustBe(
  'a client of KurrentDB or EventStoreDB',
  (client) => typeof client === 'object' && client !== null,
);

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

import { createRequire } from 'node:module';
import type { CallOptions, Client, Metadata } from '@grpc/grpc-js';
import { foreign } from './faults.js';
import type { Credentials } from './options.js';

/** The members of a client that this store uses. They are `protected` in its types and unchanged since 1.0. */
export interface ClientInternals {
  readonly execute: <Stub>(
    Client: new (...args: never[]) => Stub,
    name: string,
    action: (stub: Stub) => Promise<Stub>,
  ) => Promise<Stub>;
  readonly callArguments: (
    base: { credentials?: Credentials; requiresLeader: boolean },
    options: CallOptions,
  ) => [Metadata, CallOptions];
  readonly handleError: (channel: Client, error: Error) => Promise<void>;
}

/** A client, and the library that it is of. */
export interface KnownClient {
  readonly client: ClientInternals;
  /** A client of its gRPC, on which calls are started. */
  readonly StreamsClient: new (...args: never[]) => Client;
}

/** Where a library has what this store uses. */
interface Library {
  readonly name: string;
  readonly scheme: 'kurrentdb' | 'esdb';
  readonly className: string;
  readonly generated: string;
}

type ClientClass = (new (...args: never[]) => object) & { connectionString(text: string): object };

const KURRENTDB: Library = {
  name: '@kurrent/kurrentdb-client',
  scheme: 'kurrentdb',
  className: 'KurrentDBClient',
  generated: 'generated/kurrentdb/protocols/v1',
};
const EVENTSTOREDB: Library = {
  name: '@eventstore/db-client',
  scheme: 'esdb',
  className: 'EventStoreDBClient',
  generated: 'generated',
};

/**
 * A new client for a connection string: of the library whose scheme it names, or else of the one that is installed.
 *
 * @throws StoreForeign when neither is installed. RangeError when only one is, which does not know the scheme. Throws
 *   also what the client throws.
 */
export function newClient(connectionString: string): KnownClient {
  const [, scheme = 'esdb', rest = ''] = /^\s*(kurrentdb|esdb)((?:\+discover)?:.*)$/s.exec(connectionString) ?? [];
  const isNewer = scheme === KURRENTDB.scheme;
  for (const library of isNewer ? [KURRENTDB, EVENTSTOREDB] : [EVENTSTOREDB, KURRENTDB]) {
    const Client = classOf(library);
    if (Client === undefined) continue;
    if (isNewer && library === EVENTSTOREDB)
      throw new RangeError(`${library.name}, the client that is installed, calls the scheme kurrentdb:// esdb://`);
    // The newer client takes the older scheme, but prints a warning.
    return known(Client.connectionString(rest === '' ? connectionString : library.scheme + rest), library);
  }
  throw foreign(`its client is not installed: npm install ${KURRENTDB.name}, or ${EVENTSTOREDB.name}`);
}

/**
 * The library of a client that was made elsewhere.
 *
 * @throws StoreForeign when it is of another library, of another version, or of another copy of the library: their
 *   members have the same names, and fail only once a call is made.
 */
export function knownClient(client: object): KnownClient {
  // Only this one is loaded: the generated code of both would mix.
  const library = 'setCredentialsProvider' in client ? KURRENTDB : EVENTSTOREDB;
  const Client = classOf(library);
  if (Client === undefined || !(client instanceof Client)) throw notAClient();
  return known(client, library);
}

function known(client: object, { name, generated }: Library): KnownClient {
  if (!hasInternals(client)) throw notAClient();
  return {
    client,
    StreamsClient: load<Pick<KnownClient, 'StreamsClient'>>(`${name}/${generated}/streams_grpc_pb.js`).StreamsClient,
  };
}

/** Loaded on demand and synchronously, because a program has one of the two. Both are CommonJS. */
const requireFromHere = createRequire(import.meta.url);

/** The module of a library that is installed. The version that is a peer has these exports. */
function load<Module>(path: string): Module {
  const loaded: unknown = requireFromHere(path);
  return loaded as Module;
}

function classOf({ name, className }: Library): ClientClass | undefined {
  try {
    return load<Readonly<Record<string, ClientClass>>>(name)[className];
  } catch (caught) {
    if (caught instanceof Error && 'code' in caught && caught.code === 'MODULE_NOT_FOUND') return undefined;
    throw caught;
  }
}

function hasInternals(client: object): client is ClientInternals {
  return ['execute', 'callArguments', 'handleError'].every((name) => typeof Reflect.get(client, name) === 'function');
}

function notAClient(): Error {
  return foreign(
    `this is not a client of the ${KURRENTDB.name} 1.3 or the ${EVENTSTOREDB.name} 6.2 that this store has beside it`,
  );
}

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Client, type ClientConfig, type PoolOptions } from 'pg';
import { stateOf } from './faults.js';
import { query, type Cell } from './queries.js';

/** A connection that does not belong to a pool. */
export interface OwnClient {
  readonly client: Client;
  /** The socket of the connection. Destroying it takes effect at once, whatever the network does. */
  readonly socket: Duplex;
}

/** A connection with the pool's options, and the given exceptions. */
export function ownClient(options: PoolOptions, own: ClientConfig): OwnClient {
  // The pool hides its password from code that copies its options.
  const { password } = options;
  const socket = options.stream?.() ?? new Socket();
  const client = new Client({ ...options, ...(password !== undefined && { password }), ...own, stream: () => socket });
  client.on('error', () => undefined);
  return { client, socket };
}

/**
 * Runs a statement on a new connection, and returns the first cell of its result: empty when the server refuses or a
 * pooler has no connection for it, and `undefined` when no connection is accepted within a number of milliseconds.
 */
export async function askAnew(options: PoolOptions, statement: string, ms: number): Promise<Cell | undefined> {
  let own: OwnClient | undefined;
  let isConnected = false;
  try {
    own = ownClient(options, { connectionTimeoutMillis: ms, query_timeout: ms });
    await own.client.connect();
    isConnected = true;
    return (await query(own.client, statement))[0]?.[0] ?? '';
  } catch (caught) {
    return isConnected || stateOf(caught) !== undefined ? '' : undefined;
  } finally {
    own?.socket.destroy();
  }
}

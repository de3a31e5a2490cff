import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Client, type ClientConfig, type PoolOptions } from 'pg';

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

/** Whether the server accepts a new connection within a number of milliseconds. */
export async function isAnswering(options: PoolOptions, ms: number): Promise<boolean> {
  const { client, socket } = ownClient(options, { connectionTimeoutMillis: ms });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

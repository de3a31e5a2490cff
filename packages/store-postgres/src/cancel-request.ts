import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { ClientBase } from 'pg';

/** The protocol's code for a connection that only carries a cancel request. */
const CANCEL_REQUEST = 80_877_102;
const LENGTH = 16;
const TIMEOUT_MS = 5000;

/**
 * Cancels the statement of a connection by the protocol's cancel request. It is sent to the connection's own address
 * with the connection's secret, so it reaches no other connection, even if the host's name resolves to another server
 * by now. It has no effect if the address is unknown, as with the program's own `stream`, or behind a pooler, which
 * forgets the secret with the connection.
 */
export function requestCancel(client: ClientBase): void {
  const [address, processId, secret] = [
    addressOf(client),
    numberIn(client, 'processID'),
    numberIn(client, 'secretKey'),
  ];
  if (address === undefined || processId === undefined || secret === undefined) return;
  const request = Buffer.alloc(LENGTH);
  for (const [index, word] of [LENGTH, CANCEL_REQUEST, processId, secret].entries())
    request.writeInt32BE(word, index * 4);
  const socket: Socket = connect(address, () => socket.end(request));
  // The server closes the connection without an answer.
  socket.on('error', () => undefined);
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
  socket.resume().unref();
}

function addressOf(client: ClientBase): NetConnectOpts | undefined {
  const stream = memberOf(memberOf(client, 'connection'), 'stream');
  const [host, port] = [memberOf(stream, 'remoteAddress'), memberOf(stream, 'remotePort')];
  if (typeof host === 'string' && typeof port === 'number') return { host, port };
  const [folder, number] = [memberOf(client, 'host'), memberOf(client, 'port')];
  return typeof folder === 'string' && folder.startsWith('/')
    ? { path: `${folder}/.s.PGSQL.${String(number)}` }
    : undefined;
}

function numberIn(client: ClientBase, name: string): number | undefined {
  const value = memberOf(client, name);
  return typeof value === 'number' ? value : undefined;
}

/** The driver's types lack these members. */
function memberOf(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined;
}

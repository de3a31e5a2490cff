import { connect, type Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** What goes over one connection of HTTP/1.1, one request on its way at any time. */
export interface Http1Work {
  readonly port: number;
  /** Sent in turns. */
  readonly requests: readonly Buffer[];
  readonly count: number;
  /** The statuses that may be answered. */
  readonly status: RegExp;
}

/**
 * Asks, and reads no more of an answer than its status and where it ends, so that asking costs less than answering.
 *
 * @throws Error for an answer of another status, and when the connection ends.
 */
export function askOverHttp1({ port, requests, count, status }: Http1Work): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let asked = 0;
    let held: Buffer | undefined;
    const ask = (): void => {
      const request = requests[asked++ % requests.length];
      if (asked > count || request === undefined) finish(socket, resolve);
      else socket.write(request);
    };
    socket.on('connect', ask);
    socket.on('data', (piece) => {
      held = held === undefined ? piece : Buffer.concat([held, piece]);
      if (!isWhole(held)) return;
      const isExpected = status.test(held.toString('latin1', 9, 12));
      if (!isExpected) socket.destroy(new Error(`answered with ${held.toString('latin1')}`));
      held = undefined;
      if (isExpected) ask();
    });
    socket.on('error', reject).on('close', () => reject(new Error('the server closed the connection')));
  });
}

function finish(socket: Socket, resolve: () => void): void {
  socket.removeAllListeners('close');
  socket.end();
  resolve();
}

/** By its length, or else by the last of its chunks: with one request on its way nothing can come behind. */
function isWhole(held: Buffer): boolean {
  const end = held.indexOf(HEAD_END);
  if (end === -1) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(held.toString('latin1', 0, end))?.[1];
  if (length !== undefined) return held.length >= end + HEAD_END.length + Number(length);
  return held.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
}

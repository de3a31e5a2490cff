import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const HEAD = 9;
const FRAMES = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
};

/** How a frame of HTTP/2 is marked, by what is sent in it. */
export const FLAGS = { none: 0, endStream: 1, acknowledges: 1, endHeaders: 4 } as const;

/** One frame of HTTP/2. */
export interface Frame {
  readonly type: keyof typeof FRAMES;
  readonly flags?: number;
  /** 0 is the connection. */
  readonly stream?: number;
  readonly payload?: Uint8Array;
}

/** What a client sends to begin with, and these frames behind it. */
export function opening(frames: readonly Frame[]): Buffer {
  return Buffer.concat([Buffer.from(PREFACE), ...[{ type: 'settings' } as const, ...frames].map(bytesOf)]);
}

/** A frame as it is sent. */
export function bytesOf({ flags = FLAGS.none, payload = new Uint8Array(0), stream = 0, type }: Frame): Buffer {
  const bytes = Buffer.alloc(HEAD + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes.writeUInt8(FRAMES[type], 3);
  bytes.writeUInt8(flags, 4);
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, HEAD);
  return bytes;
}

/** Headers as HPACK has them where nothing is remembered or compressed: each name and value of up to 126 bytes. */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')]);
  return Buffer.concat(Object.entries(headers).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

/** A number of four bytes, as codes and windows are. */
export function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const MARK = Buffer.from('answered');

/** Sends all of this in one piece on a connection of its own, and waits until the server has read it, or hung up. */
export function sendAtOnce(port: number, frames: readonly Frame[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(opening(frames));
  return untilRead(socket);
}

/** Waits until the server has read all that was sent, or hung up; then hangs up. */
export async function untilRead(socket: Socket): Promise<void> {
  const isOver = once(socket, 'close');
  let heard = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    heard = Buffer.concat([heard, bytes]);
    if (heard.includes(MARK)) socket.destroy();
  });
  socket.write(bytesOf({ type: 'ping', payload: MARK }));
  await isOver;
}

import type { Socket } from 'node:net';
import { MOST_COUNTED, type Backlog } from './backlog.js';
import type { Turns } from './turns.js';
import type { WaitingBytes } from './waiting-bytes.js';

/** What comes in one packet, in nearly every case: it goes to the parser as it is. */
const WHOLE_BYTES = 512;
/** More of a body is not read ahead of who takes it in. */
const MOST_OF_BODY = 65_536;

/** What the connections of a port have in common. */
export interface Shared {
  readonly backlog: Backlog;
  readonly turns: Turns;
  readonly waiting: WaitingBytes;
}

/** How far a connection has come. */
export interface Progress {
  /** Whether an answer is being made, or waits for others. */
  readonly isAnswering: boolean;
  /** How much of the body that is coming is not taken in; `undefined` when no body is. */
  readonly bodyAhead: number | undefined;
}

/**
 * Hands the bytes of a connection to Node's parser of HTTP/1.1 bit by bit, so that no request is parsed before the answers to those before
 * it were taken in. Left to itself, Node parses all that came at once: 64 KB of requests become megabytes, for each connection.
 *
 * @returns what is to be called whenever the connection may have come farther.
 */
export function takeInBySteps(
  socket: Socket,
  { backlog, turns, waiting }: Shared,
  progress: () => Progress,
): () => void {
  let isStepping = false;
  const step = (): void => {
    if (isStepping) return;
    isStepping = true;
    while (socket.readableLength > 0 && mayGoOn(socket, progress())) {
      // Who listens to 'data' is told of what is read.
      if (!hasRead(socket)) break;
    }
    isStepping = false;
    // It finds the end, too, and asks for more.
    if (socket.readableLength === 0) socket.read(0);
    waiting.note(socket, 0);
    backlog.keep(socket, socket.destroyed ? 0 : keptFor(socket, progress()));
  };
  const soon = (): void => {
    if (socket.readableLength <= WHOLE_BYTES) return step();
    // A body that is being taken in is bounded by its reader.
    if (progress().bodyAhead === undefined) waiting.note(socket, socket.readableLength);
    turns.add(step);
  };
  socket.on('readable', soon).on('drain', soon).on('resume', soon);
  socket.once('close', () => {
    waiting.note(socket, 0);
    backlog.keep(socket, 0);
  });
  return step;
}

function mayGoOn(socket: Socket, { bodyAhead, isAnswering }: Progress): boolean {
  if (socket.destroyed || socket.writableNeedDrain) return false;
  return bodyAhead === undefined ? !isAnswering : bodyAhead < MOST_OF_BODY;
}

/** Reads one request's head and no more, or as many bytes as a head may have. */
function hasRead(socket: Socket): boolean {
  const length = socket.readableLength;
  if (length <= WHOLE_BYTES) return socket.read() !== null;
  const head: unknown = socket.read(WHOLE_BYTES);
  return head !== null;
}

/** Nothing where the client only waits. */
function keptFor(socket: Socket, { isAnswering }: Progress): number {
  if (!isAnswering && !socket.writableNeedDrain) return 0;
  return socket.readableLength + Math.min(socket.writableLength, MOST_COUNTED);
}

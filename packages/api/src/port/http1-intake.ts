import type { Socket } from 'node:net';
import { MOST_COUNTED, type Backlog } from './backlog.js';
import type { Turns } from './turns.js';
import type { WaitingBytes } from './waiting-bytes.js';

/** The size of a usual packet, which goes to the parser as it is. */
const WHOLE_BYTES = 512;
/** The most bytes of a body that are read ahead of its reader. */
const MOST_OF_BODY = 65_536;

/** The state shared by the connections of a port. */
export interface Shared {
  readonly backlog: Backlog;
  readonly turns: Turns;
  readonly waiting: WaitingBytes;
}

/** The progress of a connection. */
export interface Progress {
  /** Whether an answer is in progress or pending. */
  readonly isAnswering: boolean;
  /** The unread bytes of the body in progress; `undefined` without a body. */
  readonly bodyAhead: number | undefined;
}

/**
 * Feeds the bytes of a connection to Node's HTTP/1.1 parser in steps, so that no request is parsed before the client
 * has received the earlier answers. Node alone parses everything at once: 64 KB of pipelined requests become megabytes
 * on each connection.
 *
 * @returns a function to call whenever the connection may have made progress.
 */
export function parseInSteps(
  socket: Socket,
  { backlog, turns, waiting }: Shared,
  progress: () => Progress,
): () => void {
  let isStepping = false;
  const step = (): void => {
    if (isStepping) return;
    isStepping = true;
    while (socket.readableLength > 0 && mayParse(socket, progress())) {
      // A listener of 'data' gets what is read here.
      if (!hasRead(socket)) break;
    }
    isStepping = false;
    // An empty read also detects the end and requests more.
    if (socket.readableLength === 0) socket.read(0);
    waiting.setWaiting(socket, 0);
    backlog.setBuffered(socket, socket.destroyed ? 0 : bufferedOn(socket, progress()));
  };
  const onProgress = (): void => {
    if (socket.readableLength <= WHOLE_BYTES) return step();
    // The body's reader limits a body in progress.
    if (progress().bodyAhead === undefined) waiting.setWaiting(socket, socket.readableLength);
    turns.add(step);
  };
  socket.on('readable', onProgress).on('drain', onProgress).on('resume', onProgress);
  socket.once('close', () => {
    waiting.setWaiting(socket, 0);
    backlog.setBuffered(socket, 0);
  });
  return step;
}

function mayParse(socket: Socket, { bodyAhead, isAnswering }: Progress): boolean {
  if (socket.destroyed || socket.writableNeedDrain) return false;
  return bodyAhead === undefined ? !isAnswering : bodyAhead < MOST_OF_BODY;
}

/** Reads at most the head of one request, or as many bytes as a head may have. */
function hasRead(socket: Socket): boolean {
  const length = socket.readableLength;
  if (length <= WHOLE_BYTES) return socket.read() !== null;
  const head: unknown = socket.read(WHOLE_BYTES);
  return head !== null;
}

/** The bytes to count as buffered; 0 while the client only waits for an answer. */
function bufferedOn(socket: Socket, { isAnswering }: Progress): number {
  if (!isAnswering && !socket.writableNeedDrain) return 0;
  return socket.readableLength + Math.min(socket.writableLength, MOST_COUNTED);
}

import type { Socket } from 'node:net';
import { MOST_COUNTED, type HeldBytes } from './held-bytes.js';
import type { TaskQueue } from './task-queue.js';

/** The most bytes of one step: the size of a usual request without a body. */
const STEP_BYTES = 512;
/** The most parsed bytes of a body that its reader has not read yet. */
const MOST_UNREAD_BODY = 65_536;

/** The state shared by the connections of a port. */
export interface Shared {
  readonly buffered: HeldBytes;
  readonly tasks: TaskQueue;
  readonly unparsed: HeldBytes;
}

/** The progress of the requests on a connection. */
export interface Progress {
  /** Whether an answer is in progress or queued. */
  readonly isAnswering: boolean;
  /** The parsed bytes of an incomplete body that its reader has not read yet; `undefined` without such a body. */
  readonly unreadBody: number | undefined;
}

/**
 * Feeds the bytes of a connection to Node's HTTP/1.1 parser in steps, so that no request is parsed before the
 * earlier answers are sent. Node alone parses everything at once: 64 KB of pipelined requests become megabytes
 * on each connection.
 *
 * @returns a function to call whenever the connection may have made progress.
 */
export function parseInSteps(
  socket: Socket,
  { buffered, tasks, unparsed }: Shared,
  progress: () => Progress,
): () => void {
  let isStepping = false;
  const step = (): void => {
    if (isStepping) return;
    isStepping = true;
    while (socket.readableLength > 0 && mayParse(socket, progress())) {
      if (!feedParser(socket)) break;
    }
    isStepping = false;
    // An empty read asks the socket for more bytes, and detects its end.
    if (socket.readableLength === 0) socket.read(0);
    unparsed.set(socket, 0);
    buffered.set(socket, socket.destroyed ? 0 : bufferedOn(socket, progress()));
  };
  const onProgress = (): void => {
    if (socket.readableLength <= STEP_BYTES) return step();
    // Bytes of a body do not count as unparsed, because the body's reader limits them.
    if (progress().unreadBody === undefined) unparsed.set(socket, socket.readableLength);
    tasks.add(step);
  };
  socket.on('readable', onProgress).on('drain', onProgress).on('resume', onProgress);
  socket.once('close', () => {
    unparsed.set(socket, 0);
    buffered.set(socket, 0);
  });
  return step;
}

function mayParse(socket: Socket, { unreadBody, isAnswering }: Progress): boolean {
  if (socket.destroyed || socket.writableNeedDrain) return false;
  return unreadBody === undefined ? !isAnswering : unreadBody < MOST_UNREAD_BODY;
}

/** Reads the bytes of one step, which Node emits to its parser as 'data'. Returns whether there were any. */
function feedParser(socket: Socket): boolean {
  const bytes: unknown = socket.readableLength <= STEP_BYTES ? socket.read() : socket.read(STEP_BYTES);
  return bytes !== null;
}

/** The bytes to count as buffered; 0 while the client only waits for an answer. */
function bufferedOn(socket: Socket, { isAnswering }: Progress): number {
  if (!isAnswering && !socket.writableNeedDrain) return 0;
  return socket.readableLength + Math.min(socket.writableLength, MOST_COUNTED);
}

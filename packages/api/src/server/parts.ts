import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SentAnswer } from './exchange.js';

/** Whether an answer is made part by part. */
export function isInParts(body: SentAnswer['body']): body is AsyncGenerator<string, void, undefined> {
  return typeof body === 'object' && Symbol.asyncIterator in body && !(body instanceof Readable);
}

let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Waits for a turn of the event loop in which no other part is made in this process. A part costs milliseconds, so
 * short requests are served in between.
 */
export function ownTurn(): Promise<unknown> {
  lastTurn = lastTurn.then(() => nextTurn());
  return lastTurn;
}

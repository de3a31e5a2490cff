import type { Writable } from 'node:stream';

/** Where the server says what it has to say. Nothing of it throws: its reader may be gone, a disk full. */
export interface Log {
  /** Tells whoever started it. */
  readonly say: (text: string) => void;
  /** Tells the operator of a failure: a text as it is, anything else with all that is known of it. */
  readonly complain: (failure: unknown) => void;
}

/** Makes a log of two streams, and listens to their errors: without a listener the first would end the process. */
export function logTo(said: Writable, complained: Writable): Log {
  for (const stream of [said, complained]) stream.on('error', () => undefined);
  return {
    say: (text) => write(said, () => text),
    complain: (failure) => write(complained, () => inFull(failure)),
  };
}

/** Some streams throw what others tell their listeners, and so may a failure that is asked what it is. */
function write(stream: Writable, textOf: () => string): void {
  try {
    stream.write(`${textOf()}\n`);
  } catch {
    // There is nobody left to tell.
  }
}

function inFull(failure: unknown): string {
  return failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
}

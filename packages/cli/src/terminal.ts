import { createInterface } from 'node:readline/promises';

/** A terminal to ask a user on. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Called at Ctrl-C. A terminal that waits for a line sends a character instead of a signal. */
  readonly interrupt: () => void;
  /** Ends the question. */
  readonly interrupted: AbortSignal;
}

/**
 * Asks a question, and returns the answer; an empty one at Ctrl-D.
 *
 * @throws AbortError when it is interrupted.
 */
export async function askOn({ input, interrupt, interrupted, output }: Terminal, question: string): Promise<string> {
  const lines = createInterface({ input, output, terminal: true });
  lines.on('SIGINT', interrupt);
  try {
    return await lines.question(question, { signal: interrupted });
  } catch (caught) {
    const isEnd = caught instanceof Error && caught.name === 'AbortError' && !interrupted.aborted;
    if (!isEnd) throw caught;
    output.write('\n');
    return '';
  } finally {
    lines.close();
  }
}

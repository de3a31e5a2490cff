import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Change } from './changes.js';

const CHANGING = fileURLToPath(new URL('changing.js', import.meta.url));

/** Carries out the changes of others. @returns the number of events recorded. */
export type Others = (changes: readonly Change[]) => Promise<number>;

/** Lets another process carry out the changes of others while some work is done. */
export async function withOtherProcess<Result>(
  url: string,
  work: (others: Others) => Promise<Result>,
): Promise<Result> {
  const child = fork(CHANGING, [url], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  const answer = async (): Promise<unknown> => {
    const heard: readonly unknown[] = await Promise.race([once(child, 'message'), ended]);
    return heard[0];
  };
  try {
    await answer();
    return await work(async (changes) => {
      const answered = answer();
      child.send(changes);
      const recorded = await answered;
      if (typeof recorded !== 'number') throw new Error(`the other process: ${String(recorded)}`);
      return recorded;
    });
  } finally {
    if (child.connected) child.disconnect();
    await ended;
  }
}

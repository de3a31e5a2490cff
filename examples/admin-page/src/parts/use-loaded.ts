import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { returns } from '../state/live.js';
import { isSaidElsewhere, leavesOpen, sentenceOf } from '../wire/failure.js';

const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [2_000, 30_000];

function pauseAfter(tries: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS);
}

/** How the last read of what a part shows went. */
export interface Loading {
  /** Why it could not be read, as a sentence. */
  readonly problem: string | undefined;
  readonly again: () => void;
}

/**
 * Reads what a part shows: when it opens, whenever `about` is another, when the server is back, and when it is asked to; after growing pauses
 * while the server can't answer.
 * `load` is told by `isWanted` whether somebody still waits for it.
 */
export function useLoaded(about: string, load: (isWanted: () => boolean) => Promise<unknown>): Loading {
  const problem = useSignal<string | undefined>(undefined);
  const tries = useSignal(0);
  useEffect(() => {
    let isWanted = true;
    let again: ReturnType<typeof setTimeout> | undefined;
    const end = (sentence: string | undefined): void => {
      if (isWanted) problem.value = sentence;
    };
    load(() => isWanted).then(
      () => {
        end(undefined);
      },
      (caught: unknown) => {
        if (!isSaidElsewhere(caught)) end(sentenceOf(caught));
        // A server that is away, or not ready, may be back without a word.
        if (isWanted && leavesOpen(caught)) again = setTimeout(() => tries.value++, pauseAfter(tries.value));
      },
    );
    return () => {
      isWanted = false;
      clearTimeout(again);
    };
    // What `load` closes over changes with `about` alone.
  }, [about, returns.value, tries.value]);
  return {
    problem: problem.value,
    again: () => {
      tries.value++;
    },
  };
}

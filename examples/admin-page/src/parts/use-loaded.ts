import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
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
  /** Whether it came to an end, well or not: nothing that is shown from now on moves because of it. */
  readonly hasEnded: boolean;
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
  const hasEnded = useSignal(false);
  useEffect(() => {
    let isWanted = true;
    let again: ReturnType<typeof setTimeout> | undefined;
    const end = (sentence: string | undefined): void => {
      if (!isWanted) return;
      problem.value = sentence;
      hasEnded.value = true;
    };
    load(() => isWanted).then(
      () => {
        end(undefined);
      },
      (caught: unknown) => {
        end(isSaidElsewhere(caught) ? undefined : sentenceOf(caught));
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
    hasEnded: hasEnded.value,
    again: () => {
      tries.value++;
    },
  };
}

/**
 * Whether a view can be shown without its parts moving each other: what it shows was there when it opened, or all reads of it came to an end.
 */
export function useWhole(isKnown: boolean, loadings: readonly Loading[]): boolean {
  const wasKnown = useRef(isKnown);
  return wasKnown.current || loadings.every(({ hasEnded }) => hasEnded);
}

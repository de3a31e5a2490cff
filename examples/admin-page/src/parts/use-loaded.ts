import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { returns } from '../state/live.js';
import { isSaidElsewhere, leavesOpen, sentenceOf } from '../wire/failure.js';

const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [2_000, 30_000];

function pauseAfter(tries: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS);
}

/** The result of the last load. */
export interface Loading {
  /** Why it failed, as a sentence. */
  readonly problem: string | undefined;
  /** Whether it has succeeded or failed. The layout does not move because of it any more. */
  readonly hasEnded: boolean;
  /** Whether `about` has changed since: what is shown is of the `about` before. */
  readonly isBusy: boolean;
  readonly again: () => void;
}

/**
 * Loads the data of a component: when the component mounts, when `about` changes, when the server is reachable again,
 * and on request. Retries with growing pauses while the server can't answer. `isWanted` tells `load` whether the result
 * is still needed.
 */
export function useLoaded(about: string, load: (isWanted: () => boolean) => Promise<unknown>): Loading {
  const problem = useSignal<string | undefined>(undefined);
  const tries = useSignal(0);
  const answered = useSignal<string | undefined>(undefined);
  useEffect(() => {
    let isWanted = true;
    let again: ReturnType<typeof setTimeout> | undefined;
    const end = (sentence: string | undefined): void => {
      if (!isWanted) return;
      problem.value = sentence;
      answered.value = about;
    };
    load(() => isWanted).then(
      () => {
        end(undefined);
      },
      (caught: unknown) => {
        end(isSaidElsewhere(caught) ? undefined : sentenceOf(caught));
        // An unavailable server sends no notice when it is back, so try again later.
        if (isWanted && leavesOpen(caught)) again = setTimeout(() => tries.value++, pauseAfter(tries.value));
      },
    );
    return () => {
      isWanted = false;
      clearTimeout(again);
    };
    // The closure of `load` only changes with `about`.
  }, [about, returns.value, tries.value]);
  return {
    problem: problem.value,
    hasEnded: answered.value !== undefined,
    isBusy: answered.value !== about,
    again: () => {
      tries.value++;
    },
  };
}

/**
 * Whether a view can be shown without layout shifts: its data was cached when it opened, or all its loads have ended.
 */
export function useWhole(isKnown: boolean, loadings: readonly Loading[]): boolean {
  const wasKnown = useRef(isKnown);
  return wasKnown.current || loadings.every(({ hasEnded }) => hasEnded);
}

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { returns } from '../state/live.js';
import { isSaidElsewhere, sentenceOf } from '../wire/failure.js';

/** How the last read of what a part shows went. */
export interface Loading {
  /** Why it could not be read, as a sentence. */
  readonly problem: string | undefined;
  readonly again: () => void;
}

/**
 * Reads what a part shows: when it opens, whenever `about` is another, when the server is back, and when it is asked to.
 * `load` is told by `isWanted` whether somebody still waits for it.
 */
export function useLoaded(about: string, load: (isWanted: () => boolean) => Promise<unknown>): Loading {
  const problem = useSignal<string | undefined>(undefined);
  const tries = useSignal(0);
  useEffect(() => {
    let isWanted = true;
    const end = (sentence: string | undefined): void => {
      if (isWanted) problem.value = sentence;
    };
    load(() => isWanted).then(
      () => {
        end(undefined);
      },
      (caught: unknown) => {
        if (!isSaidElsewhere(caught)) end(sentenceOf(caught));
      },
    );
    return () => {
      isWanted = false;
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

import { useEffect } from 'preact/hooks';
import { attempt } from '../state/attempt.js';

/** Reads what a view shows, when the view opens and whenever `about` is another. */
export function useLoaded(about: string, load: () => Promise<unknown>): void {
  useEffect(() => {
    attempt(async () => {
      await load();
    });
    // What `load` closes over changes with `about` and with nothing else.
  }, [about]);
}

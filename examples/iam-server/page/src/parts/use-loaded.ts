import { useEffect } from 'preact/hooks';
import { attempt } from '../state/attempt.js';
import { returns } from '../state/live.js';

/** Reads what a view shows: when the view opens, whenever `about` is another, and when the server is back. */
export function useLoaded(about: string, load: () => Promise<unknown>): void {
  useEffect(() => {
    attempt(async () => {
      await load();
    });
    // What `load` closes over changes with `about` alone.
  }, [about, returns.value]);
}

import type { JSX } from 'preact';
import type { Loading } from './use-loaded.js';

/** Says in place what could not be read, and offers to read it again. */
export function TryAgain({ what, loading }: { readonly what: string; readonly loading: Loading }): JSX.Element | null {
  if (loading.problem === undefined) return null;
  return (
    <div class="try-again" role="alert">
      <p>
        {what} can’t be read now. {loading.problem}
      </p>
      <button type="button" class="button button-small" onClick={loading.again}>
        Try again
      </button>
    </div>
  );
}

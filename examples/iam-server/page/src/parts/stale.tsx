import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { refreshPolicy, staleOf } from '../state/policies.js';
import type { Scope } from '../wire/scope.js';
import { Instant } from './instant.js';

/** Says that what is shown of a policy could not be read anew; nothing while it was. The page tries again by itself. */
export function Stale({ scope }: { readonly scope: Scope }): JSX.Element | null {
  const stale = staleOf(scope);
  if (stale === undefined) return null;
  return (
    <div class="try-again" role="alert">
      <p>
        What stands here was read at <Instant at={stale.readAt} shows="time" />, and may not be so any more.{' '}
        {stale.problem}
      </p>
      <button
        type="button"
        class="button button-small"
        onClick={() => {
          attempt(async () => {
            await refreshPolicy(scope);
          });
        }}
      >
        Try again
      </button>
    </div>
  );
}

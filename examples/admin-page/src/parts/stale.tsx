import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { unreadOf } from '../state/unread.js';
import { Instant } from './instant.js';

/** Says in place that the shown data could not be read again; nothing otherwise. The page retries by itself. */
export function Stale({ what }: { readonly what: string }): JSX.Element | null {
  const unread = unreadOf(what);
  if (unread === undefined) return null;
  return (
    <div class="try-again" role="alert">
      <p>
        What stands here was read at <Instant at={unread.readAt} shows="time" />, and may not be so any more.{' '}
        {unread.problem}
      </p>
      <button
        type="button"
        class="button button-small"
        onClick={() => {
          attempt(async () => {
            await unread.again();
          });
        }}
      >
        Try again
      </button>
    </div>
  );
}

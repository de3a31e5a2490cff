import type { JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import { MomentPanel, momentIn } from '../parts/moment-panel.js';
import { Timeline } from '../parts/timeline.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded } from '../parts/use-loaded.js';
import { refreshPolicy } from '../state/policies.js';
import { addressOf, choose, chosen } from '../state/route.js';
import { catchUpTimeline, timelineOf } from '../state/timelines.js';
import { together } from '../state/unread.js';
import type { HistoryEntry } from '../wire/history.js';
import { INSTANCE } from '../wire/scope.js';

/** The history of the default policy, and its state at any moment. */
export function HistoryView(): JSX.Element {
  const loading = useLoaded('history', () => together([catchUpTimeline(INSTANCE), refreshPolicy(INSTANCE)]));
  const lastSequence = timelineOf(INSTANCE)?.lastSequence ?? 0;
  return (
    <>
      <p class="crumb">
        <a href={addressOf({ view: 'audit', query: { isDefault: 'true' } })}>Audit of the default policy</a>
      </p>
      <h1 tabIndex={-1}>History</h1>
      <p class="lead">
        Everything that ever happened to the default policy. Nothing is taken away, not even by a revert.
      </p>
      <TryAgain what="The history" loading={loading} />
      {isNoMoment(lastSequence) && (
        <p class="warning-line">The address names no past moment. Shown is what holds now.</p>
      )}
      {lastSequence > 0 && <Past lastSequence={lastSequence} />}
      {lastSequence === 0 && loading.problem === undefined && <Timeline scope={INSTANCE} />}
    </>
  );
}

/** Whether the address names a moment in the future, a version that is not there, or nothing that is a moment. */
function isNoMoment(lastSequence: number): boolean {
  return lastSequence > 0 && chosen('at') !== '' && momentIn(lastSequence) !== chosen('at');
}

function Past({ lastSequence }: { readonly lastSequence: number }): JSX.Element {
  const lookAt = useCallback(({ sequence }: HistoryEntry) => {
    choose({ at: String(sequence) }, 'push');
    document.querySelector<HTMLElement>('.moment input[type="range"]')?.focus();
  }, []);
  return (
    <MomentPanel lastSequence={lastSequence}>
      <section aria-label="Timeline">
        <Timeline scope={INSTANCE} lookAt={lookAt} />
      </section>
    </MomentPanel>
  );
}

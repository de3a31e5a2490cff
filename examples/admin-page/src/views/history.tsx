import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import { MomentPanel } from '../parts/moment-panel.js';
import { Timeline } from '../parts/timeline.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded } from '../parts/use-loaded.js';
import { refreshOrganizations } from '../state/organizations.js';
import { refreshPolicy } from '../state/policies.js';
import { catchUpTimeline, timelineOf } from '../state/timelines.js';
import { together } from '../state/unread.js';
import type { HistoryEntry } from '../wire/history.js';
import type { Moment } from '../wire/reads.js';
import { INSTANCE } from '../wire/scope.js';

/** Where a look back begins. */
export interface HistoryViewProps {
  /** Absent for the first organization. */
  readonly organizationId?: string;
  /** Absent for now. */
  readonly at?: Moment;
}

/** What happened to the default policy, and what was allowed when. */
export function HistoryView(begin: HistoryViewProps): JSX.Element {
  const loading = useLoaded('history', () =>
    together([catchUpTimeline(INSTANCE), refreshPolicy(INSTANCE), refreshOrganizations()]),
  );
  const lastSequence = timelineOf(INSTANCE)?.lastSequence ?? 0;
  return (
    <>
      <h1 tabIndex={-1}>History</h1>
      <p class="lead">
        Everything that ever happened to the default policy. Nothing is taken away, not even by a revert.
      </p>
      <TryAgain what="The history" loading={loading} />
      {lastSequence > 0 && <Past lastSequence={lastSequence} {...begin} />}
      {lastSequence === 0 && loading.problem === undefined && <Timeline scope={INSTANCE} />}
    </>
  );
}

function Past({ lastSequence, organizationId, at }: HistoryViewProps & { readonly lastSequence: number }): JSX.Element {
  const moment = useSignal(at ?? String(lastSequence));
  const chosen = useSignal(organizationId);
  const lookAt = useCallback(({ sequence }: HistoryEntry) => {
    moment.value = String(sequence);
    document.querySelector<HTMLElement>('.moment input[type="range"]')?.focus();
  }, []);
  return (
    <>
      <MomentPanel moment={moment} chosen={chosen} lastSequence={lastSequence} />
      <section aria-label="Timeline">
        <Timeline scope={INSTANCE} lookAt={lookAt} />
      </section>
    </>
  );
}

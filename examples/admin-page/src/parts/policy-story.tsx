import type { JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import { addressOf } from '../state/route.js';
import { catchUpTimeline, timelineOf } from '../state/timelines.js';
import type { HistoryEntry } from '../wire/history.js';
import { keyOf, type Scope } from '../wire/scope.js';
import { momentOf } from './audit-entries.js';
import { Timeline } from './timeline.js';
import { TryAgain } from './try-again.js';
import { useLoaded } from './use-loaded.js';

/** The history of one policy: where the server keeps no audit log, which has the changes of all of them. */
export function PolicyStory({ scope }: { readonly scope: Scope }): JSX.Element {
  const loading = useLoaded(`story ${keyOf(scope)}`, () => catchUpTimeline(scope));
  const lookAt = useCallback(
    (entry: HistoryEntry) => {
      location.hash = addressOf({ view: 'audit', query: momentOf(scope, entry) });
    },
    [keyOf(scope)],
  );
  return (
    <>
      <TryAgain what="The history" loading={loading} />
      {(loading.problem === undefined || timelineOf(scope) !== undefined) && <Timeline scope={scope} lookAt={lookAt} />}
    </>
  );
}

import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { attempt } from '../state/attempt.js';
import { oldestRead, readOlder, timelineKey, timelineOf } from '../state/timelines.js';
import type { HistoryEntry } from '../wire/history.js';
import type { Scope } from '../wire/scope.js';
import { counted } from '../words/counted.js';
import { Stale } from './stale.js';
import { TimelineEntry, type LookAt } from './timeline-entry.js';

const MANY = 25;

/** The policy whose history is shown. */
export interface TimelineProps {
  readonly scope: Scope;
  /** Called with the event to look back to; absent if that is not possible. */
  readonly lookAt?: LookAt;
}

/** A policy's history, newest first. Further pages are read as the user scrolls down. */
export function Timeline({ scope, lookAt }: TimelineProps): JSX.Element {
  const timeline = timelineOf(scope);
  if (timeline === undefined) return <p class="soft">Reading the history…</p>;
  const { pages, lastSequence } = timeline;
  if (lastSequence === 0) return <p class="soft">Nothing was recorded here yet.</p>;
  const older = oldestRead(timeline) - 1;
  return (
    <>
      <Stale what={timelineKey(scope)} />
      <p class="soft" role="status">
        {counted(lastSequence, 'event')}
        {older > 0 && `, the newest ${(lastSequence - older).toLocaleString('en-GB')} shown`}
      </p>
      {pages.map((entries, index) => (
        <TimelinePage
          key={entries[0]?.sequence ?? 0}
          entries={entries}
          above={pages[index - 1]?.at(-1)}
          lookAt={lookAt}
        />
      ))}
      {older > 0 && <Older key={older} scope={scope} older={older} />}
    </>
  );
}

interface TimelinePageProps {
  readonly entries: readonly HistoryEntry[];
  /** The event shown above the first one. */
  readonly above: HistoryEntry | undefined;
  readonly lookAt: LookAt | undefined;
}

/** A page never changes, so it is rendered once. */
function TimelinePage({ entries, above, lookAt }: TimelinePageProps): JSX.Element {
  return useMemo(
    () => (
      <ol
        class={entries.length > MANY ? 'timeline timeline-long' : 'timeline'}
        reversed
        start={entries[0]?.sequence ?? 1}
      >
        {entries.map((entry, index) => (
          <TimelineEntry key={entry.sequence} entry={entry} newer={entries[index - 1] ?? above} lookAt={lookAt} />
        ))}
      </ol>
    ),
    [entries, above, lookAt],
  );
}

function Older({ scope, older }: { readonly scope: Scope; readonly older: number }): JSX.Element {
  const button = useRef<HTMLButtonElement>(null);
  const read = (): void => {
    attempt(() => readOlder(scope));
  };
  useEffect(() => {
    const seen = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) read();
      },
      { rootMargin: '200px' },
    );
    if (button.current !== null) seen.observe(button.current);
    return () => {
      seen.disconnect();
    };
  }, []);
  return (
    <p class="older">
      <button ref={button} type="button" class="button" onClick={read}>
        Show older events ({older.toLocaleString('en-GB')} more)
      </button>
    </p>
  );
}

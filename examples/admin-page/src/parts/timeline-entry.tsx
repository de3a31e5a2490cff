import type { JSX } from 'preact';
import type { HistoryEntry } from '../wire/history.js';
import { localDay } from '../words/instant.js';
import { actorName } from '../words/actor.js';
import { DiffList } from './diff-list.js';
import { Instant } from './instant.js';

/** Called when the user wants to see the policy right after this event. */
export type LookAt = (entry: HistoryEntry) => void;

/** One event of a timeline. */
export interface TimelineEntryProps {
  readonly entry: HistoryEntry;
  /** The event shown above this one. */
  readonly newer: HistoryEntry | undefined;
  readonly lookAt: LookAt | undefined;
}

/** An event: who did what, when and why. */
export function TimelineEntry({ entry, newer, lookAt }: TimelineEntryProps): JSX.Element {
  const day = localDay(entry.recordedAt);
  const isNewDay = newer === undefined || localDay(newer.recordedAt) !== day;
  return (
    <li class="entry" value={entry.sequence}>
      {isNewDay && <h3 class="entry-day">{day}</h3>}
      <div class="entry-head">
        <span class="entry-sequence">
          <span class="hidden">Version </span>
          {entry.sequence}
        </span>
        <strong>{actorName(entry.actor)}</strong>
        <Instant at={entry.recordedAt} shows="time" />
        <code class="dev">{entry.type}</code>
        {lookAt !== undefined && (
          <button
            type="button"
            class="link"
            onClick={() => {
              lookAt(entry);
            }}
          >
            Look at this moment
            <span class="hidden">, version {entry.sequence}</span>
          </button>
        )}
      </div>
      <div class="entry-body">
        {entry.isKnown ? (
          <Changes entry={entry} />
        ) : (
          <p class="soft">A newer program wrote this: what it changed is not known here.</p>
        )}
        {entry.reason !== undefined && <p class="entry-reason">{entry.reason}</p>}
      </div>
    </li>
  );
}

function Changes({ entry: { changes } }: { readonly entry: HistoryEntry }): JSX.Element {
  return changes.length === 0 ? <p class="soft">No visible change.</p> : <DiffList changes={changes} />;
}

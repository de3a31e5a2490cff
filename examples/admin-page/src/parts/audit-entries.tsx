import type { JSX } from 'preact';
import { organizationName } from '../state/organizations.js';
import { addressOf, type Query } from '../state/route.js';
import type { AuditEntry } from '../wire/audit.js';
import { INSTANCE, organization, type Scope } from '../wire/scope.js';
import { actorName } from '../words/actor.js';
import { actsOf, deedsOfAct, type Act } from '../words/audit.js';
import { localDay } from '../words/instant.js';
import { Instant } from './instant.js';

interface AuditEntriesProps {
  readonly entries: readonly AuditEntry[];
  /** The number of commands to show, each with its date; absent for all, by day. */
  readonly most?: number;
}

/** Changes of many policies, newest first. */
export function AuditEntries({ entries, most }: AuditEntriesProps): JSX.Element {
  const acts = actsOf(entries).slice(0, most);
  return (
    <ol class="audit" aria-label="Changes">
      {acts.map((act, index) => (
        <Entry
          key={`${act[0].organizationId} ${act[0].sequence}`}
          act={act}
          newer={acts[index - 1]?.[0]}
          isByDay={most === undefined}
        />
      ))}
    </ol>
  );
}

interface EntryProps {
  readonly act: Act;
  readonly newer: AuditEntry | undefined;
  readonly isByDay: boolean;
}

function Entry({ act, newer, isByDay }: EntryProps): JSX.Element {
  const [entry] = act;
  const begin = act.at(-1)?.sequence ?? entry.sequence;
  const { organizationId, sequence, type, recordedAt, actor, reason } = entry;
  const day = localDay(recordedAt);
  const whose = organizationId === '' ? 'Default policy' : organizationName(organizationId);
  return (
    <li>
      {isByDay && (newer === undefined || localDay(newer.recordedAt) !== day) && <h2 class="entry-day">{day}</h2>}
      <p class="audit-head">
        <Instant at={recordedAt} {...(isByDay && { shows: 'time' })} /> <strong>{actorName(actor)}</strong>{' '}
        <a href={addressOf(organizationId === '' ? { view: 'instance' } : { view: 'organization', organizationId })}>
          {whose}
        </a>{' '}
        <span class="soft">{begin === sequence ? `version ${sequence}` : `versions ${begin} to ${sequence}`}</span>{' '}
        <code class="dev">{act.length === 1 ? type : `${act.length} events`}</code>{' '}
        <a href={addressOf({ view: 'audit', query: momentOf(scopeOf(organizationId), entry) })}>
          Look at this moment
          <span class="hidden">
            {' '}
            of {whose}, version {sequence}
          </span>
        </a>
      </p>
      {deedsOfAct(act).map((deed) => (
        <p key={deed}>{deed}</p>
      ))}
      {reason !== undefined && <p class="entry-reason">{reason}</p>}
    </li>
  );
}

function scopeOf(organizationId: string): Scope {
  return organizationId === '' ? INSTANCE : organization(organizationId);
}

/**
 * The moment of an entry, among the changes of its policy alone. A sequence only counts the events of one policy, so an
 * organization needs the instant of the event.
 */
export function momentOf(
  scope: Scope,
  { sequence, recordedAt }: { readonly sequence: number | string; readonly recordedAt: string },
): Query {
  if (scope.of === 'organization') return { organizationId: scope.organizationId, at: recordedAt };
  return { isDefault: 'true', at: String(sequence) };
}

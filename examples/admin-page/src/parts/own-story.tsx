import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { directoryChanges } from '../state/organizations.js';
import { addressOf } from '../state/route.js';
import { readAnew } from '../state/unread.js';
import { readAudit, type AuditEntry } from '../wire/audit.js';
import { organization } from '../wire/scope.js';
import { AuditEntries } from './audit-entries.js';
import { PolicyStory } from './policy-story.js';
import { Stale } from './stale.js';
import { TryAgain } from './try-again.js';
import { useLoaded } from './use-loaded.js';

/** Enough events for the newest commands: a new custom policy has several. */
const EVENTS = 60;
const MOST_CHANGES = 10;

/** The newest changes of an organization's own policy, with a link to all of them. */
export function OwnStory({ organizationId }: { readonly organizationId: string }): JSX.Element {
  const log = useSignal<readonly AuditEntry[] | 'none' | undefined>(undefined);
  const about = `changes of ${organizationId}`;
  const loading = useLoaded(`${about} ${directoryChanges.value}`, (isWanted) =>
    readAnew(about, async () => {
      const page = await readAudit({ organizationId }, '', EVENTS);
      if (isWanted()) log.value = page?.entries ?? 'none';
    }),
  );
  const all = addressOf({ view: 'audit', query: { organizationId } });
  return (
    <>
      <Stale what={about} />
      <TryAgain what="Its history" loading={loading} />
      {log.value === 'none' && <PolicyStory scope={organization(organizationId)} />}
      {log.value !== undefined && log.value !== 'none' && <Newest entries={log.value} all={all} />}
    </>
  );
}

interface NewestProps {
  readonly entries: readonly AuditEntry[];
  readonly all: string;
}

function Newest({ entries, all }: NewestProps): JSX.Element {
  if (entries.length === 0) return <p class="soft">Nothing was recorded here yet.</p>;
  return (
    <>
      <AuditEntries entries={entries} most={MOST_CHANGES} />
      <p>
        <a href={all}>All changes of its policy</a>, with filters and as a file
      </p>
    </>
  );
}

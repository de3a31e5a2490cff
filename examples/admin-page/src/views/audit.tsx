import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { AuditEntries } from '../parts/audit-entries.js';
import { AuditFilters, PolicyPicker } from '../parts/audit-filters.js';
import { MomentPanel, NOW } from '../parts/moment-panel.js';
import { PolicyStory } from '../parts/policy-story.js';
import { Stale } from '../parts/stale.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded } from '../parts/use-loaded.js';
import { Webhooks } from '../parts/webhooks.js';
import { lookedAt } from '../state/moments.js';
import { directoryChanges, learn } from '../state/organizations.js';
import { addressOf, choose, chosen, route } from '../state/route.js';
import { readAnew } from '../state/unread.js';
import { exportPath, readAudit, type AuditFilter, type AuditPage } from '../wire/audit.js';
import { INSTANCE, keyOf, organization, type Scope } from '../wire/scope.js';
import { ownerName } from '../words/intent.js';

const ROWS = 50;
const FILTERS = ['actor', 'type', 'factor', 'organizationId', 'isDefault', 'from', 'to', 'reason'] as const;

/** The last loaded page, and its filter. */
interface Shown {
  readonly about: string;
  /** `none` where the server keeps no audit log. */
  readonly log: AuditPage | 'none';
}

/** The audit log: the changes of every policy of the instance, newest first. */
export function AuditView(): JSX.Element {
  const shown = useSignal<Shown | undefined>(undefined);
  const filter = filterIn();
  const about = `audit ${JSON.stringify(filter)} ${chosen('after')}`;
  const loading = useLoaded(`${about} ${directoryChanges.value}`, (isWanted) =>
    readAnew(about, async () => {
      const page = await readAudit(filter, chosen('after'), ROWS);
      const ids = page?.entries.map(({ organizationId }) => organizationId) ?? [chosen('organizationId')];
      await learn([...new Set(ids)].filter((id) => id !== ''));
      if (isWanted()) shown.value = { about, log: page ?? 'none' };
    }),
  );
  // If the page for a new filter can't be read, the previous page is not shown for it.
  const log = shown.value?.about !== about && loading.problem !== undefined ? undefined : shown.value?.log;
  const opened = useRef(chosen('at'));
  return (
    <>
      <h1 tabIndex={-1}>Audit</h1>
      <p class="lead">
        Who changed what, where, when and why: the default policy and every custom policy, the newest first.
      </p>
      {log === 'none' ? <PolicyPicker /> : <AuditFilters />}
      {chosen('at') === '' ? <MomentOpener /> : <MomentPanel isFirst={opened.current === chosen('at')} />}
      {(opened.current === '' || lookedAt.value !== undefined) && (
        <>
          {log !== 'none' && <Exports filter={filter} />}
          <Stale what={about} />
          <TryAgain what="The audit log" loading={loading} />
          {log === 'none' && <WithoutLog />}
          {log !== undefined && log !== 'none' && <Page page={log} isBusy={loading.isBusy} />}
          <Webhooks />
        </>
      )}
    </>
  );
}

function MomentOpener(): JSX.Element {
  return (
    <p>
      <a href={addressOf({ view: 'audit', query: { ...route.value.query, at: NOW } })}>What was allowed at a moment</a>
    </p>
  );
}

function Page({
  page: { entries, next },
  isBusy,
}: {
  readonly page: AuditPage;
  readonly isBusy: boolean;
}): JSX.Element {
  return (
    <div aria-busy={isBusy}>
      {entries.length === 0 && <p class="soft">Nothing recorded is like that{next !== undefined && ' here'}.</p>}
      <AuditEntries entries={entries} />
      <Steps next={next} />
    </div>
  );
}

/** What stands in place of the log where the server keeps none. */
function WithoutLog(): JSX.Element {
  const scope = scopeIn();
  return (
    <section aria-label="Timeline">
      <p class="soft">
        This server keeps no log of all policies. Here is the history of {ownerName(scope)}; for that of another policy,
        choose its organization.
      </p>
      <PolicyStory key={keyOf(scope)} scope={scope} />
    </section>
  );
}

function scopeIn(): Scope {
  const organizationId = chosen('organizationId');
  return organizationId === '' ? INSTANCE : organization(organizationId);
}

function Exports({ filter }: { readonly filter: AuditFilter }): JSX.Element {
  return (
    <p class="exports">
      <a href={exportPath(filter, 'csv')} download="audit.csv">
        Export as CSV
      </a>{' '}
      <a href={exportPath(filter, 'json-lines')} download="audit.jsonl">
        Export as JSON
      </a>{' '}
      <span class="soft">all that the filter names, oldest first</span>
    </p>
  );
}

/** Links to older entries, and back to the newest. */
function Steps({ next }: { readonly next: string | undefined }): JSX.Element {
  return (
    <p class="pager">
      {chosen('after') !== '' && (
        <button type="button" class="button button-small" onClick={() => choose({ after: '' }, 'push')}>
          Newest
        </button>
      )}
      {next !== undefined && (
        <button
          type="button"
          class="button button-small"
          onClick={() => {
            choose({ after: next }, 'push');
            document.querySelector('h1')?.focus();
          }}
        >
          Older
        </button>
      )}
    </p>
  );
}

/** The filter in the address. */
function filterIn(): AuditFilter {
  const given: Partial<Record<(typeof FILTERS)[number], string>> = {};
  for (const name of FILTERS) {
    const value = chosen(name).trim();
    // `to` is the last instant to show; the API takes the first one not to.
    if (name === 'to' && !Number.isNaN(Date.parse(value))) given.to = new Date(Date.parse(value) + 1).toISOString();
    else if (value !== '') given[name] = value;
  }
  return given;
}

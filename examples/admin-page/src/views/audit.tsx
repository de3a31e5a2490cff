import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { AuditEntries } from '../parts/audit-entries.js';
import { AuditFilters } from '../parts/audit-filters.js';
import { Stale } from '../parts/stale.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded } from '../parts/use-loaded.js';
import { Webhooks } from '../parts/webhooks.js';
import { directoryChanges, learn } from '../state/organizations.js';
import { addressOf, choose, chosen, type Query } from '../state/route.js';
import { readAnew } from '../state/unread.js';
import { exportPath, readAudit, type AuditFilter, type AuditPage } from '../wire/audit.js';

const ROWS = 50;
const FILTERS = ['actor', 'type', 'factor', 'organizationId', 'isDefault', 'from', 'to', 'reason'] as const;

/** The last loaded page, and its filter. */
interface Shown {
  readonly about: string;
  readonly page: AuditPage;
}

/** The audit log: the changes of every policy of the instance, newest first. */
export function AuditView(): JSX.Element {
  const shown = useSignal<Shown | undefined>(undefined);
  const filter = filterIn();
  const about = `audit ${JSON.stringify(filter)} ${chosen('after')}`;
  const loading = useLoaded(`${about} ${directoryChanges.value}`, async (isWanted) => {
    const page = await readAnew(about, () => readAudit(filter, chosen('after'), ROWS));
    await learn([...new Set(page.entries.map(({ organizationId }) => organizationId))].filter((id) => id !== ''));
    if (isWanted()) shown.value = { about, page };
  });
  // If the page for a new filter can't be read, the previous page is not shown for it.
  const page = shown.value?.about !== about && loading.problem !== undefined ? undefined : shown.value?.page;
  return (
    <>
      <h1 tabIndex={-1}>Audit</h1>
      <p class="lead">
        Who changed what, where, when and why: the default policy and every custom policy, the newest first.
      </p>
      <AuditFilters />
      <p>
        <a href={addressOf({ view: 'history', query: momentQuery() })}>What was allowed at a moment</a>
      </p>
      <Exports filter={filter} />
      <Stale what={about} />
      <TryAgain what="The audit log" loading={loading} />
      <div aria-busy={loading.isBusy}>
        {page?.entries.length === 0 && (
          <p class="soft">Nothing recorded is like that{page.next !== undefined && ' here'}.</p>
        )}
        {page !== undefined && <AuditEntries entries={page.entries} />}
        {page !== undefined && <Steps next={page.next} />}
      </div>
      <Webhooks />
    </>
  );
}

function Exports({ filter }: { readonly filter: AuditFilter }): JSX.Element {
  return (
    <p>
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

/** Of the organization that is filtered by, if there is one. */
function momentQuery(): Query {
  const organization = chosen('organizationId');
  return organization === '' ? {} : { organization };
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

import type { JSX } from 'preact';
import { FACTORS, OrganizationFilter } from '../parts/organization-filter.js';
import { OrganizationTable } from '../parts/organization-table.js';
import { Pager } from '../parts/pager.js';
import { SelectionBar } from '../parts/selection-bar.js';
import { Stale } from '../parts/stale.js';
import { TryAgain } from '../parts/try-again.js';
import { useLatest } from '../parts/use-latest.js';
import { useLoaded } from '../parts/use-loaded.js';
import { directoryChanges, pageKey, pageOf, refreshPage } from '../state/organizations.js';
import { addressOf, choose, chosen } from '../state/route.js';
import type { OrganizationQuery, Sort } from '../wire/organizations.js';
import { counted } from '../words/counted.js';
import { WAYS_IN } from '../words/ways-in.js';

const ROWS = 50;

/** All organizations with their policies. The server filters, sorts and pages the list. */
export function OrganizationsView(): JSX.Element {
  const query = queryIn();
  const loading = useLoaded(`${pageKey(query)} ${directoryChanges.value}`, (isWanted) => refreshPage(query, isWanted));
  // While the next page loads, the previous one stays visible.
  const page = useLatest(pageOf(query), loading);
  return (
    <>
      <h1 tabIndex={-1}>Organizations</h1>
      <p class="lead">Users get their organization’s custom policy, or the default. The two are never combined.</p>
      <Stale what={pageKey(query)} />
      <TryAgain what="The organizations" loading={loading} />
      <OrganizationFilter page={page} />
      <Attention count={page?.counts.attention ?? 0} />
      <SelectionBar />
      {page !== undefined && page.organizations.length > 0 && (
        <OrganizationTable rows={page.organizations} isBusy={page !== pageOf(query)} />
      )}
      {page?.total === 0 && <p class="soft">No organization is like that.</p>}
      {page !== undefined && (
        <Pager
          offset={query.offset ?? 0}
          size={ROWS}
          total={page.total}
          goTo={(offset) => {
            choose({ page: offset === 0 ? '' : String(offset / ROWS + 1) }, 'push');
            document.querySelector('h1')?.focus();
          }}
        />
      )}
    </>
  );
}

/** A notice of the organizations that need attention. */
function Attention({ count }: { readonly count: number }): JSX.Element | null {
  if (count === 0 || chosen('attention') === 'yes') return null;
  return (
    <p class="locked locked-warning">
      {counted(count, 'organization')} with a policy that locks users out or can’t be read.{' '}
      <a href={addressOf({ view: 'organizations', query: { attention: 'yes' } })}>Show them</a>
    </p>
  );
}

const SORTS: readonly Sort[] = ['name', 'policy', 'differs', 'locks-out', 'weakest', 'changed'];

/** The query in the address, without invalid values. */
export function queryIn(): OrganizationQuery {
  const [search, policy, allowing] = [chosen('search').trim(), chosen('policy'), chosen('allowing')];
  const weakest = chosen('weakest');
  const sort = SORTS.find((one) => one === chosen('sort'));
  const page = /^[1-9]\d{0,3}$/.test(chosen('page')) ? Number(chosen('page')) : 1;
  return {
    limit: ROWS,
    ...(page > 1 && { offset: (page - 1) * ROWS }),
    ...(search !== '' && { search }),
    ...((policy === 'default' || policy === 'custom') && { policy }),
    ...(FACTORS.some(([name]) => name === allowing) && { allowing }),
    ...(chosen('attention') === 'yes' && { attention: 'yes' as const }),
    ...(chosen('weaker') === 'yes' && { weaker: 'yes' as const }),
    ...(WAYS_IN.some(([name]) => name === weakest) && { weakest }),
    ...(sort !== undefined && { sort }),
    ...(chosen('order') === 'desc' && { order: 'desc' as const }),
  };
}

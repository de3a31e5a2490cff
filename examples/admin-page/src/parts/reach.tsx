import type { JSX } from 'preact';
import { directoryChanges, pageKey, pageOf, refreshPage } from '../state/organizations.js';
import { addressOf } from '../state/route.js';
import type { OrganizationQuery } from '../wire/organizations.js';
import { counted, listed } from '../words/counted.js';
import { Stale } from './stale.js';
import { TryAgain } from './try-again.js';
import { useLatest } from './use-latest.js';
import { useLoaded, type Loading } from './use-loaded.js';

const ON_DEFAULT: OrganizationQuery = { policy: 'default', limit: 5 };

/** Loads the organizations that the default policy applies to. */
export function useReach(): Loading {
  return useLoaded(`reach ${directoryChanges.value}`, () => refreshPage(ON_DEFAULT));
}

/** The organizations that the default policy applies to, and those with a custom policy. */
export function Reach({ loading }: { readonly loading: Loading }): JSX.Element {
  const page = useLatest(pageOf(ON_DEFAULT), loading);
  const custom = page?.counts.custom ?? 0;
  return (
    <>
      <p class="lead">
        It holds for every organization without a custom policy
        {page !== undefined && page.total > 0 && (
          <>
            : <strong>{counted(page.total, 'organization')}</strong>,{' '}
            {listed(
              page.organizations.map(({ name }) => name),
              page.total,
            )}
          </>
        )}
        .
        {custom > 0 && (
          <>
            {' '}
            It does not reach{' '}
            <a href={addressOf({ view: 'organizations', query: { policy: 'custom' } })}>
              {counted(custom, 'organization')} with a custom policy
            </a>
            .
          </>
        )}
      </p>
      <Stale what={pageKey(ON_DEFAULT)} />
      <TryAgain what="Whom it holds for" loading={loading} />
    </>
  );
}

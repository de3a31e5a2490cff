import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { directoryChanges, pageKey, pageOf, refreshPage } from '../state/organizations.js';
import type { Organization, OrganizationQuery } from '../wire/organizations.js';
import { Pager } from './pager.js';
import { TryAgain } from './try-again.js';
import { useLatest } from './use-latest.js';
import { useLoaded } from './use-loaded.js';

const ROWS = 10;

/** Which organizations to search, and the callback for a choice. */
export interface OrganizationSearchProps {
  readonly label: string;
  readonly among?: OrganizationQuery;
  /** Absent if the list is read-only. */
  readonly pick?: (one: Organization) => void;
}

/** Searches organizations, and shows a few at a time. */
export function OrganizationSearch({ label, among = {}, pick }: OrganizationSearchProps): JSX.Element {
  const text = useSignal('');
  const offset = useSignal(0);
  const search = text.value.trim();
  const query = { ...among, limit: ROWS, offset: offset.value, ...(search !== '' && { search }) };
  const loading = useLoaded(`${pageKey(query)} ${directoryChanges.value}`, (isWanted) => refreshPage(query, isWanted));
  const page = useLatest(pageOf(query), loading);
  return (
    <div class="organization-search">
      <label class="field">
        <span>{label}</span>
        <input
          type="search"
          autocomplete="off"
          spellcheck={false}
          maxLength={200}
          value={text}
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value;
            offset.value = 0;
          }}
        />
      </label>
      <TryAgain what="The organizations" loading={loading} />
      {page?.total === 0 && <p class="soft">None is called that.</p>}
      <ul aria-busy={loading.isBusy}>
        {page?.organizations.map((one) => (
          <li key={one.id}>
            <Found one={one} pick={pick} />
          </li>
        ))}
      </ul>
      {page !== undefined && (
        <Pager offset={offset.value} size={ROWS} total={page.total} goTo={(next) => (offset.value = next)} />
      )}
    </div>
  );
}

interface FoundProps {
  readonly one: Organization;
  readonly pick: OrganizationSearchProps['pick'];
}

function Found({ one, pick }: FoundProps): JSX.Element {
  if (pick === undefined) return <>{one.name}</>;
  return (
    <button type="button" class="link" onClick={() => pick(one)}>
      {one.name}
    </button>
  );
}

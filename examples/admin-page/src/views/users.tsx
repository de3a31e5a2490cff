import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Choice, Search, Tick } from '../parts/organization-filter.js';
import { Step } from '../parts/pager.js';
import { Stale } from '../parts/stale.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded } from '../parts/use-loaded.js';
import { directoryChanges, learn, organizationName } from '../state/organizations.js';
import { addressOf, choose, chosen } from '../state/route.js';
import { readAnew } from '../state/unread.js';
import { WAYS } from '../wire/population.js';
import { readUsers, type ListedUser, type UserPage } from '../wire/users.js';
import { WAY_WORDS } from '../words/ways.js';

const ROWS = '50';
const CHOICES = ['way', 'administrators', 'search', 'after'] as const;

/** The users that the overview counts: by name, and by how they sign in. */
export function UsersView(): JSX.Element {
  const shown = useSignal<UserPage | undefined>(undefined);
  const query = queryIn();
  const about = `users ${JSON.stringify(query)}`;
  const loading = useLoaded(`${about} ${directoryChanges.value}`, (isWanted) =>
    readAnew(about, async () => {
      const page = await readUsers(query);
      await learn([...new Set(page.users.map(({ organizationId }) => organizationId))].filter((id) => id !== ''));
      if (isWanted()) shown.value = page;
    }),
  );
  const page = loading.problem === undefined ? shown.value : undefined;
  return (
    <>
      <p class="crumb">
        <a href={addressOf({ view: 'overview' })}>Overview</a>
      </p>
      <h1 tabIndex={-1}>Users</h1>
      <p class="lead">How each would sign in now, with everything they have set up.</p>
      <search class="organization-filter">
        <Search />
        <Choice label="They sign in" name="way" options={[['', 'In any way'], ...WAYS.map(optionOf)]} />
        <Tick name="administrators" label="Only administrators" />
      </search>
      <Stale what={about} />
      <TryAgain what="The users" loading={loading} />
      {page?.users.length === 0 && <p class="soft">Nobody is like that.</p>}
      {page !== undefined && page.users.length > 0 && <UserTable users={page.users} isBusy={loading.isBusy} />}
      {page !== undefined && <Pages next={page.next} />}
    </>
  );
}

/** The query in the address. */
function queryIn(): Readonly<Record<string, string>> {
  const query: Record<string, string> = { limit: ROWS };
  for (const name of CHOICES) {
    const value = chosen(name).trim();
    if (value !== '') query[name] = value;
  }
  return query;
}

function optionOf(way: (typeof WAYS)[number]): readonly [string, string] {
  return [way, WAY_WORDS[way]];
}

interface UserTableProps {
  readonly users: readonly ListedUser[];
  readonly isBusy: boolean;
}

function UserTable({ users, isBusy }: UserTableProps): JSX.Element {
  return (
    <table class="organizations" aria-busy={isBusy}>
      <thead>
        <tr>
          <th scope="col">User</th>
          <th scope="col">Organization</th>
          <th scope="col">Administrator</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {users.map((one) => (
          <Row key={one.id} one={one} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ one: { id, isAdministrator, name, organizationId } }: { readonly one: ListedUser }): JSX.Element {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td data-column="Organization">
        {organizationId === '' ? (
          'Of the instance itself'
        ) : (
          <a href={addressOf({ view: 'organization', organizationId })}>{organizationName(organizationId)}</a>
        )}
      </td>
      <td data-column="Administrator">{isAdministrator ? 'Yes' : 'No'}</td>
      <td>
        <a href={addressOf({ view: 'check', query: { user: id } })}>
          Check a sign-in<span class="hidden"> of {name}</span>
        </a>
      </td>
    </tr>
  );
}

function Pages({ next }: { readonly next: string | undefined }): JSX.Element | null {
  if (chosen('after') === '' && next === undefined) return null;
  const go = (after: string): void => {
    choose({ after }, 'push');
    document.querySelector('h1')?.focus();
  };
  return (
    <p class="pager">
      <Step label="First" isPossible={chosen('after') !== ''} go={() => go('')} />
      <Step label="Next" isPossible={next !== undefined} go={() => next !== undefined && go(next)} />
    </p>
  );
}

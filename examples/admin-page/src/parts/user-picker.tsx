import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { chooseUser } from '../state/claim.js';
import { choose, chosen } from '../state/route.js';
import { learn, organizationName } from '../state/organizations.js';
import { readUser, readUsers, type ListedUser, type UserPage } from '../wire/users.js';
import { Step } from './pager.js';
import { Picker } from './picker.js';
import { TryAgain } from './try-again.js';
import { useLoaded } from './use-loaded.js';

const ROWS = '10';

interface NamedUser {
  readonly id: string;
  readonly name: string;
}

/** Shows the user whom a sign-in is checked for, and lets another one be chosen. */
export function UserPicker(): JSX.Element {
  const id = chosen('user');
  const known = useSignal<NamedUser | undefined>(undefined);
  const loading = useLoaded(`user ${id}`, async (isWanted) => {
    if (id === '' || known.value?.id === id) return;
    const user = await readUser(id);
    if (!isWanted()) return;
    known.value = user;
    // An address that names a user and nothing else asks about them as they are now.
    if (!['has', 'idps', 'shown'].some((name) => chosen(name) !== '')) chooseUser(user);
  });
  const taking = useSignal('');
  const take = (one: string, close?: () => void): void => {
    taking.value = one;
    attempt(async () => {
      try {
        const user = await readUser(one);
        // Of two that were chosen one after the other, the answers may come in another order.
        if (taking.value !== one) return;
        known.value = user;
        close?.();
        chooseUser(user);
      } finally {
        if (taking.value === one) taking.value = '';
      }
    });
  };
  return (
    <>
      <Picker label="User" name={nameOf(id, known.value)} besides={id !== '' && <OfChosen again={() => take(id)} />}>
        {(close) => <UserSearch isTaking={taking.value !== ''} pick={(one) => take(one, close)} />}
      </Picker>
      {id !== '' && <TryAgain what="This user" loading={loading} />}
    </>
  );
}

function OfChosen({ again }: { readonly again: () => void }): JSX.Element {
  return (
    <>
      <button type="button" class="link" onClick={again}>
        As they are now
      </button>
      <button type="button" class="link" onClick={() => choose({ user: '' })}>
        Nobody in particular
      </button>
    </>
  );
}

function nameOf(id: string, known: NamedUser | undefined): string {
  if (id === '') return 'Nobody in particular';
  return known?.id === id ? known.name : id;
}

interface UserSearchProps {
  /** Whether a choice is being read. */
  readonly isTaking: boolean;
  readonly pick: (id: string) => void;
}

function UserSearch({ isTaking, pick }: UserSearchProps): JSX.Element {
  const text = useSignal('');
  const starts = useSignal<readonly string[]>(['']);
  const page = useSignal<UserPage | undefined>(undefined);
  const query = { limit: ROWS, search: text.value.trim(), after: starts.value.at(-1) ?? '' };
  const loading = useLoaded(JSON.stringify(query), async (isWanted) => {
    const read = await readUsers(query);
    await learn([...new Set(read.users.map(({ organizationId }) => organizationId))].filter((one) => one !== ''));
    if (isWanted()) page.value = read;
  });
  return (
    <div class="organization-search">
      <label class="field">
        <span>Find a user</span>
        <input
          type="search"
          autocomplete="off"
          spellcheck={false}
          maxLength={200}
          value={text}
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value;
            starts.value = [''];
          }}
        />
      </label>
      <TryAgain what="The users" loading={loading} />
      {page.value?.users.length === 0 && <p class="soft">Nobody is called that.</p>}
      <ul aria-busy={loading.isBusy || isTaking}>
        {page.value?.users.map((one) => (
          <Found key={one.id} one={one} pick={pick} />
        ))}
      </ul>
      <Pages starts={starts} next={page.value?.next} />
    </div>
  );
}

interface FoundProps extends Pick<UserSearchProps, 'pick'> {
  readonly one: ListedUser;
}

function Found({ one: { id, name, organizationId }, pick }: FoundProps): JSX.Element {
  return (
    <li>
      <button type="button" class="link" onClick={() => pick(id)}>
        {name}
      </button>{' '}
      <span class="soft">{organizationId === '' ? '' : organizationName(organizationId)}</span>
    </li>
  );
}

interface PagesProps {
  /** The names that the pages so far begin after. */
  readonly starts: Signal<readonly string[]>;
  readonly next: string | undefined;
}

function Pages({ starts, next }: PagesProps): JSX.Element | null {
  const isFirst = starts.value.length === 1;
  if (isFirst && next === undefined) return null;
  return (
    <p class="pager">
      <Step label="Previous" isPossible={!isFirst} go={() => (starts.value = starts.value.slice(0, -1))} />
      <Step
        label="Next"
        isPossible={next !== undefined}
        go={() => (starts.value = [...starts.value, ...(next === undefined ? [] : [next])])}
      />
    </p>
  );
}

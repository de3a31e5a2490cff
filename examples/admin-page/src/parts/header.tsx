import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { attempt } from '../state/attempt.js';
import { hasDraft } from '../state/draft.js';
import { checkNow, lastHeard, liveness, silentSeconds, type Liveness } from '../state/live.js';
import { addressOf, route, type Route } from '../state/route.js';
import { leave } from '../state/session.js';
import { isSomethingUnread } from '../state/unread.js';
import type { Scope } from '../wire/scope.js';
import type { Session } from '../wire/session.js';
import { Icon } from './icon.js';
import { Instant } from './instant.js';
import { PasskeysButton } from './passkeys-dialog.js';
import { ThemeChoice } from './theme-choice.js';

interface View {
  readonly label: string;
  readonly to: Route;
  readonly holds: readonly Route['view'][];
  /** The scopes whose unsaved changes this view contains. */
  readonly draftsIn: readonly Scope['of'][];
}

const VIEWS: readonly View[] = [
  { label: 'Overview', to: { view: 'overview' }, holds: ['overview', 'users'], draftsIn: [] },
  { label: 'Default policy', to: { view: 'instance' }, holds: ['instance'], draftsIn: ['instance'] },
  {
    label: 'Organizations',
    to: { view: 'organizations' },
    holds: ['organizations', 'organization', 'rollout'],
    draftsIn: ['organization'],
  },
  { label: 'Proposals', to: { view: 'proposals' }, holds: ['proposals'], draftsIn: [] },
  { label: 'Audit', to: { view: 'audit' }, holds: ['audit'], draftsIn: [] },
  { label: 'Check a sign-in', to: { view: 'check' }, holds: ['check'], draftsIn: [] },
];

const LIVENESS: Readonly<Record<Liveness, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  'trying-again': 'Reconnecting',
  offline: 'Offline',
};

/** The current view, the signed-in user, and the navigation. */
export function Header({ session }: { readonly session: Session }): JSX.Element {
  return (
    <header class="header">
      <div class="header-row">
        <Icon name="mark" />
        <p class="header-instance">
          <strong>{session.instanceName}</strong>
          <code class="dev">{session.instanceId}</code>
        </p>
        <Freshness />
        <Account session={session} />
      </div>
      <Navigation />
    </header>
  );
}

/** The user, what is theirs to set, and the way out. On a phone behind a button. */
function Account({ session }: { readonly session: Session }): JSX.Element {
  const isOpen = useSignal(false);
  const opener = useRef<HTMLButtonElement>(null);
  return (
    <div
      class="account"
      onKeyDown={({ key }) => {
        if (key !== 'Escape' || !isOpen.value) return;
        isOpen.value = false;
        opener.current?.focus();
      }}
    >
      <button
        ref={opener}
        type="button"
        class="button button-small account-opener"
        aria-expanded={isOpen.value}
        aria-controls="account"
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        Account
      </button>
      <div id="account" class={isOpen.value ? 'account-content account-open' : 'account-content'}>
        <AccountContent session={session} />
      </div>
    </div>
  );
}

function AccountContent({ session }: { readonly session: Session }): JSX.Element {
  return (
    <>
      <ThemeChoice />
      <p class="header-user">
        <strong>{session.userName}</strong>
        <code class="dev">{session.role}</code>
      </p>
      <PasskeysButton />
      <button
        type="button"
        class="button button-small"
        onClick={() => {
          attempt(leave);
        }}
      >
        Sign out
      </button>
    </>
  );
}

/** Whether changes from elsewhere arrive, and when that was last confirmed. */
function Freshness(): JSX.Element {
  const seconds = silentSeconds.value;
  const isBehind = liveness.value === 'live' && isSomethingUnread.value;
  return (
    <p class={`liveness liveness-${isBehind ? 'trying-again' : liveness.value}`}>
      <span role="status">{isBehind ? 'Not up to date' : LIVENESS[liveness.value]}</span>
      {lastHeard.value !== undefined && (
        <span class="print-only">
          As of <Instant at={lastHeard.value} />
        </span>
      )}
      {seconds !== undefined && !isBehind && <span class="liveness-age">checked {ago(seconds)}</span>}
      {(isBehind || (liveness.value !== 'live' && liveness.value !== 'connecting')) && (
        <button type="button" class="link" onClick={checkNow}>
          Check now
        </button>
      )}
    </p>
  );
}

function ago(seconds: number): string {
  if (seconds < 2) return 'just now';
  return seconds < 120 ? `${seconds} s ago` : `${Math.floor(seconds / 60)} min ago`;
}

function Navigation(): JSX.Element {
  const nav = useRef<HTMLElement>(null);
  const { view } = route.value;
  // On a phone, the row of views is wider than the window.
  useLayoutEffect(() => {
    const link = nav.current?.querySelector('[aria-current]');
    if (link instanceof HTMLElement)
      nav.current?.scrollTo({ left: link.offsetLeft + link.offsetWidth / 2 - innerWidth / 2 });
  }, [view]);
  return (
    <nav ref={nav} aria-label="Views">
      {VIEWS.map(({ label, to, holds, draftsIn }) => (
        <a key={label} href={addressOf(to)} aria-current={holds.includes(view) ? 'page' : undefined}>
          {label}
          {draftsIn.some((of) => hasDraft(of)) && <Unsaved />}
        </a>
      ))}
    </nav>
  );
}

function Unsaved(): JSX.Element {
  return (
    <span class="unsaved">
      <span aria-hidden="true"> ●</span>
      <span class="hidden">(changes are not saved)</span>
    </span>
  );
}

import type { JSX, RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Header } from './parts/header.js';
import { fetchAhead, LazyPart, LazyView, type Lazy } from './parts/lazy-view.js';
import { PageNotices } from './parts/modal.js';
import { useLoaded } from './parts/use-loaded.js';
import { conflict, settle } from './state/conflicts.js';
import { isForDevelopers, showForDevelopers } from './state/developers.js';
import { recallDrafts } from './state/draft.js';
import { forgetWhatWasRead } from './state/forget.js';
import { onKeptElsewhere } from './state/kept.js';
import { returns, stayUpToDate } from './state/live.js';
import { addressDialogs } from './state/dialog-address.js';
import { learnProviders } from './state/identity-providers.js';
import { leaveFailures } from './state/notices.js';
import { organizationName } from './state/organizations.js';
import { returnToPlace } from './state/place.js';
import { giveUp, proposal } from './state/proposals.js';
import { route, viewKey, type Route, type ViewName } from './state/route.js';
import { session } from './state/session.js';
import { recallUnfinished } from './state/unfinished-rollouts.js';
import type { Session } from './wire/session.js';
import { Outsider } from './views/outsider.js';
import { OverviewView } from './views/overview.js';
import { SignInView } from './views/sign-in.js';

/** The views that are not needed at first, and are loaded later. */
const LAZY: Readonly<Record<Exclude<ViewName, 'overview'>, Lazy>> = {
  instance: { title: 'Default policy', fetch: async () => (await import('./views/instance.js')).InstanceView },
  organizations: {
    title: 'Organizations',
    fetch: async () => (await import('./views/organizations.js')).OrganizationsView,
  },
  organization: {
    title: 'Organization',
    fetch: async () => (await import('./views/organization.js')).OrganizationView,
  },
  audit: { title: 'Audit', fetch: async () => (await import('./views/audit.js')).AuditView },
  rollout: { title: 'Change many policies', fetch: async () => (await import('./views/rollout.js')).RolloutView },
  proposals: { title: 'Proposals', fetch: async () => (await import('./views/proposals.js')).ProposalsView },
  check: { title: 'Check a sign-in', fetch: async () => (await import('./views/check.js')).CheckView },
  users: { title: 'Users', fetch: async () => (await import('./views/users.js')).UsersView },
};

/** The dialogs of a change: loaded with the views in which changes begin. */
const DIALOGS: Lazy = {
  title: 'Dialogs',
  fetch: async () => (await import('./parts/change-dialogs.js')).ChangeDialogs,
};

/** The whole page. */
export function App(): JSX.Element {
  const who = session.value;
  return (
    <>
      {who === 'asking' && <p class="hidden">Asking the server who is signed in.</p>}
      {who === undefined && <SignInView />}
      {who !== undefined && who !== 'asking' && <Entered key={who.userId} session={who} />}
      <PageNotices />
    </>
  );
}

/** A user who may not read the instance's policies would see a refusal in each view. */
function Entered({ session: who }: { readonly session: Session }): JSX.Element {
  return who.permissions.includes('iam.policy.read') ? <SignedIn session={who} /> : <Outsider session={who} />;
}

/** The delay before other views are preloaded. */
const AHEAD_MS = 500;

function beginAhead(): () => void {
  const ahead = setTimeout(fetchAhead, AHEAD_MS, [DIALOGS, ...Object.values(LAZY)]);
  return () => {
    clearTimeout(ahead);
  };
}

/** The tab is called as the view is. */
function useTitle(main: RefObject<HTMLElement | null>, { instanceName }: Session): void {
  // An organization's name is only known after a read.
  const name = organizationName(route.value.organizationId ?? '');
  useEffect(() => {
    const heading = main.current?.querySelector('h1')?.textContent ?? '';
    document.title = `${heading} · ${instanceName}`;
  }, [viewKey(route.value), name]);
}

function SignedIn({ session: who }: { readonly session: Session }): JSX.Element {
  const main = useRef<HTMLElement>(null);
  const at = viewKey(route.value);
  const first = useRef(at);
  useEffect(begin, []);
  // Each view may name them. Until they are known, and where they can't be read, the ids stand in their place.
  useLoaded('names of identity providers', learnProviders);
  // Also when the server is reachable again, because an earlier preload may have failed.
  useEffect(beginAhead, [returns.value]);
  useTitle(main, who);
  // Not an effect after painting, because a dialog would be visible for a moment over the wrong view.
  useLayoutEffect(() => {
    if (first.current === at) return;
    first.current = '';
    giveUp();
    settle();
    leaveFailures();
    if (returnToPlace(() => viewKey(route.value) === at)) return;
    // After a navigation the focus moves to the new view's heading.
    main.current?.querySelector('h1')?.focus();
    scrollTo(0, 0);
  }, [at]);
  return (
    <>
      <a class="skip" href="#main" onClick={skipTo(main)}>
        Skip to the content
      </a>
      <Header session={who} />
      <main ref={main} id="main" tabIndex={-1}>
        <View key={at} at={route.value} />
      </main>
      <Footer />
      {(proposal.value !== undefined || conflict.value !== undefined) && <LazyPart part={DIALOGS} />}
    </>
  );
}

function Footer(): JSX.Element {
  const isShown = isForDevelopers.value;
  return (
    <footer>
      <button
        type="button"
        class="link"
        aria-pressed={isShown}
        onClick={() => {
          showForDevelopers(!isShown);
        }}
      >
        For developers
      </button>
      <span class="soft">
        {' '}
        {isShown ? 'The API’s names and details are shown.' : 'Show the API’s names and details.'}
      </span>
    </footer>
  );
}

/** Loads the signed-in user's stored work and keeps the shown data up to date, until they sign out. */
function begin(): () => void {
  recallKept();
  const stops = [stayUpToDate(), onKeptElsewhere(recallKept), addressDialogs()];
  return () => {
    for (const stop of stops) stop();
    forgetWhatWasRead();
  };
}

function recallKept(): void {
  recallDrafts();
  recallUnfinished();
}

/** Moves the focus here, because the hash of an ordinary skip link would change the view. */
function skipTo(target: { readonly current: HTMLElement | null }): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    target.current?.focus();
  };
}

function View({ at }: { readonly at: Route }): JSX.Element {
  switch (at.view) {
    case 'overview':
      return <OverviewView />;
    case 'instance':
    case 'organizations':
    case 'organization':
    case 'audit':
    case 'rollout':
    case 'proposals':
    case 'check':
    case 'users':
      return <LazyView view={LAZY[at.view]} />;
  }
}

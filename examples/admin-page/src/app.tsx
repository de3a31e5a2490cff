import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { ConflictDialog } from './parts/conflict-dialog.js';
import { Header } from './parts/header.js';
import { PageNotices } from './parts/modal.js';
import { PreviewDialog } from './parts/preview-dialog.js';
import { conflict, settle } from './state/conflicts.js';
import { recallDrafts } from './state/draft.js';
import { forgetWhatWasRead } from './state/forget.js';
import { onKeptElsewhere } from './state/kept.js';
import { stayUpToDate } from './state/live.js';
import { organizations } from './state/organizations.js';
import { giveUp, proposal } from './state/proposals.js';
import { addressOf, route, type Route } from './state/route.js';
import { session } from './state/session.js';
import type { Session } from './wire/session.js';
import { HistoryView } from './views/history.js';
import { InstanceView } from './views/instance.js';
import { OrganizationView } from './views/organization.js';
import { OrganizationsView } from './views/organizations.js';
import { SignInView } from './views/sign-in.js';

/** The whole page. */
export function App(): JSX.Element {
  const who = session.value;
  return (
    <>
      {who === 'asking' && <p class="hidden">Asking the server who is signed in.</p>}
      {who === undefined && <SignInView />}
      {who !== undefined && who !== 'asking' && <SignedIn session={who} />}
      <PageNotices />
    </>
  );
}

function SignedIn({ session: who }: { readonly session: Session }): JSX.Element {
  const main = useRef<HTMLElement>(null);
  const at = addressOf(route.value);
  const first = useRef(at);
  useEffect(begin, []);
  const loaded = organizations.value;
  useEffect(() => {
    const heading = main.current?.querySelector('h1')?.textContent ?? '';
    document.title = `${heading} · ${who.instanceName}`;
    // An organization's name is known once the organizations were read.
  }, [at, loaded]);
  // Not an effect after painting: a dialog would be there for a moment, over a view it does not speak of.
  useLayoutEffect(() => {
    if (first.current === at) return;
    first.current = '';
    giveUp();
    settle();
    // A reader who followed a link goes on at the new view's heading.
    main.current?.querySelector('h1')?.focus();
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
      {proposal.value !== undefined && <PreviewDialog proposal={proposal.value} />}
      {conflict.value !== undefined && <ConflictDialog conflict={conflict.value} />}
    </>
  );
}

/** Takes up what whoever signed in had begun, and keeps what is shown up, until they sign out. */
function begin(): () => void {
  recallDrafts();
  const stops = [stayUpToDate(), onKeptElsewhere(recallDrafts)];
  return () => {
    for (const stop of stops) stop();
    forgetWhatWasRead();
  };
}

/** The hash names the view, so that the link moves the focus itself. */
function skipTo(target: { readonly current: HTMLElement | null }): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    target.current?.focus();
  };
}

function View({ at }: { readonly at: Route }): JSX.Element {
  switch (at.view) {
    case 'instance':
      return <InstanceView />;
    case 'organizations':
      return <OrganizationsView />;
    case 'organization':
      return <OrganizationView organizationId={at.organizationId} />;
    case 'history':
      return <HistoryView {...at} />;
  }
}

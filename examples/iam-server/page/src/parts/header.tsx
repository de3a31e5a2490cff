import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { liveness, type Liveness } from '../state/live.js';
import { addressOf, route, type Route } from '../state/route.js';
import { leave } from '../state/session.js';
import type { Session } from '../wire/session.js';
import { Icon } from './icon.js';
import { ThemeChoice } from './theme-choice.js';

const VIEWS: readonly { readonly label: string; readonly to: Route; readonly holds: readonly Route['view'][] }[] = [
  { label: 'Default policy', to: { view: 'instance' }, holds: ['instance'] },
  { label: 'Organizations', to: { view: 'organizations' }, holds: ['organizations', 'organization'] },
  { label: 'History', to: { view: 'history' }, holds: ['history'] },
];

const LIVENESS: Readonly<Record<Liveness, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  'trying-again': 'Reconnecting',
};

/** Where one is, as whom, and where one can go. */
export function Header({ session }: { readonly session: Session }): JSX.Element {
  return (
    <header class="header">
      <div class="header-row">
        <Icon name="mark" />
        <p class="header-instance">
          <strong>{session.instanceName}</strong>
          <code>{session.instanceId}</code>
        </p>
        <p class={`liveness liveness-${liveness.value}`} title="Whether changes made elsewhere appear by themselves">
          {LIVENESS[liveness.value]}
        </p>
        <ThemeChoice />
        <p class="header-user">
          <strong>{session.userName}</strong>
          <code>{session.role}</code>
        </p>
        <button
          type="button"
          class="button button-small"
          onClick={() => {
            attempt(leave);
          }}
        >
          Sign out
        </button>
      </div>
      <Navigation />
    </header>
  );
}

function Navigation(): JSX.Element {
  return (
    <nav aria-label="Views">
      {VIEWS.map(({ label, to, holds }) => (
        <a key={label} href={addressOf(to)} aria-current={holds.includes(route.value.view) ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
}

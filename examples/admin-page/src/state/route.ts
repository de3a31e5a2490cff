import { signal, type ReadonlySignal } from '@preact/signals';

const VIEWS = ['instance', 'organizations', 'organization', 'history', 'audit', 'rollout', 'check'] as const;

/** Which view there is. */
export type ViewName = (typeof VIEWS)[number];

/** What the address says: which view, of which organization, and what is chosen in it. */
export interface Route {
  readonly view: ViewName;
  /** Of the view `organization` only. */
  readonly organizationId?: string;
  /** What is chosen: a filter, a moment, a dialog. */
  readonly query?: Query;
}

/** What is chosen in a view, by name. */
export type Query = Readonly<Record<string, string>>;

const current = signal<Route>(routeOf(location.hash));

/** The view the address names. */
export const route: ReadonlySignal<Route> = current;

/** Follows the address from now on. */
export function followAddress(): void {
  addEventListener('hashchange', () => {
    current.value = routeOf(location.hash);
  });
}

/** What is chosen under a name; empty for nothing. */
export function chosen(name: string): string {
  return current.value.query?.[name] ?? '';
}

/** Chooses something in the view that is shown; what is empty is not chosen any more. `push`: Back takes it back. */
export function choose(changes: Query, how: 'push' | 'replace' = 'replace'): void {
  const query = Object.fromEntries(
    Object.entries({ ...current.value.query, ...changes }).filter(([, value]) => value !== ''),
  );
  const next = { ...current.value, query };
  if (how === 'push') history.pushState(null, '', addressOf(next));
  else history.replaceState(history.state, '', addressOf(next));
  current.value = next;
}

/** What stays the same while something is chosen in a view. */
export function viewKey({ view, organizationId = '' }: Route): string {
  return `${view} ${organizationId}`;
}

/** The route behind a hash; what is unknown leads to the default policy. */
function routeOf(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  const query: Query = Object.fromEntries(new URLSearchParams(search));
  const [name = '', id = '', at = ''] = path.split('/').map(decoded);
  // As addresses were once.
  if (name === 'history' && id !== '') return { view: name, query: { organization: id, at, ...query } };
  if (name === 'organizations' && id !== '') return { view: 'organization', organizationId: id, query };
  const view = VIEWS.find((one) => one === name && one !== 'organization') ?? 'instance';
  return { view, query };
}

/** A part of an address as it is meant; as it stands, where somebody cut it off in the middle. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The hash that leads to a route. */
export function addressOf({ view, organizationId = '', query = {} }: Route): string {
  const search = new URLSearchParams(query).toString();
  return `#/${pathOf(view, organizationId)}${search === '' ? '' : `?${search}`}`;
}

function pathOf(view: ViewName, organizationId: string): string {
  if (view === 'instance') return '';
  return view === 'organization' ? `organizations/${encodeURIComponent(organizationId)}` : view;
}

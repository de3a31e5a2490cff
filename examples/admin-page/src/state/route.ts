import { signal, type ReadonlySignal } from '@preact/signals';

const VIEWS = [
  'overview',
  'instance',
  'organizations',
  'organization',
  'audit',
  'rollout',
  'proposals',
  'check',
  'users',
] as const;

/** The views. */
export type ViewName = (typeof VIEWS)[number];

/** The parsed address: the view, its organization, and its parameters. */
export interface Route {
  readonly view: ViewName;
  /** Only for the view `organization`. */
  readonly organizationId?: string;
  /** The parameters: a filter, a moment, a dialog. */
  readonly query?: Query;
}

/** The parameters of a view by name. */
export type Query = Readonly<Record<string, string>>;

const current = signal<Route>(routeOf(location.hash));

/** The route of the current address. */
export const route: ReadonlySignal<Route> = current;

/** Starts to follow the address. */
export function followAddress(): void {
  addEventListener('hashchange', () => {
    current.value = routeOf(location.hash);
  });
}

/** The value of a parameter; empty if it is absent. */
export function chosen(name: string): string {
  return current.value.query?.[name] ?? '';
}

/** Some browsers refuse more than a hundred changes of the address in ten seconds, as when a slider is dragged. */
const [MOST_WRITES, WITHIN_MS, PAUSE_MS] = [50, 10_000, 1_000];
let written: readonly number[] = [];
let writing: ReturnType<typeof setTimeout> | undefined;

function write(): void {
  clearTimeout(writing);
  writing = undefined;
  written = [...written, performance.now()].slice(-MOST_WRITES);
  history.replaceState(history.state, '', addressOf(current.value));
}

/** Sets parameters of the current view; an empty value removes one. With `push`, Back undoes it. */
export function choose(changes: Query, how: 'push' | 'replace' = 'replace'): void {
  const query = Object.fromEntries(
    Object.entries({ ...current.value.query, ...changes }).filter(([, value]) => value !== ''),
  );
  const next = { ...current.value, query };
  if (how === 'push') {
    if (writing !== undefined) write();
    history.pushState(null, '', addressOf(next));
  }
  current.value = next;
  if (how === 'push') return;
  const isOften = written.length === MOST_WRITES && performance.now() - (written[0] ?? 0) < WITHIN_MS;
  if (!isOften) write();
  else writing ??= setTimeout(write, PAUSE_MS);
}

/** Identifies a view regardless of its parameters. */
export function viewKey({ view, organizationId = '' }: Route): string {
  return `${view} ${organizationId}`;
}

/** The route of a hash. An unknown one leads to the overview. */
function routeOf(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  const query: Query = Object.fromEntries(new URLSearchParams(search));
  const [name = '', id = ''] = path.split('/').map(decoded);
  if (name === 'organizations' && id !== '') return { view: 'organization', organizationId: id, query };
  if (name === 'default') return { view: 'instance', query };
  const view = VIEWS.find((one) => one === name && one !== 'organization' && one !== 'instance') ?? 'overview';
  return { view, query };
}

/** A decoded part of an address; unchanged if it is malformed. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The hash of a route. */
export function addressOf({ view, organizationId = '', query = {} }: Route): string {
  const search = new URLSearchParams(query).toString();
  return `#/${pathOf(view, organizationId)}${search === '' ? '' : `?${search}`}`;
}

function pathOf(view: ViewName, organizationId: string): string {
  if (view === 'overview') return '';
  if (view === 'instance') return 'default';
  return view === 'organization' ? `organizations/${encodeURIComponent(organizationId)}` : view;
}

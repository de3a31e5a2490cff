import { signal, type ReadonlySignal } from '@preact/signals';

/** Which view is shown. */
export type Route =
  | { readonly view: 'instance' }
  | { readonly view: 'organizations' }
  | { readonly view: 'organization'; readonly organizationId: string }
  | { readonly view: 'history' };

const current = signal<Route>(routeOf(location.hash));

/** The view the address names. */
export const route: ReadonlySignal<Route> = current;

/** Follows the address from now on. */
export function followAddress(): void {
  addEventListener('hashchange', () => {
    current.value = routeOf(location.hash);
  });
}

/** The route behind a hash; what is unknown leads to the default policy. */
function routeOf(hash: string): Route {
  const [view, id] = hash.replace(/^#\/?/, '').split('/');
  if (view === 'history') return { view };
  if (view !== 'organizations') return { view: 'instance' };
  return id === undefined || id === ''
    ? { view: 'organizations' }
    : { view: 'organization', organizationId: decodeURIComponent(id) };
}

/** The hash that leads to a route. */
export function addressOf(target: Route): string {
  switch (target.view) {
    case 'instance':
      return '#/';
    case 'organizations':
    case 'history':
      return `#/${target.view}`;
    case 'organization':
      return `#/organizations/${encodeURIComponent(target.organizationId)}`;
  }
}

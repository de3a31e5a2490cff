import { signal, type ReadonlySignal } from '@preact/signals';
import type { Moment } from '../wire/reads.js';

/** Which view is shown. */
export type Route =
  | { readonly view: 'instance' }
  | { readonly view: 'organizations' }
  | { readonly view: 'organization'; readonly organizationId: string }
  | {
      readonly view: 'history';
      /** Whose effective policy is looked at first. */
      readonly organizationId?: string;
      /** The moment that is looked at first. */
      readonly at?: Moment;
    };

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
  const [view, id = '', at = ''] = hash.replace(/^#\/?/, '').split('/').map(decoded);
  if (view === 'history') {
    return { view, ...(id !== '' && { organizationId: id }), ...(!Number.isNaN(Date.parse(at)) && { at }) };
  }
  if (view !== 'organizations') return { view: 'instance' };
  return id === '' ? { view: 'organizations' } : { view: 'organization', organizationId: id };
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
export function addressOf(target: Route): string {
  switch (target.view) {
    case 'instance':
      return '#/';
    case 'organizations':
      return '#/organizations';
    case 'organization':
      return `#/organizations/${encodeURIComponent(target.organizationId)}`;
    case 'history':
      return `#/history${encoded(target.organizationId)}${encoded(target.at)}`;
  }
}

function encoded(part: string | undefined): string {
  return part === undefined ? '' : `/${encodeURIComponent(part)}`;
}

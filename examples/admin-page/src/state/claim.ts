import type { Claim } from '../wire/check.js';
import { IDP } from '../wire/check.js';
import { MULTI_FACTORS, SECOND_FACTORS } from '../wire/factors.js';
import type { KnownUser } from '../wire/users.js';
import { choose, chosen } from './route.js';

const FACTORS = [...MULTI_FACTORS, ...SECOND_FACTORS];
const PASSKEY = MULTI_FACTORS[0]?.name ?? '';
const NOW = 'PT0S';

/** What a user can have: `password` and the factors, by the display name. */
export const OWNED: readonly (readonly [name: string, label: string])[] = [
  ['password', 'A password'],
  ...FACTORS.map(({ name, label }) => [name, label] as const),
];

/** The items of a list in the address. */
export function listIn(name: string): readonly string[] {
  return chosen(name)
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/** Adds an item to a list in the address, or removes it. */
export function put(name: string, item: string, isIn: boolean): void {
  const others = listIn(name).filter((one) => one !== item);
  choose({ [name]: [...others, ...(isIn ? [item] : [])].join(',') });
}

/** What the user may have shown: only what they have. */
export function showable(): readonly string[] {
  const has = listIn('has');
  const own = OWNED.map(([name]) => name).filter((name) => has.includes(name));
  return [
    ...own.filter((name) => name === 'password'),
    ...own.filter((name) => name === PASSKEY).map(() => 'passkey'),
    ...listIn('idps').map((id) => `${IDP}${id}`),
    ...own.filter((name) => name !== 'password' && name !== PASSKEY),
  ];
}

/** What the user has shown, each with its age. */
export function shownIn(): ReadonlyMap<string, string> {
  const possible = showable();
  const given = listIn('shown').map((one) => {
    const [, name = one, age = NOW] = /^(.*)~(P[0-9A-Z.]+)$/.exec(one) ?? [];
    return [name, age] as const;
  });
  return new Map(given.filter(([name]) => possible.includes(name)));
}

/** Says how long ago the user has shown something; `undefined`: they have not. */
export function show(name: string, age: string | undefined): void {
  const shown = new Map(shownIn());
  if (age === undefined) shown.delete(name);
  else shown.set(name, age);
  choose({ shown: shownText([...shown]) });
}

function shownText(shown: Claim['shown']): string {
  return shown.map(([name, age]) => (age === NOW ? name : `${name}~${age}`)).join(',');
}

/** Asks about a user of the server, as they are now. */
export function chooseUser({ id, organizationId, has, identityProviders, shown }: KnownUser): void {
  choose({
    user: id,
    organization: organizationId,
    has: has.join(','),
    idps: identityProviders.join(','),
    shown: shownText(shown),
  });
}

/** What the address says of the user. */
export function claimed(): Claim {
  const has = listIn('has');
  return {
    hasPassword: has.includes('password'),
    factors: FACTORS.map(({ name }) => name).filter((name) => has.includes(name)),
    identityProviders: listIn('idps'),
    shown: [...shownIn()],
    at: Number.isNaN(Date.parse(chosen('at'))) ? '' : new Date(chosen('at')).toISOString(),
  };
}

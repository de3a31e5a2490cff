import { openLoginPolicies, type LoginPolicies, type LoginPoliciesOptions } from '@login-policy/domain';
import { openPeople, type Census, type People, type UserClass } from '@login-policy/domain/people';
import { openMemoryStore, type Store } from '@login-policy/event-sourcing';

/** Users with a password and nothing else. */
export const PASSWORD_ONLY: UserClass = {
  hasPassword: true,
  factors: [],
  identityProviders: [],
  users: 10,
  administrators: 0,
};

/** A class that differs from {@link PASSWORD_ONLY}. */
export function users(differs: Partial<UserClass> = {}): UserClass {
  return { ...PASSWORD_ONLY, ...differs };
}

/** A census of these classes, a page each. */
export function censusOf(...classes: readonly UserClass[]): Census {
  return function* () {
    for (const one of classes) yield [one];
  };
}

export interface Counted {
  readonly people: People;
  readonly policies: LoginPolicies;
  readonly store: Store;
}

/** Login policies that know their users, with the guard on. */
export async function openCounted(census: Census, options: Partial<LoginPoliciesOptions> = {}): Promise<Counted> {
  const [store, people] = [openMemoryStore(), openPeople(census)];
  const policies = await openLoginPolicies({ store, people, guard: 'refuse', ...options });
  return { people, policies, store };
}

import type { AuditEntry } from '@login-policy/domain/audit';
import { isOrganization, type LoginPolicyEvent } from '@login-policy/domain/model';

/** ZITADEL's types of aggregates that have a login policy. */
export const AGGREGATE_TYPES = ['instance', 'org'] as const;

/** One of {@link AGGREGATE_TYPES}. */
export type AggregateType = (typeof AGGREGATE_TYPES)[number];

/** ZITADEL's name of an event behind its aggregate's type, and the sentence for people. */
const NAMES: Readonly<Record<LoginPolicyEvent['type'], readonly [name: string, sentence: string]>> = {
  LoginPolicyAdded: ['policy.login.added', 'Login policy added'],
  LoginPolicyChanged: ['policy.login.changed', 'Login policy changed'],
  LoginPolicyRemoved: ['policy.login.removed', 'Login policy removed'],
  SecondFactorAdded: ['policy.login.secondfactor.added', 'Second factor added to the login policy'],
  SecondFactorRemoved: ['policy.login.secondfactor.removed', 'Second factor removed from the login policy'],
  MultiFactorAdded: ['policy.login.multifactor.added', 'Multi-factor added to the login policy'],
  MultiFactorRemoved: ['policy.login.multifactor.removed', 'Multi-factor removed from the login policy'],
  IdentityProviderAdded: ['policy.login.idpprovider.added', 'Identity provider added to the login policy'],
  IdentityProviderRemoved: ['policy.login.idpprovider.removed', 'Identity provider removed from the login policy'],
};

/** A type of events: whose policy they are of, and their name here. */
export interface EventType {
  readonly aggregate: AggregateType;
  /** `undefined`: never recorded here. */
  readonly type: string | undefined;
}

/** Every type by ZITADEL's name. The policy of an instance can't be removed. */
const TYPES: ReadonlyMap<string, EventType> = new Map(
  AGGREGATE_TYPES.flatMap((aggregate) =>
    Object.entries(NAMES)
      .filter(([type]) => aggregate === 'org' || type !== 'LoginPolicyRemoved')
      .map(([type, [name]]): [string, EventType] => [`${aggregate}.${name}`, { aggregate, type }]),
  ),
);

/** ZITADEL's event of a link that goes with its identity provider. A link here is always removed by a command. */
const CASCADE = 'policy.login.idpprovider.cascade.removed';

/** ZITADEL's names of all types of events that there can be. */
export const EVENT_TYPES: readonly string[] = [...TYPES.keys()];

/** The type of events with ZITADEL's name; `undefined` for events that are not of login policies. */
export function eventTypeNamed(name: string): EventType | undefined {
  const cascade = AGGREGATE_TYPES.find((aggregate) => name === `${aggregate}.${CASCADE}`);
  return cascade === undefined ? TYPES.get(name) : { aggregate: cascade, type: undefined };
}

/** Whose policy an event is of. */
export function aggregateTypeOf({ owner }: Pick<AuditEntry, 'owner'>): AggregateType {
  return isOrganization(owner) ? 'org' : 'instance';
}

/** ZITADEL's name of an event's type. A type that this program does not know keeps the name under which it is recorded. */
export function eventTypeOf(entry: Pick<AuditEntry, 'owner' | 'type'>): string {
  const known = Object.entries(NAMES).find(([type]) => type === entry.type);
  return known === undefined ? entry.type : `${aggregateTypeOf(entry)}.${known[1][0]}`;
}

/** The sentence about a type for people, by ZITADEL's name; the name itself for an unknown one. */
export function sentenceOf(name: string): string {
  const bare = name.slice(name.indexOf('.') + 1);
  return Object.values(NAMES).find(([known]) => known === bare)?.[1] ?? name;
}

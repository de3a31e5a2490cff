import {
  defaultSettings,
  openLoginPolicies,
  type CommandAnswer,
  type IdentityProvider,
  type LoginPolicies,
  type LoginPoliciesOptions,
  type MultiFactor,
  type ReadAnswer,
  type Rejected,
  type SecondFactor,
} from '@login-policy/domain';
import {
  evolveAll,
  ABSENT,
  type LoginPolicy,
  type LoginPolicyEvent,
  type LoginSettings,
} from '@login-policy/domain/model';
import {
  type Clock,
  instant,
  monotonicIds,
  openMemoryStore,
  position,
  type RecordedEvent,
  revision,
  type Store,
  streamId,
  toJsonObject,
} from '@login-policy/event-sourcing';
import { steppingClock } from '@login-policy/testkit';
import { expect } from 'chai';

export const instance = { instanceId: '69629023906488334' };
export const acme = { ...instance, organizationId: 'acme' };
export const globex = { ...instance, organizationId: 'globex' };
export const by = { actor: 'alice' };
export const PASSKEY: MultiFactor = 'U2F_WITH_VERIFICATION';

interface PolicyContent {
  readonly settings?: Partial<LoginSettings>;
  readonly secondFactors?: readonly SecondFactor[];
  readonly multiFactors?: readonly MultiFactor[];
  readonly identityProviders?: readonly IdentityProvider[];
}

/** The events of a policy that came into force with this content; what is not named is the default, or nothing. */
export function policyAdded(content: PolicyContent = {}): LoginPolicyEvent[] {
  const { settings, secondFactors = [], multiFactors = [], identityProviders = [] } = content;
  return [
    { type: 'LoginPolicyAdded', data: { settings: { ...defaultSettings, ...settings } } },
    ...secondFactors.map((factor): LoginPolicyEvent => ({ type: 'SecondFactorAdded', data: { factor } })),
    ...multiFactors.map((factor): LoginPolicyEvent => ({ type: 'MultiFactorAdded', data: { factor } })),
    ...identityProviders.map((identityProvider): LoginPolicyEvent => ({
      type: 'IdentityProviderAdded',
      data: { identityProvider },
    })),
  ];
}

/** The policy that events add up to. */
export function policyAfter(...events: readonly LoginPolicyEvent[]): LoginPolicy {
  return evolveAll(ABSENT, events, 'organization');
}

export interface Desk {
  readonly store: Store;
  readonly loginPolicies: LoginPolicies;
}

/** Login policies over a fresh memory store whose clock moves on by a second each time it is read. */
export async function openDesk(options: Partial<LoginPoliciesOptions> & { clock?: Clock } = {}): Promise<Desk> {
  const { clock = steppingClock('2026-01-01T00:00:00.000Z', 1000), ...others } = options;
  const { store = openMemoryStore({ clock }) } = others;
  return { store, loginPolicies: await openLoginPolicies({ ...others, store }) };
}

/** The rejection of an answer that has to be one. */
export function rejectionOf(answer: CommandAnswer | ReadAnswer<object>): Rejected['rejection'] {
  expect(answer.outcome).to.equal('rejected');
  if (answer.outcome !== 'rejected') throw new Error('unreachable');
  return answer.rejection;
}

/** The stream of {@link acme}'s policy. */
export const ACME_STREAM = streamId('organizationLoginPolicy', `${acme.instanceId}/${acme.organizationId}`);

/** The stream of the default policy of {@link instance}. */
export const INSTANCE_STREAM = streamId('instanceLoginPolicy', instance.instanceId);

const ids = monotonicIds();

/** What a store keeps of an event's content. */
export type EncodedEvent = Pick<RecordedEvent, 'type' | 'schemaVersion' | 'data'>;

/** An event as the first of a store would be read. */
export function recorded(encoded: EncodedEvent): RecordedEvent {
  return {
    ...encoded,
    id: ids(),
    streamId: ACME_STREAM,
    revision: revision(0),
    position: position(1),
    recordedAt: instant(0),
    metadata: { actor: 'a', correlationId: 'c' },
  };
}

/** Records events of acme's policy as they stand, past all rules of input: as a laxer program once did. */
export async function recordAsItStands(
  store: Store,
  events: readonly { readonly type: string; readonly data: object }[],
  stream = ACME_STREAM,
): Promise<void> {
  await store.eventStore.append({
    streamId: stream,
    expected: 'any',
    events: events.map(({ type, data }) => ({
      id: ids(),
      type,
      schemaVersion: 1,
      data: toJsonObject(data),
      metadata: { actor: 'a', correlationId: 'c' },
    })),
  });
}

/** All events of a store, to see that a refusal wrote none. */
export async function countEvents(store: Store): Promise<number> {
  let count = 0;
  for await (const page of store.eventStore.readAll()) count += page.length;
  return count;
}

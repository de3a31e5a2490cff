import { defaultSettings, loginPolicyEvents } from '@login-policy/domain';
import type { JsonObject } from '@login-policy/event-sourcing';
import { FACTOR } from './factor.js';

/** An event of a login policy as a program without any library would hold it. */
export type PlainEvent =
  | { readonly type: 'LoginPolicyAdded'; readonly data: JsonObject }
  | {
      readonly type: 'SecondFactorAdded' | 'MultiFactorAdded' | 'MultiFactorRemoved';
      readonly data: { readonly factor: string };
    };

const addedAsStored = loginPolicyEvents.encode({ type: 'LoginPolicyAdded', data: { settings: defaultSettings } });

/** The first `count` events of a policy: it is added as on a fresh instance, then its multi-factor goes and comes. */
export function historyOf(count: number): readonly PlainEvent[] {
  const beginning: readonly PlainEvent[] = [
    { type: 'LoginPolicyAdded', data: addedAsStored.data },
    { type: 'SecondFactorAdded', data: { factor: 'TOTP' } },
    { type: 'SecondFactorAdded', data: { factor: 'U2F' } },
    { type: 'MultiFactorAdded', data: { factor: FACTOR } },
  ];
  return Array.from({ length: count }, (_, index) => beginning[index] ?? toggle(index));
}

function toggle(index: number): PlainEvent {
  return { type: index % 2 === 0 ? 'MultiFactorRemoved' : 'MultiFactorAdded', data: { factor: FACTOR } };
}

import {
  freshInstance,
  orThrow,
  type CommandAnswer,
  type LoginPolicies,
  type LoginPolicyView,
  type ReadAnswer,
} from '@login-policy/domain';
import type { PolicyFound } from '@login-policy/domain/model';
import type { Position } from '@login-policy/event-sourcing';
import { settableClock } from '@login-policy/testkit';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { acme, by, instance, openDesk, PASSKEY } from './policies.js';

const minute = (count: number): string => `2026-01-01T10:${String(count).padStart(2, '0')}:00.000Z`;

/** Policies whose clock is set before each command. */
async function openSettable() {
  const clock = settableClock(minute(0));
  const { loginPolicies } = await openDesk({ clock });
  const at = async (count: number, command: () => Promise<CommandAnswer>): Promise<Position> => {
    clock.set(minute(count));
    return orThrow(await command()).position;
  };
  await at(0, () => loginPolicies.add(instance, freshInstance, by));
  return { loginPolicies, at, clock };
}

type Read = ReadAnswer<PolicyFound>;

/** What acme's users met at an instant, which has to be what they met at the position that the answer names. */
async function metAt(loginPolicies: LoginPolicies, count: number): Promise<LoginPolicyView> {
  const asOf = { instant: minute(count) };
  const { policy } = orThrow(await loginPolicies.effectivePolicy(acme, { asOf }));
  const there: Read = await loginPolicies.effectivePolicy(acme, { asOf: { position: policy.position } });
  expect(orThrow(there).policy, `as of the position of ${minute(count)}`).to.deep.equal(policy);
  return policy;
}

describe('an instant before a clock was set back', () => {
  it('is answered as of one position: a later default is not combined with an earlier policy', async () => {
    const { at, loginPolicies } = await openSettable();
    await at(10, () => loginPolicies.add(acme, { secondFactors: ['OTP_SMS'] }, by));
    await at(5, () => loginPolicies.removeMultiFactor(instance, PASSKEY, by));
    await at(20, () => loginPolicies.change(instance, { forceMfa: true }, by));
    const met = await metAt(loginPolicies, 7);
    expect([met.isDefault, met.multiFactors, met.details.sequence]).to.deep.equal([true, [PASSKEY], 4n]);
    expect((await metAt(loginPolicies, 15)).isDefault).to.equal(false);
  });

  it('is answered by the default at the time when the custom policy was removed', async () => {
    const { at, clock, loginPolicies } = await openSettable();
    await at(1, () => loginPolicies.add(acme, { secondFactors: ['OTP_SMS'] }, by));
    await at(10, () => loginPolicies.removeMultiFactor(instance, PASSKEY, by));
    const removed = await at(5, () => loginPolicies.remove(acme, by));
    clock.set(minute(59));
    const met = await metAt(loginPolicies, 7);
    expect([met.isDefault, met.multiFactors, met.position]).to.deep.equal([true, [], removed]);
  });

  it('is answered as of one position, whatever the clock was set to', async () => {
    const steps = fc.array(fc.record({ isDefault: fc.boolean(), count: fc.nat(30) }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { at, clock, loginPolicies } = await openSettable();
        let hasOwn = false;
        for (const [index, { count, isDefault }] of all.entries()) {
          if (isDefault) await at(count, () => loginPolicies.change(instance, { forceMfa: index % 2 === 0 }, by));
          else if (hasOwn) await at(count, () => loginPolicies.remove(acme, by));
          else await at(count, () => loginPolicies.add(acme, {}, by));
          if (!isDefault) hasOwn = !hasOwn;
        }
        clock.set(minute(59));
        for (let count = 0; count <= 30; count += 5) await metAt(loginPolicies, count);
      }),
      { numRuns: 50 },
    );
  });
});

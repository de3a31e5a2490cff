import { positionToString } from '@login-policy/event-sourcing';
import { freshInstance, orThrow, toJson, type Answer } from '@login-policy/domain';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, instance, openDesk, PASSKEY } from './policies.js';

const AT = '2026-01-01T00:00:00.000Z';

async function everyAnswer(): Promise<Readonly<Record<string, Answer>>> {
  const { loginPolicies } = await openDesk({ organizations: { list: () => ['acme', 'globex'] } });
  const added = await loginPolicies.add(instance, freshInstance, { ...by, idempotencyKey: 'secret' });
  return {
    added,
    refused: await loginPolicies.change(instance, { forceMfa: true }, { ...by, ifSequence: 9n }),
    misspelt: await loginPolicies.change(instance, Object({ forceMFA: true }), by),
    policy: await loginPolicies.policy(instance),
    effective: await loginPolicies.effectivePolicy(acme),
    factors: await loginPolicies.secondFactors(acme),
    providers: await loginPolicies.identityProviders(acme),
    history: await loginPolicies.history(instance, { limit: 2 }),
    preview: await loginPolicies.preview(instance, { type: 'removeMultiFactor', factor: PASSKEY }),
    diff: await loginPolicies.diff(instance, { from: { instant: '2020-01-01T00:00:00Z' } }),
    customized: await loginPolicies.organizationsWithCustomPolicy(instance),
  };
}

describe('an answer as JSON', () => {
  it('is made of every answer there is, and is text at once', async () => {
    for (const [what, answer] of Object.entries(await everyAnswer())) {
      const json = toJson(answer);
      expect(JSON.parse(JSON.stringify(json)), what).to.deep.equal(json);
      expect(json['outcome'], what).to.equal(answer.outcome);
    }
  });

  it('of a command has its details, its events and where they are', async () => {
    const { added } = await everyAnswer();
    if (added?.outcome !== 'accepted') throw new Error('unreachable');
    const json = toJson(added);
    const details = { sequence: '4', creationDate: AT, changeDate: AT, resourceOwner: instance.instanceId };
    expect(json).to.deep.include({
      outcome: 'accepted',
      details,
      position: positionToString(added.position),
      isRepeated: false,
    });
    expect(json).to.have.nested.property('events[0].data.settings.lifetimes.passwordCheck', 'PT240H');
    expect(json).to.have.deep.nested.property('events[1].data', { factor: 'TOTP' });
  });

  it('says a policy as the API does: lifetimes in seconds, factors by their wire names', async () => {
    const { loginPolicies } = await openDesk();
    const identityProviders = [{ id: 'idp-1', ownerType: 'SYSTEM' }] as const;
    const settings = { lifetimes: { multiFactorCheck: 'PT0.5S' } };
    orThrow(await loginPolicies.add(instance, { ...freshInstance, settings, identityProviders }, by));
    const found = await loginPolicies.policy(instance);
    if (found.outcome !== 'found') throw new Error('unreachable');
    const json = toJson(found);
    const position = positionToString(found.policy.position);
    expect(json).to.deep.include({ isDefault: true, owner: instance, position });
    expect(json['policy']).to.deep.include({
      passwordlessType: 'PASSWORDLESS_TYPE_ALLOWED',
      passwordCheckLifetime: '864000s',
      multiFactorCheckLifetime: '0.500s',
      secondFactors: ['SECOND_FACTOR_TYPE_OTP', 'SECOND_FACTOR_TYPE_U2F'],
      multiFactors: ['MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION'],
      idps: [{ idpId: 'idp-1', ownerType: 'IDP_OWNER_TYPE_SYSTEM' }],
    });
  });

  it('of a refusal has the reason, the facts and the sentence', async () => {
    const { refused } = await everyAnswer();
    if (refused === undefined) throw new Error('unreachable');
    expect(toJson(refused)).to.deep.include({
      outcome: 'rejected',
      rejection: { reason: 'sequence-not-current', expected: '9', actual: '4' },
    });
  });

  it('of a history does not tell the idempotency key', async () => {
    const { history } = await everyAnswer();
    if (history === undefined) throw new Error('unreachable');
    const text = JSON.stringify(toJson(history));
    expect(text).to.include('"actor":"alice"').and.include(`"recordedAt":"${AT}"`);
    expect(text).not.to.include('secret');
  });
});

import { positionToString } from '@login-policy/event-sourcing';
import { freshInstance, orThrow, toJson, type Answer } from '@login-policy/domain';
import { detailsToJson } from '@login-policy/domain/model';
import { previewCommand } from '@login-policy/domain/preview';
import { findRollout } from '@login-policy/domain/rollout';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, globex, instance, openDesk, PASSKEY } from './policies.js';

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
    preview: await previewCommand(loginPolicies, instance, { type: 'removeMultiFactor', factor: PASSKEY }),
    diff: await loginPolicies.diff(instance, { from: { instant: '2020-01-01T00:00:00Z' } }),
    customized: await loginPolicies.organizationsWithCustomPolicy(instance),
    custom: await loginPolicies.customPolicies(instance),
    onDefault: await loginPolicies.organizationsOnDefault(instance),
    rollout: await findRollout(loginPolicies, instance, 'advisory-1'),
  };
}

describe('an answer as JSON', () => {
  it('exists for every answer, and can be serialized', async () => {
    for (const [what, answer] of Object.entries(await everyAnswer())) {
      const json = toJson(answer);
      expect(JSON.parse(JSON.stringify(json)), what).to.deep.equal(json);
      expect(json['outcome'], what).to.equal(answer.outcome);
    }
  });

  it('of a command has its details, its events and their position', async () => {
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

  it('of a policy has lifetimes in ISO 8601 and the names of factors', async () => {
    const { loginPolicies } = await openDesk();
    const identityProviders = [{ id: 'idp-1', ownerType: 'SYSTEM' }] as const;
    const settings = { lifetimes: { passwordCheck: 'PT0.007S', multiFactorCheck: 'PT90M', secondFactorCheck: 'PT0S' } };
    const { details, eventId, position } = orThrow(
      await loginPolicies.add(instance, { ...freshInstance, settings, identityProviders }, by),
    );
    const json = toJson(await loginPolicies.policy(instance));
    expect(Object.keys(json)).to.deep.equal(['outcome', 'kind', 'policy', 'seen']);
    expect(json['policy']).to.deep.include({
      owner: instance,
      isDefault: true,
      secondFactors: ['TOTP', 'U2F'],
      multiFactors: ['U2F_WITH_VERIFICATION'],
      identityProviders,
      details: detailsToJson(details),
      eventId,
      position: positionToString(position),
    });
    expect(json).to.deep.nested.include({
      kind: 'policy',
      'policy.settings.passwordlessType': 'ALLOWED',
      'policy.settings.lifetimes': {
        passwordCheck: 'PT0.007S',
        externalLoginCheck: 'PT240H',
        mfaInitSkip: 'PT720H',
        secondFactorCheck: 'PT0S',
        multiFactorCheck: 'PT1H30M',
      },
    });
  });

  it('of a refusal has the reason, the facts and the message', async () => {
    const { refused, misspelt } = await everyAnswer();
    if (refused === undefined || misspelt === undefined) throw new Error('unreachable');
    expect(toJson(refused)).to.deep.equal({
      outcome: 'rejected',
      rejection: { reason: 'sequence-not-current', expected: '9', actual: '4' },
      message:
        'The default login policy of instance 69629023906488334 (sequence 4) was expected at sequence 9 but is at 4, so nothing was changed.',
    });
    expect(toJson(misspelt)).to.deep.include({
      message: 'settings.forceMFA is not a setting. Did you mean forceMfa?',
    });
  });

  it('of a refusal has the idempotency key that it names', async () => {
    const { loginPolicies } = await openDesk();
    const keyed = { ...by, idempotencyKey: 'k-1' };
    orThrow(await loginPolicies.add(instance, {}, keyed));
    const json = toJson(await loginPolicies.change(instance, { forceMfa: true }, keyed));
    expect(json['rejection']).to.deep.equal({ reason: 'idempotency-key-reused', idempotencyKey: 'k-1' });
    await loginPolicies.close();
  });

  it('of a list has its items and its owner', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    const { details, eventId, position } = orThrow(await loginPolicies.removeSecondFactor(instance, 'U2F', by));
    const whose = { owner: instance, isDefault: true, eventId, position: positionToString(position) };
    const list = { outcome: 'found', kind: 'list', ...whose, details: detailsToJson(details) };
    expect(toJson(await loginPolicies.secondFactors(acme))).to.deep.equal({ ...list, items: ['TOTP'] });
    expect(toJson(await loginPolicies.identityProviders(acme))).to.deep.equal({ ...list, items: [] });
  });

  it('of a list of organizations has their ids, and the last id if more follow', async () => {
    const { loginPolicies } = await openDesk();
    for (const organizationId of ['a', 'b']) await loginPolicies.add({ ...instance, organizationId }, {}, by);
    const [page, all] = [
      await loginPolicies.organizationsWithCustomPolicy(instance, { limit: 1 }),
      await loginPolicies.organizationsWithCustomPolicy(instance),
    ];
    const position = positionToString(orThrow(all).position);
    const found = { outcome: 'found', kind: 'custom-policies', position, total: 2, unreadable: 0 };
    const [a, b] = ['a', 'b'].map((organizationId) => ({ ...instance, organizationId }));
    expect(toJson(page)).to.deep.equal({ ...found, organizations: [a], next: 'a' });
    expect(toJson(all)).to.deep.equal({ ...found, organizations: [a, b] });
  });

  it('of a preview and of a difference has the changes', async () => {
    const { preview, diff, policy, added } = await everyAnswer();
    if (preview === undefined || diff === undefined || policy === undefined || added === undefined)
      throw new Error('unreachable');
    const removed = { what: 'multi-factor', factor: PASSKEY, step: 'removed' };
    expect(toJson(preview)).to.deep.include({
      outcome: 'found',
      sequence: '4',
      eventId: toJson(added)['eventId'],
      events: [{ type: 'MultiFactorRemoved', data: { factor: PASSKEY } }],
      changes: [removed],
      affected: { organizations: [acme, globex], count: 2 },
    });
    const { policy: after } = toJson(policy);
    expect(toJson(diff)).to.deep.include({ outcome: 'found', kind: 'diff', after }).and.to.not.have.property('before');
    const { loginPolicies } = await openDesk();
    const nothingThere = toJson(await previewCommand(loginPolicies, instance, { type: 'add', policy: {} }));
    expect(nothingThere).to.deep.include({ sequence: '0', affected: { organizations: [] } });
    expect(nothingThere).to.not.have.property('eventId');
    orThrow(await loginPolicies.add(acme, {}, by));
    orThrow(await loginPolicies.remove(acme, by));
    const reset = toJson(await loginPolicies.diff(acme, { from: { sequence: 1n } }));
    expect(reset).to.deep.nested.include({ 'before.isDefault': false, 'before.owner': acme });
    expect(reset).to.not.have.property('after');
  });

  it('of a history has each event with its changes', async () => {
    const { loginPolicies } = await openDesk();
    const empty = toJson(await loginPolicies.history(instance));
    const nothing = { lastSequence: '0', unknownEvents: 0, entries: [], position: '0' };
    expect(empty).to.deep.equal({ outcome: 'found', kind: 'history', ...nothing });
    const { eventId } = orThrow(
      await loginPolicies.add(instance, {}, { ...by, reason: 'at first', correlationId: 'c' }),
    );
    const json = toJson(await loginPolicies.history(instance));
    expect(json).to.deep.include({ lastSequence: '1', lastEventId: eventId, unknownEvents: 0 });
    const entry = { sequence: '1', eventId, type: 'LoginPolicyAdded', recordedAt: AT, isKnown: true };
    const said = { actor: 'alice', reason: 'at first', correlationId: 'c' };
    expect(json)
      .to.have.nested.property('entries[0]')
      .that.deep.includes({ ...entry, ...said });
    expect(json).to.have.deep.nested.property('entries[0].changes[0]', { what: 'policy', step: 'added' });
  });

  it('of a history does not contain the idempotency key', async () => {
    const { history } = await everyAnswer();
    if (history === undefined) throw new Error('unreachable');
    const text = JSON.stringify(toJson(history));
    expect(text).to.include('"actor":"alice"').and.include(`"recordedAt":"${AT}"`);
    expect(text).not.to.include('secret');
  });
});

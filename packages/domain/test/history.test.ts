import { defaultSettings, freshInstance, orThrow } from '@login-policy/domain';
import { isFault, type JsonObject, monotonicIds, parseStreamId, type Store } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, globex, instance, openDesk, PASSKEY } from './policies.js';

describe('the history of a policy', () => {
  it('contains for each event the actor, the time, the reason and the changes', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(acme, { settings: defaultSettings, multiFactors: [PASSKEY] }, by);
    const why = { actor: 'bob', reason: 'lost keys', correlationId: 'request-7', causationId: 'ticket-9' };
    await loginPolicies.removeMultiFactor(acme, PASSKEY, { ...why, idempotencyKey: 'k-1' });
    await loginPolicies.change(acme, { forceMfa: true }, by);
    const { entries, lastSequence, unknownEvents } = orThrow(await loginPolicies.history(acme, { fromSequence: 3n }));
    expect({ lastSequence, unknownEvents }).to.deep.equal({ lastSequence: 4n, unknownEvents: 0 });
    expect(entries.map(({ changes }) => changes)).to.deep.equal([
      [{ what: 'multi-factor', factor: PASSKEY, step: 'removed' }],
      [{ what: 'setting', setting: 'forceMfa', before: false, after: true }],
    ]);
    const entry = { type: 'MultiFactorRemoved', sequence: 3n, isKnown: true };
    expect(entries[0]).to.include({ ...why, idempotencyKey: 'k-1', ...entry });
    expect(entries[0]?.recordedAt.toISO()).to.equal('2026-01-01T00:00:01.000Z');
  });

  it('continues after a removal, and is empty without events', async () => {
    const { loginPolicies } = await openDesk();
    expect(orThrow(await loginPolicies.history(acme))).to.deep.include({ entries: [], lastSequence: 0n });
    await loginPolicies.add(acme, { settings: defaultSettings }, by);
    await loginPolicies.remove(acme, by);
    const { entries } = orThrow(await loginPolicies.history(acme));
    expect(entries.map(({ type }) => type)).to.deep.equal(['LoginPolicyAdded', 'LoginPolicyRemoved']);
    expect(entries[1]?.changes[0]).to.deep.equal({ what: 'policy', step: 'removed' });
  });

  it('is read in pages both ways', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    for (const forceMfa of [true, false, true]) await loginPolicies.change(instance, { forceMfa }, by);
    const sequences = async (options: Parameters<typeof loginPolicies.history>[1]): Promise<readonly bigint[]> =>
      orThrow(await loginPolicies.history(instance, options)).entries.map(({ sequence }) => sequence);
    expect(await sequences({ limit: 3 })).to.deep.equal([1n, 2n, 3n]);
    expect(await sequences({ fromSequence: 2n, limit: 2 })).to.deep.equal([2n, 3n]);
    expect(await sequences({ fromSequence: 0n, limit: 2 })).to.deep.equal([1n, 2n]);
    expect(await sequences({ fromSequence: 6n })).to.deep.equal([6n, 7n]);
    expect(await sequences({ fromSequence: 8n })).to.deep.equal([]);
    expect(await sequences({ fromSequence: 2n ** 63n - 1n })).to.deep.equal([]);
    expect(await sequences({ direction: 'backwards', limit: 3 })).to.deep.equal([7n, 6n, 5n]);
    expect(await sequences({ direction: 'backwards', fromSequence: 2n })).to.deep.equal([2n, 1n]);
    expect(await sequences({ direction: 'backwards', fromSequence: 99n, limit: 1 })).to.deep.equal([7n]);
  });
});

describe('an event that a newer program wrote', () => {
  const other = { instanceId: 'another' };

  it('is counted and reported in the history, and no command is decided after it', async () => {
    const { store, loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    await appendUnknown(store);
    const { entries, unknownEvents } = orThrow(await loginPolicies.history(instance));
    expect(unknownEvents).to.equal(1);
    expect(entries.at(-1)).to.deep.include({ type: 'PasskeyPolicyTightened', isKnown: false, changes: [] });
    const command = await faultOf(loginPolicies.removeMultiFactor(instance, PASSKEY, { ...by, ifSequence: 5n }));
    expect(isFault(command, 'written-by-newer-program')).to.equal(true);
    expect(command).to.have.property('facts').that.includes({ revision: 4n, type: 'PasskeyPolicyTightened' });
  });

  it('makes only its own policy unreadable (V1)', async () => {
    const { store, loginPolicies } = await openDesk();
    for (const owner of [instance, other, acme]) await loginPolicies.add(owner, freshInstance, by);
    await appendUnknown(store);
    for (const read of [loginPolicies.policy(instance), loginPolicies.effectivePolicy(globex)]) {
      const fault = await faultOf(read);
      expect(isFault(fault, 'written-by-newer-program')).to.equal(true);
      expect(fault).to.have.property('facts').that.includes({ revision: 4n, schemaVersion: 1 });
    }
    for (const owner of [other, acme]) {
      expect((await loginPolicies.removeMultiFactor(owner, PASSKEY, by)).outcome).to.equal('accepted');
      expect(orThrow(await loginPolicies.policy(owner)).policy.multiFactors).to.deep.equal([]);
    }
    expect(loginPolicies.readModel.state.is).to.equal('following');
  });

  it('does not end a history, also if the newer program has added more events', async () => {
    const { store, loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    await appendUnknown(store);
    const again = { type: 'MultiFactorAdded', data: { factor: PASSKEY } };
    await appendUnknown(store, undefined, again);
    const { entries, unknownEvents } = orThrow(await loginPolicies.history(instance, { fromSequence: 5n }));
    expect(entries.map(({ type, changes }) => [type, changes])).to.deep.equal([
      ['PasskeyPolicyTightened', []],
      ['MultiFactorAdded', []],
    ]);
    expect(unknownEvents).to.equal(1);
    const behind = orThrow(await loginPolicies.history(instance, { fromSequence: 6n }));
    expect(behind.entries.map(({ sequence }) => sequence)).to.deep.equal([6n]);
    expect(behind.unknownEvents, 'it counts those before, too').to.equal(1);
  });

  it('leaves earlier states readable, and its policy listed (V1, K5)', async () => {
    const { store, loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    await appendUnknown(store);
    await appendUnknown(store, 'organizationLoginPolicy-69629023906488334/acme');
    const then = orThrow(await loginPolicies.policy(instance, { asOf: { sequence: 4n } }));
    expect(then.policy.multiFactors).to.deep.equal([PASSKEY]);
    const { organizations } = orThrow(await loginPolicies.organizationsWithCustomPolicy(instance));
    expect(organizations.map(({ organizationId }) => organizationId)).to.deep.equal(['acme']);
    expect(isFault(await faultOf(loginPolicies.effectivePolicy(acme)), 'written-by-newer-program')).to.equal(true);
  });
});

describe('an event that is damaged', () => {
  it('ends a history, unlike an event of a newer program', async () => {
    const { store, loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    await appendUnknown(store, undefined, { type: 'MultiFactorRemoved', data: { factor: 'NOT_A_FACTOR' } });
    expect(isFault(await faultOf(loginPolicies.history(instance)), 'unreadable-event')).to.equal(true);
    expect(orThrow(await loginPolicies.history(instance, { limit: 4 })).entries).to.have.length(4);
  });
});

/** Writes what a newer program might; answers with the fault when the store refuses. */
function appendUnknown(
  store: Store,
  stream = 'instanceLoginPolicy-69629023906488334',
  what: { readonly type: string; readonly data: JsonObject } = { type: 'PasskeyPolicyTightened', data: { level: 3 } },
): Promise<unknown> {
  const event = { id: monotonicIds()(), schemaVersion: 1, ...what };
  const metadata = { actor: 'a newer program', correlationId: 'x' };
  const streamId = parseStreamId(stream);
  return faultOf(store.eventStore.append({ streamId, expected: 'any', events: [{ ...event, metadata }] }));
}

function faultOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (fault: unknown) => fault,
  );
}

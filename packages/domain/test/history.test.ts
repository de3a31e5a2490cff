import { defaultSettings, freshInstance, openLoginPolicies, orThrow } from '@login-policy/domain';
import { isFault, monotonicIds, openMemoryStore, parseStreamId, type Store } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, countEvents, instance, openDesk, PASSKEY } from './policies.js';

describe('the history of a policy', () => {
  it('says of each event who, when, why and what changed', async () => {
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
    expect(entries[0]).to.include({ ...why, idempotencyKey: 'k-1', type: 'MultiFactorRemoved', sequence: 3n });
    expect(entries[0]?.recordedAt.toISO()).to.equal('2026-01-01T00:00:01.000Z');
  });

  it('goes on after a removal, and is empty where nothing ever happened', async () => {
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
    expect(await sequences({ fromSequence: 6n })).to.deep.equal([6n, 7n]);
    expect(await sequences({ fromSequence: 8n })).to.deep.equal([]);
    expect(await sequences({ fromSequence: 2n ** 63n - 1n })).to.deep.equal([]);
    expect(await sequences({ direction: 'backwards', limit: 3 })).to.deep.equal([7n, 6n, 5n]);
    expect(await sequences({ direction: 'backwards', fromSequence: 2n })).to.deep.equal([2n, 1n]);
    expect(await sequences({ direction: 'backwards', fromSequence: 99n, limit: 1 })).to.deep.equal([7n]);
  });
});

describe('an event of a type nobody here knows', () => {
  it('stops an inline projection before anything is written', async () => {
    const { store, loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    const before = await countEvents(store);
    expect(isFault(await appendUnknown(store), 'projection-stopped')).to.equal(true);
    expect(await countEvents(store)).to.equal(before);
  });

  it('is counted and reported in the history, and no decision is made past it', async () => {
    const store = openMemoryStore();
    const loginPolicies = await openLoginPolicies({ store });
    await loginPolicies.add(instance, freshInstance, by);
    await appendUnknown(store);
    const { entries, unknownEvents } = orThrow(await loginPolicies.history(instance));
    expect(unknownEvents).to.equal(1);
    expect(entries.at(-1)).to.deep.include({ type: 'PasskeyPolicyTightened', isKnown: false, changes: [] });
    const command = await faultOf(loginPolicies.removeMultiFactor(instance, PASSKEY, { ...by, ifSequence: 5n }));
    expect(isFault(command, 'unknown-event-type')).to.equal(true);
    expect(command).to.have.property('facts').that.includes({ revision: 4n, type: 'PasskeyPolicyTightened' });
  });

  it('makes reads refuse to answer once the background projection has met it', async () => {
    const store = openMemoryStore();
    const loginPolicies = await openLoginPolicies({ store });
    await loginPolicies.add(instance, freshInstance, by);
    await appendUnknown(store);
    const atLeast = await store.eventStore.head();
    expect(isFault(await faultOf(loginPolicies.policy(instance, { atLeast, waitMs: 50 })))).to.equal(true);
    expect(isFault(await faultOf(loginPolicies.policy(instance)), 'projection-stopped')).to.equal(true);
    expect(loginPolicies.readModel.state.is).to.equal('stopped');
    await loginPolicies.close();
  });
});

/** Writes what a newer program might; answers with the fault when the store refuses. */
function appendUnknown(store: Store): Promise<unknown> {
  const event = { id: monotonicIds()(), type: 'PasskeyPolicyTightened', schemaVersion: 1, data: { level: 3 } };
  const metadata = { actor: 'a newer program', correlationId: 'x' };
  const streamId = parseStreamId('instanceLoginPolicy-69629023906488334');
  return faultOf(store.eventStore.append({ streamId, expected: 'any', events: [{ ...event, metadata }] }));
}

function faultOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (fault: unknown) => fault,
  );
}

import { freshInstance, openLoginPolicies, orThrow } from '@login-policy/domain';
import { isFault, openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, countEvents, globex, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';

describe('a repeated command with an idempotency key', () => {
  const keyed = { ...by, idempotencyKey: 'removal-1' };

  it("returns the first one's details and writes nothing, whatever happened since", async () => {
    const { store, loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    const first = orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, keyed));
    await loginPolicies.addMultiFactor(instance, PASSKEY, by);
    const before = await countEvents(store);
    const again = orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, keyed));
    expect(again.details).to.deep.equal(first.details);
    expect(again).to.deep.include({ position: first.position, events: [], isRepeated: true });
    expect(await countEvents(store)).to.equal(before);
    expect(await loginPolicies.multiFactors(instance)).to.have.deep.property('items', [PASSKEY]);
  });

  it('is replayed by another process', async () => {
    const { store, loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    const first = orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, keyed));
    const elsewhere = await openLoginPolicies({ store });
    const again = orThrow(await elsewhere.removeMultiFactor(instance, PASSKEY, keyed));
    expect(again.details).to.deep.equal(first.details);
  });

  it('is replayed also if it had nothing to change', async () => {
    const { store, loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    const first = orThrow(await loginPolicies.change(instance, { forceMfa: false }, keyed));
    await loginPolicies.change(instance, { forceMfa: true }, by);
    const before = await countEvents(store);
    const again = orThrow(await loginPolicies.change(instance, { forceMfa: false }, keyed));
    expect(again.details).to.deep.equal(first.details);
    expect(await countEvents(store)).to.equal(before);
  });

  it('is refused if it is another command', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    await loginPolicies.removeMultiFactor(instance, PASSKEY, keyed);
    const other = await loginPolicies.addMultiFactor(instance, PASSKEY, keyed);
    expect(rejectionOf(other)).to.deep.equal({ reason: 'idempotency-key-reused', idempotencyKey: 'removal-1' });
    // Elsewhere a sequence is the one the policy is at, and what is known here is where it was.
    expect(other.outcome === 'rejected' && other.message).to.equal(
      'The idempotency key "removal-1" came before with another command on the default login policy of instance 69629023906488334, so this one was not carried out.',
    );
  });

  it('is written once if 32 arrive at the same time from two processes', async () => {
    const { store, loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    const elsewhere = await openLoginPolicies({ store });
    const answers = await Promise.all(
      Array.from({ length: 32 }, (_, n) =>
        (n % 2 === 0 ? loginPolicies : elsewhere).removeMultiFactor(instance, PASSKEY, keyed),
      ),
    );
    const accepted = answers.map(orThrow);
    expect(accepted.filter((answer) => answer.isRepeated === false)).to.have.length(1);
    expect(new Set(accepted.map((answer) => answer.details.sequence))).to.deep.equal(new Set([5n]));
  });
});

describe('a command pinned to a sequence', () => {
  it('is accepted at that sequence, and refused at once at any other', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, { ...by, ifSequence: 0n });
    await loginPolicies.change(instance, { forceMfa: true }, { ...by, ifSequence: 4n });
    const late = await loginPolicies.change(instance, { forceMfa: false }, { ...by, ifSequence: 4n });
    expect(rejectionOf(late)).to.deep.equal({ reason: 'sequence-not-current', expected: 4n, actual: 5n });
  });

  it('is not refused because of an outdated cached state', async () => {
    const store = openMemoryStore();
    const here = await openLoginPolicies({ store });
    const elsewhere = await openLoginPolicies({ store });
    await here.add(instance, freshInstance, by);
    await elsewhere.change(instance, { forceMfa: true }, by);
    expect(await here.change(instance, { forceMfa: false }, { ...by, ifSequence: 5n })).to.include({
      outcome: 'accepted',
    });
  });
});

describe('commands from two processes on one policy', () => {
  it('are each decided by the latest events: no refusal by an outdated state, no duplicate event', async () => {
    const store = openMemoryStore();
    const [here, elsewhere] = [await openLoginPolicies({ store }), await openLoginPolicies({ store })];
    await here.add(instance, freshInstance, by);
    await elsewhere.removeMultiFactor(instance, PASSKEY, by);
    expect(await here.addMultiFactor(instance, PASSKEY, by), 'its kept state still has it').to.include({
      outcome: 'accepted',
    });
    const racing = await Promise.all(
      Array.from({ length: 32 }, (_, n) => (n % 2 === 0 ? here : elsewhere).removeMultiFactor(instance, PASSKEY, by)),
    );
    expect(racing.filter(({ outcome }) => outcome === 'accepted')).to.have.length(1);
    const { entries } = orThrow(await here.history(instance));
    expect(entries.map(({ type }) => type).slice(4)).to.deep.equal([
      'MultiFactorRemoved',
      'MultiFactorAdded',
      'MultiFactorRemoved',
    ]);
  });
});

describe('a condition that does not hold', () => {
  it('reports the expected and the actual sequence, 0 for none', async () => {
    const { loginPolicies } = await openDesk();
    const reason = 'sequence-not-current';
    const early = await loginPolicies.change(instance, {}, { ...by, ifSequence: 3n });
    expect(rejectionOf(early)).to.deep.equal({ reason, expected: 3n, actual: 0n });
    await loginPolicies.add(instance, {}, { ...by, ifSequence: 0n });
    const late = await loginPolicies.change(instance, {}, { ...by, ifSequence: 0n });
    expect(rejectionOf(late)).to.deep.equal({ reason, expected: 0n, actual: 1n });
  });
});

describe('a command that was given up', () => {
  it('writes nothing', async () => {
    const { store, loginPolicies } = await openDesk();
    const gone = loginPolicies.add(instance, {}, { ...by, signal: AbortSignal.abort() });
    expect(isFault(await gone.catch((caught: unknown) => caught), 'deadline-exceeded')).to.equal(true);
    expect(await countEvents(store)).to.equal(0);
  });
});

describe('the directory of identity providers', () => {
  it('is asked before one is linked by a revert or a customization', async () => {
    const gone = new Set<string>();
    const { loginPolicies } = await openDesk({
      identityProviders: (_owner, providers) => providers.filter(({ id }) => !gone.has(id)).map(({ id }) => ({ id })),
    });
    const linked = { ...freshInstance, identityProviders: [{ id: 'idp-1', ownerType: 'SYSTEM' as const }] };
    for (const owner of [instance, acme]) orThrow(await loginPolicies.add(owner, linked, by));
    orThrow(await loginPolicies.removeIdentityProvider(acme, 'idp-1', by));
    gone.add('idp-1');
    const refused = { reason: 'identity-provider-not-found', id: 'idp-1' };
    expect(rejectionOf(await loginPolicies.revert(acme, { sequence: 5n }, by))).to.deep.equal(refused);
    expect(rejectionOf(await loginPolicies.customize(globex, by))).to.deep.equal(refused);
    expect(rejectionOf(await loginPolicies.add(globex, linked, by))).to.deep.equal(refused);
  });

  it('is asked before one is linked, and its failure is thrown', async () => {
    const known = new Set(['good']);
    const { store, loginPolicies } = await openDesk({
      identityProviders: async (_owner, providers) => {
        if (providers.some(({ id }) => id === 'down')) throw new Error('the directory is down');
        return [...known].map((id) => ({ id }));
      },
    });
    await loginPolicies.add(instance, freshInstance, by);
    const link = (id: string) => loginPolicies.addIdentityProvider(instance, { id, ownerType: 'SYSTEM' }, by);
    expect(await link('good')).to.include({ outcome: 'accepted' });
    expect(rejectionOf(await link('bad'))).to.deep.equal({ reason: 'identity-provider-not-found', id: 'bad' });
    const before = await countEvents(store);
    const caught = await link('down').catch((error: unknown) => error);
    expect(caught).to.be.an('error').with.property('message', 'the directory is down');
    expect(await countEvents(store)).to.equal(before);
  });
});

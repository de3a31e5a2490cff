import { freshInstance, openLoginPolicies, orThrow } from '@login-policy/domain';
import { previewCommand } from '@login-policy/domain/preview';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { by, countEvents, instance, PASSKEY, rejectionOf } from './policies.js';

describe('an event of a lost history as a condition', () => {
  it('does not hold, although the policy is at the same sequence', async () => {
    const lost = await openLoginPolicies({ store: openMemoryStore() });
    await lost.add(instance, freshInstance, by);
    const { policy: seen } = orThrow(await lost.policy(instance));
    const store = openMemoryStore();
    const restored = await openLoginPolicies({ store });
    const added = orThrow(await restored.add(instance, freshInstance, by));
    expect(added.details.sequence).to.equal(seen.details.sequence);
    const written = await countEvents(store);
    const pinned = { ifSequence: seen.details.sequence, ifEventId: seen.eventId };
    const refusal = { reason: 'event-not-current', expected: seen.eventId, actual: added.eventId };
    const removal = { type: 'removeMultiFactor', factor: PASSKEY } as const;
    expect(rejectionOf(await restored.execute(instance, removal, { ...by, ...pinned }))).to.deep.equal(refusal);
    expect(rejectionOf(await previewCommand(restored, instance, removal, pinned))).to.deep.equal(refusal);
    expect(await countEvents(store)).to.equal(written);
    const now = { ifSequence: added.details.sequence, ifEventId: added.eventId };
    expect(await previewCommand(restored, instance, removal, now)).to.include({
      outcome: 'found',
      eventId: added.eventId,
    });
    expect(await restored.execute(instance, removal, { ...by, ...now })).to.include({ outcome: 'accepted' });
    await restored.close();
    await lost.close();
  });

  it('must be the id of an event', async () => {
    const policies = await openLoginPolicies({ store: openMemoryStore() });
    for (const ifEventId of ['', 'x', '01ARZ3NDEKTSV4RRFFQ69G5FAVX']) {
      const refused = await policies.execute(instance, { type: 'add', policy: {} }, { ...by, ifEventId });
      expect(rejectionOf(refused)).to.include({ reason: 'invalid-argument', field: 'options.ifEventId' });
    }
    await policies.close();
  });
});

import { orThrow } from '@login-policy/domain';
import { monotonicIds, streamId } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, globex, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';

describe('all custom policies', () => {
  it('are read by page, with their content; unreadable ones are listed separately', async () => {
    const { loginPolicies, store } = await openDesk();
    orThrow(await loginPolicies.add(instance, {}, by));
    for (const owner of [acme, globex]) orThrow(await loginPolicies.add(owner, { multiFactors: [PASSKEY] }, by));
    const first = orThrow(await loginPolicies.customPolicies(instance, { limit: 1 }));
    expect(first.policies).to.deep.equal([
      { ...orThrow(await loginPolicies.policy(acme)).policy, position: first.position },
    ]);
    expect(first.next).to.equal('acme');
    const event = { id: monotonicIds()(), type: 'FromTheFuture', schemaVersion: 1, data: {} };
    const stream = streamId('organizationLoginPolicy', `${instance.instanceId}/globex`);
    const metadata = { actor: 'a', correlationId: 'c' };
    await store.eventStore.append({ streamId: stream, expected: 'any', events: [{ ...event, metadata }] });
    const rest = orThrow(await loginPolicies.customPolicies(instance, { after: 'acme' }));
    expect([rest.policies, rest.next]).to.deep.equal([[], undefined]);
    expect(rest.unreadable).to.have.length(1);
    expect(rest.unreadable[0]).to.deep.include({ owner: globex, reason: 'written-by-newer-program' });
    for (const options of [{ limit: 0 }, { limit: 1001 }, { after: '' }, { behind: 'acme' }])
      expect(rejectionOf(await loginPolicies.customPolicies(instance, options)).reason).to.equal('invalid-argument');
    await loginPolicies.close();
  });
});

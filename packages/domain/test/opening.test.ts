import { freshInstance, openLoginPolicies, orThrow, type LoginPoliciesOptions } from '@login-policy/domain';
import { eventId, openMemoryStore, type Store } from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';
import { sequentialIds } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { counting } from './bent-stores.js';
import { by, instance, openDesk, PASSKEY } from './policies.js';

describe('the options of opening the login policies', () => {
  it('include ids for their events', async () => {
    const [ids, same] = [sequentialIds(), sequentialIds()];
    const { loginPolicies } = await openDesk({ ids });
    const { eventId: last } = orThrow(await loginPolicies.add(instance, freshInstance, by));
    expect(last).to.equal([same(), same(), same(), same()].at(-1));
    expect(eventId(last)).to.equal(last);
  });

  it('include the number of cached states: with 0, each command reads its stream', async () => {
    const readBy = async (options: Pick<LoginPoliciesOptions, 'keptStates'>): Promise<number> => {
      const memory = openMemoryStore();
      const { eventStore, eventsRead } = counting(memory.eventStore);
      const policies = await openLoginPolicies({ store: { ...memory, eventStore }, ...options });
      orThrow(await policies.add(instance, freshInstance, by));
      orThrow(await policies.removeMultiFactor(instance, PASSKEY, by));
      await policies.close();
      return eventsRead();
    };
    expect([await readBy({}), await readBy({ keptStates: 0 })]).to.deep.equal([0, 4]);
  });

  it('include the greatest age of the proof of the head', async () => {
    const askedIn = async (maxAgeMs: number): Promise<number> => {
      const { asked, store } = countingHeads();
      const policies = await openLoginPolicies({ store, maxAgeMs });
      orThrow(await policies.add(instance, freshInstance, by));
      await policies.readModel.ready();
      const before = asked();
      for (let read = 0; read < 3; read++) orThrow(await policies.policy(instance));
      await policies.close();
      return asked() - before;
    };
    expect([await askedIn(1e12), await askedIn(0)]).to.deep.equal([0, 3]);
  });
});

/** A store whose read models are followed, and how often it was asked for its end. */
function countingHeads(): { readonly store: Store; asked(): number } {
  const memory = openMemoryStore();
  let asked = 0;
  const eventStore = delegating(memory.eventStore, {
    head() {
      asked += 1;
      return memory.eventStore.head();
    },
  });
  return { store: { ...memory, eventStore, readModelUpdates: 'followed' }, asked: () => asked };
}

import { openMemoryStore, type EventStore, type RecordedEvent, type StreamId } from '@login-policy/event-sourcing';
import { openLoginPolicies, orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const owner = { instanceId: 'acme' };
const by = { actor: 'admin-1' };
const ROUNDS = 700;

describe('a policy of many events', () => {
  it('is decided by its row, and not by all of its events, when it has to decide first', async () => {
    const store = openMemoryStore();
    const before = await openLoginPolicies({ store });
    orThrow(await before.add(owner, {}, by));
    for (let round = 0; round < ROUNDS; round++) {
      orThrow(await before.addMultiFactor(owner, 'U2F_WITH_VERIFICATION', by));
      orThrow(await before.removeMultiFactor(owner, 'U2F_WITH_VERIFICATION', by));
    }
    const { eventStore, eventsRead } = counting(store.eventStore);
    const after = await openLoginPolicies({ store: { ...store, eventStore } });
    const refused = await after.removeMultiFactor(owner, 'U2F_WITH_VERIFICATION', by);
    expect(refused).to.deep.include({ outcome: 'rejected' });
    const granted = orThrow(await after.addMultiFactor(owner, 'U2F_WITH_VERIFICATION', by));
    const read = orThrow(await after.policy(owner));
    expect(granted.details).to.deep.equal(read.policy.details);
    expect(read.policy.multiFactors).to.deep.equal(['U2F_WITH_VERIFICATION']);
    expect(eventsRead()).to.be.below(2 * ROUNDS);
    await after.close();
    await before.close();
  });
});

function counting(store: EventStore): { readonly eventStore: EventStore; eventsRead(): number } {
  let read = 0;
  async function* readStream(
    stream: StreamId,
    options?: Parameters<EventStore['readStream']>[1],
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    for await (const page of store.readStream(stream, options)) {
      read += page.length;
      yield page;
    }
  }
  const eventStore: EventStore = {
    append: (append) => store.append(append),
    readStream,
    readAll: (options) => store.readAll(options),
    subscribe: (options) => store.subscribe(options),
    receipt: (stream, key) => store.receipt(stream, key),
    head: () => store.head(),
    knows: (position) => store.knows(position),
    close: () => store.close(),
  };
  return { eventStore, eventsRead: () => read };
}

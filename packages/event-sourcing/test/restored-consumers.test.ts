import { Fault, openMemoryStore, type RecordedEvent, START, streamId } from '@login-policy/event-sourcing';
import type { ConsumerBackend } from '@login-policy/event-sourcing/store';
import { Consumers, MemoryConsumers } from '#insides';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';
import { until } from './followed.js';

describe('the consumers of a store', () => {
  it('begin again where a restored backup left off, though it was restored while they moved the checkpoint', async () => {
    const [store, restored] = [openMemoryStore(), openMemoryStore()];
    const kept = new MemoryConsumers({ has: () => true, head: START });
    for (const { eventStore } of [store, store, restored])
      await eventStore.append({ streamId: streamId('Tally', 'a'), expected: 'any', events: [newEvent()] });
    const second = await store.eventStore.head();
    const restoredKept = new MemoryConsumers({ has: (position) => position !== second, head: START });
    let current = { store, kept };
    const backend: ConsumerBackend = {
      lookUp: (names) => current.kept.lookUp(names),
      beat: (...args) => current.kept.beat(...args),
      forget: (session) => current.kept.forget(session),
      async put(name, record, expected) {
        if (current.store !== store || record.position !== second) return current.kept.put(name, record, expected);
        await restoredKept.put(name, { ...record, position: START }, 0n);
        current = { store: restored, kept: restoredKept };
        throw new Fault('store-unavailable', { store: 'a store', problem: 'the answer was lost' });
      },
    };
    const handled: RecordedEvent[] = [];
    const consumers = new Consumers({
      store: 'a store',
      backend,
      events: { subscribe: (options) => current.store.eventStore.subscribe(options) },
    });
    consumers.consume({ name: 'restored', pageSize: 1, handle: (events) => void handled.push(...events) });
    const head = await restored.eventStore.head();
    await until(() => handled.some(({ position }) => position === head));
    await consumers.close();
    await store.close();
    await restored.close();
  });

  it('take the lease of a closed consumer of their process, which a restored backup names', async () => {
    const store = openMemoryStore();
    const kept = new MemoryConsumers({ has: () => true, head: START });
    const consumers = new Consumers({ store: 'a store', backend: kept, events: store.eventStore });
    const consume = (name: string) => consumers.consume({ name, handle: () => undefined });
    const record = async () => (await kept.lookUp(['restored'])).get('restored');
    const [staying, closed] = [consume('staying'), consume('restored')];
    await until(() => [staying, closed].every((consumer) => consumer.status().state === 'working'));
    const backup = await record();
    await closed.close();
    const again = consume('restored');
    await until(() => again.status().state === 'working');
    const { version = 0n } = (await record()) ?? {};
    if (backup !== undefined) await kept.put('restored', backup, version);
    await until(async () => ((await record())?.holder?.run ?? 0) > (backup?.holder?.run ?? 0));
    await consumers.close();
    await store.close();
  });

  it('release a lease of a closed one of them for another process, which a backup names that is restored later', async () => {
    const store = openMemoryStore();
    const kept = new MemoryConsumers({ has: () => true, head: START });
    const process = () => new Consumers({ store: 'a store', backend: kept, events: store.eventStore });
    const [first, second] = [process(), process()];
    const consume = (consumers: Consumers, name: string) => consumers.consume({ name, handle: () => undefined });
    const found = async (name: string) => (await kept.lookUp([name])).get(name);
    const [staying, closed] = [consume(first, 'staying'), consume(first, 'restored')];
    await until(() => [staying, closed].every((consumer) => consumer.status().state === 'working'));
    const backup = await found('restored');
    await closed.close();
    const closedAt = (await found('staying'))?.beat ?? 0;
    await until(async () => ((await found('staying'))?.beat ?? 0) >= closedAt + 2);
    const { version = 0n } = (await found('restored')) ?? {};
    if (backup !== undefined) await kept.put('restored', backup, version);
    const other = consume(second, 'restored');
    await until(() => other.status().state === 'working');
    await second.close();
    await first.close();
    await store.close();
  });
});

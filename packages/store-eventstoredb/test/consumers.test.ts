import { isFault, streamId, type Consumer } from '@login-policy/event-sourcing';
import { jsonEvent, EventStoreDBClient } from '@eventstore/db-client';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { createHash } from 'node:crypto';
import { Double } from './double/double.js';
import { appendOf } from './events.js';
import { disposeOf, startServer, unusedPrefix } from './server.js';

describe('a consumer on EventStoreDB', () => {
  it('whose record another program wrote is damaged, and the other consumers go on', () =>
    isDamagedBy(() => Promise.resolve()));

  it('whose record another program hid is damaged, and does not wait forever', () =>
    isDamagedBy((client, name) => client.setStreamMetadata(name, { truncateBefore: 1 })));

  it('without the right to write metadata handles events, and says once that its records pile up (T76)', async () => {
    const double = await Double.start();
    double.mode.isDenied = (name) => name.startsWith('$$_consumers') || name.startsWith('$$_sessions');
    const warnings: string[] = [];
    const hear = ({ message }: Error): number => warnings.push(message);
    process.on('warning', hear);
    const store = connectEventStoreDb(double.url, { timeouts: { beatMs: 750 } });
    const [last] = await store.eventStore.append(appendOf(streamId('Counter', 'one'), 1));
    const consumers = ['one', 'other'].map((name) => store.consume({ name, handle: () => undefined }));
    await until(() => consumers.every((consumer) => consumer.status().position === last?.position));
    process.off('warning', hear);
    await store.close();
    await double.stop();
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(
      /^The records of consumers pile up on EventStoreDB: the user may not write .* \(\$mw\)\.$/,
    );
  });

  async function isDamagedBy(act: (client: EventStoreDBClient, name: string) => Promise<unknown>): Promise<void> {
    const server = await startServer();
    const client = EventStoreDBClient.connectionString(server.url);
    const streamPrefix = unusedPrefix();
    const name = `${streamPrefix}_consumers-${createHash('sha256').update('damaged').digest('hex')}`;
    await client.appendToStream(name, jsonEvent({ type: 'ConsumerMoved', data: { position: 'nowhere' } }));
    await act(client, name);
    const store = connectEventStoreDb(server.url, { streamPrefix, timeouts: { beatMs: 750 } });
    await store.eventStore.append(appendOf(streamId('Counter', 'one'), 1));
    const head = await store.eventStore.head();
    const [damaged, whole] = ['damaged', 'whole'].map((each) => store.consume({ name: each, handle: () => undefined }));
    await until(() => whole?.status().position === head || whole?.status().lastFailure !== undefined);
    expect(whole?.status().lastFailure).to.equal(undefined);
    await until(() => damaged?.status().lastFailure !== undefined);
    expect(isDamaged(damaged)).to.equal(true);
    await store.close();
    await disposeOf(client);
    await server.stop();
  }
});

function isDamaged(consumer: Consumer | undefined): boolean {
  return isFault(consumer?.status().lastFailure?.error, 'store-damaged');
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

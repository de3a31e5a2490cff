import { isFault, type Store, streamId } from '@login-policy/event-sourcing';
import type { Append } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import type { LogRecord } from './double/event-log.js';
import { anew, appendOf } from './events.js';

const STREAM = streamId('Counter', 'one');
const receipt = { key: 'k', fingerprint: 'f' };

const withReceipt = (count: number): Append => ({ ...appendOf(STREAM, count), receipt });

describe('the stream of a receipt', () => {
  let double: Double;
  let stores: Store[];

  beforeEach(async () => {
    double = await Double.start();
    stores = [];
  });

  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await double.stop();
  });

  function another({ url }: Double): Store {
    const store = connectEventStoreDb(url);
    stores.push(store);
    return store;
  }

  it('is asked for after the end at which one appends, by a process that knows the stream', () =>
    isAskedAfterEnd(false));

  it('is asked for after the end at which one appends, by a process that knows nothing', () => isAskedAfterEnd(true));

  /**
   * All histories of a use of a key, where before one of its calls another use is answered, without an event, and before
   * the same or a later one a third process, which began only then, records an event.
   */
  async function isAskedAfterEnd(isCold: boolean): Promise<void> {
    const { eventStore } = another(double);
    await eventStore.append(appendOf(STREAM, 1));
    await eventStore.append(withReceipt(0));
    const [event] = double.log.stream(STREAM);
    const [kept] = double.log.records.filter(({ streamName }) => streamName.startsWith('_receipts-'));
    if (event === undefined || kept === undefined) throw new Error('an event and a receipt');
    let most = 1;
    for (let answered = 1; answered <= most; answered++)
      for (let recorded = answered; recorded <= most + 1; recorded++) {
        const calls = await useBetween({ event, kept }, { isCold, answered, recorded });
        most = Math.max(most, calls);
      }
  }

  /** How many calls the use takes, where the others act before the calls of these numbers. */
  async function useBetween(
    { event, kept }: Readonly<Record<'event' | 'kept', LogRecord>>,
    { isCold, answered, recorded }: { readonly isCold: boolean; readonly answered: number; readonly recorded: number },
  ): Promise<number> {
    const again = await Double.start();
    const store = another(again);
    try {
      if (isCold) again.log.write(event.streamName, anew(event));
      else await store.eventStore.append(appendOf(STREAM, 1));
      let calls = 0;
      let other: string | undefined;
      again.mode.isDenied = () => {
        calls += 1;
        if (calls === answered && again.log.stream(kept.streamName).length === 0)
          again.log.write(kept.streamName, anew(kept));
        if (calls === recorded) other = again.log.write(event.streamName, anew(event))[0]?.id;
        return false;
      };
      const [used] = await Promise.allSettled([store.eventStore.append(withReceipt(1))]);
      const histories = `answered before call ${answered}, recorded before call ${recorded}`;
      const ids = again.log.stream(STREAM).map(({ id }) => id);
      if (used.status === 'fulfilled' && other !== undefined) expect(ids.at(-1), histories).to.equal(other);
      else if (used.status === 'rejected') expect(isFault(used.reason, 'receipt-exists'), histories).to.equal(true);

      return calls;
    } finally {
      await store.close();
      await again.stop();
    }
  }
});

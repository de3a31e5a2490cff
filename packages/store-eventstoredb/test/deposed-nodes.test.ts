import { CommandHandler, revision, streamId, type Decider, type Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import {
  counter,
  counterEvents,
  paced,
  type CounterCommand,
  type CounterEvent,
  type CounterRejection,
  type CounterState,
} from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { appendOf, faultOf, newEvents } from './events.js';

type Decides = Decider<CounterCommand, CounterEvent, CounterState, CounterRejection>;

const STREAM = streamId('Counter', 'one');
const [BY, KEYED] = [{ actor: 'tester' }, { actor: 'tester', idempotencyKey: 'k' }];
const COUNT: CounterCommand = { type: 'Count', data: { by: 1 } };
const REMOVE: CounterCommand = { type: 'Remove' };
/** Counts up to two, so that a third `Count` has nothing to change. */
const upToTwo: Decides = {
  ...counter,
  decide: (command, state, given) =>
    command.type === 'Count' && (state?.total ?? 0) >= 2
      ? { outcome: 'accepted', events: [] }
      : counter.decide(command, state, given),
};

/** Commands read before they append without proof that the node leads. All but an accepted append has to be proved. */
for (const office of ['elected', 'deposed'] as const) {
  describe(`a command on a node that was ${office} and lacks the last events`, () => {
    let double: Double;
    let store: Store;
    let catchUp: () => void;

    beforeEach(async () => {
      double = await Double.startBehindWire();
      double.mode.writeTimeoutMs = 200;
      store = another();
    });

    afterEach(async () => {
      await store.close();
      await double.stop();
    });

    function another(): Store {
      const [retryMs, appendMs, lookupMs, stallMs] = [paced(500), paced(500), paced(500), paced(100)];
      return connectEventStoreDb(double.url, { timeouts: { retryMs, appendMs, lookupMs, stallMs } });
    }

    /** From a position on, events are missing until the node has caught up. */
    function lose(from: bigint): void {
      const show = double.log.hideFrom(from);
      double.mode.office = office;
      catchUp = () => {
        show();
        double.mode.office = 'leads';
      };
    }

    /** What another process, which knows no stream yet, is answered: `while` the events are missing, and `afterwards`. */
    async function outcomes(
      command: CounterCommand,
      context: typeof BY,
      decider: Decides = counter,
    ): Promise<{ readonly while: string; readonly afterwards: string }> {
      const fresh = another();
      const handler = new CommandHandler({ eventStore: fresh.eventStore, decider, events: counterEvents });
      const before = double.log.stream(STREAM).length;
      const { code } = await faultOf(handler.handle(STREAM, command, context));
      expect(double.log.stream(STREAM)).to.have.length(before);
      catchUp();
      const { outcome, ...answer } = await handler.handle(STREAM, command, context);
      await fresh.close();
      const what =
        'isRepeated' in answer ? `${answer.events.length} events, repeated: ${answer.isRepeated}` : 'refused';
      return { while: code, afterwards: `${outcome}, ${what}` };
    }

    it('is not refused by the state that the node has', async () => {
      const { end } = double.log;
      await store.eventStore.append(appendOf(STREAM, 1));
      lose(end);
      const refused = await outcomes(REMOVE, BY);
      expect(refused).to.deep.equal({ while: 'store-unavailable', afterwards: 'accepted, 1 events, repeated: false' });
    });

    Object.entries({ 'without a key': BY, 'with a key': KEYED }).forEach(([named, context]) => {
      it(`${named} is not told that there is nothing to change`, async () => {
        await store.eventStore.append(appendOf(STREAM, 2));
        const { end } = double.log;
        await store.eventStore.append({ ...appendOf(STREAM, 1), events: newEvents(1, removed) });
        lose(end);
        const unchanged = await outcomes(COUNT, context, upToTwo);
        expect(unchanged).to.deep.equal({
          while: 'store-unavailable',
          afterwards: 'accepted, 1 events, repeated: false',
        });
      });

      it(`${named} is not recorded at an end that the node takes for the last`, async () => {
        await store.eventStore.append(appendOf(STREAM, 1));
        const { end } = double.log;
        await store.eventStore.append(appendOf(STREAM, 1));
        lose(end);
        const accepted = await outcomes(COUNT, context);
        expect(accepted.while).to.be.oneOf(['store-unavailable', 'outcome-unknown']);
        expect(accepted.afterwards).to.equal('accepted, 1 events, repeated: false');
        expect(double.log.stream(STREAM)).to.have.length(3);
      });
    });

    it('that was carried out is not carried out again, because its receipt is asked for', async () => {
      await store.eventStore.append(appendOf(STREAM, 1));
      const { end } = double.log;
      const handler = new CommandHandler({ eventStore: store.eventStore, decider: counter, events: counterEvents });
      await handler.handle(STREAM, COUNT, KEYED);
      lose(end);
      const repeated = await outcomes(COUNT, KEYED);
      expect(repeated).to.deep.equal({ while: 'store-unavailable', afterwards: 'accepted, 0 events, repeated: true' });
    });

    it('is not told of half an append of which the node lacks the rest', async () => {
      await store.eventStore.append(appendOf(STREAM, 2));
      lose(double.log.stream(STREAM)[1]?.position ?? 0n);
      const told = await outcomes(COUNT, BY);
      expect(told).to.deep.equal({ while: 'store-unavailable', afterwards: 'accepted, 1 events, repeated: false' });
    });

    it('is not told of damage that was mended since', async () => {
      await store.eventStore.append({ ...appendOf(STREAM, 1), expected: 'no-stream' });
      setHidden(1);
      const { end } = double.log;
      setHidden(0);
      lose(end);
      const told = await outcomes(COUNT, BY);
      expect(told).to.deep.equal({ while: 'store-unavailable', afterwards: 'accepted, 1 events, repeated: false' });
      expect(await faultOfAppend()).to.equal(undefined);
    });

    /** Hides the first events of the stream, as another program does with `$tb`. */
    function setHidden(count: number): void {
      const [data, metadata] = [Buffer.from(JSON.stringify({ $tb: count })), Buffer.from('{}')];
      double.log.write(`$$${STREAM}`, [{ id: crypto.randomUUID(), type: '$metadata', isJson: true, data, metadata }]);
    }

    async function faultOfAppend(): Promise<unknown> {
      const append = { streamId: STREAM, expected: revision(1), events: newEvents(1) };
      return store.eventStore.append(append).then(
        () => undefined,
        (caught: unknown) => caught,
      );
    }
  });
}

const removed = { type: 'CounterRemoved', data: { at: 2 } };

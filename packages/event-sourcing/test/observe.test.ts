import {
  CommandHandler,
  Fault,
  type Observation,
  type Observe,
  observedCall,
  openMemoryStore,
  revision,
  streamId,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tally, tallyEvents } from './tally.js';
import { watched } from './watched-store.js';

const stream = streamId('tally', 'a');
const raise = { type: 'raise', by: 1 } as const;

/** Gathers what is told; times are only looked at. */
function gathering(): { readonly seen: object[]; readonly observe: Observe } {
  const seen: object[] = [];
  const begun = performance.now();
  const observe = (observation: Observation): void => {
    if (!('durationMs' in observation)) return void seen.push(observation);
    const { durationMs, ...others } = observation;
    expect(durationMs).to.be.within(0, performance.now() - begun);
    seen.push(others);
  };
  return { seen, observe };
}

describe('an observer', () => {
  it('receives each decision and append with its outcome', async () => {
    const { seen, observe } = gathering();
    const failures: Error[] = [
      new Fault('revision-conflict', { streamId: stream, expected: 'no-stream', actual: revision(3) }),
      new Error('the disk is gone'),
    ];
    const { store } = watched(openMemoryStore().eventStore, async () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    });
    const handler = new CommandHandler({ eventStore: store, decider: tally, events: tallyEvents, observe });
    await handler.handle(stream, raise, { actor: 'a' }).catch(() => undefined);
    await handler.handle(stream, raise, { actor: 'a' });
    await handler.handle(stream, { type: 'lower', by: 2 }, { actor: 'a' });
    const decided = { type: 'decision', streamId: stream, outcome: 'accepted', events: 1 };
    const refused = { ...decided, outcome: 'rejected', events: 0 };
    const appended = (outcome: string): object => ({ type: 'append', streamId: stream, events: 1, outcome });
    expect(seen).to.deep.equal([
      ...[decided, appended('conflict'), decided, appended('failed')],
      ...[decided, appended('written'), refused, refused],
    ]);
  });

  it('receives each call with its answer or error', async () => {
    const { seen, observe } = gathering();
    const outcomes = ['accepted', 'found', 'rejected'];
    for (const outcome of outcomes)
      expect(await observedCall(observe, outcome, async () => ({ outcome }))).to.deep.equal({ outcome });
    const thrown = new Error('the disk is gone');
    const failing = observedCall(observe, 'failing', () => Promise.reject<{ outcome: string }>(thrown));
    expect(await failing.catch((caught: unknown) => caught)).to.equal(thrown);
    expect(seen).to.deep.equal([
      { type: 'call', call: 'accepted', outcome: 'answered' },
      { type: 'call', call: 'found', outcome: 'answered' },
      { type: 'call', call: 'rejected', outcome: 'rejected' },
      { type: 'call', call: 'failing', outcome: 'failed' },
    ]);
  });

  it('does not affect the call by an error', async () => {
    const observe = (): never => {
      throw new Error('nobody listens');
    };
    const { eventStore } = openMemoryStore();
    const handler = new CommandHandler({ eventStore, decider: tally, events: tallyEvents, observe });
    expect(await handler.handle(stream, raise, { actor: 'a' })).to.include({ outcome: 'accepted', state: 1 });
    expect(await observedCall(observe, 'x', async () => ({ outcome: 'found' }))).to.deep.equal({ outcome: 'found' });
  });

  it('does not affect the call or end the process by a rejected promise', async () => {
    let told = 0;
    // The type takes an async function, too.
    const observe: () => unknown = () => {
      told += 1;
      return Promise.reject(new Error('nobody listens'));
    };
    expect(await observedCall(observe, 'a call', () => Promise.resolve({ outcome: 'found' }))).to.have.property(
      'outcome',
    );
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(told).to.equal(1);
  });
});

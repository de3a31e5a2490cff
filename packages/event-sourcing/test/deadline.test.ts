import { Deadline, Fault, openMemoryStore, streamId } from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';
import { TimedEventStore } from '#insides';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { codeOf, faultOf } from './followed.js';

const never = new Promise<never>(() => undefined);
const stream = streamId('tally', 'a');

describe('a deadline', () => {
  it('passes on a result and a failure that come in time', async () => {
    const deadline = new Deadline('a test', { waitMs: 10_000, signal: new AbortController().signal });
    expect(await deadline.wait(Promise.resolve(7))).to.equal(7);
    expect(String(await faultOf(deadline.wait(Promise.reject(new Error('it broke')))))).to.equal('Error: it broke');
    expect([deadline.isOver, deadline.leftMs > 9000]).to.deep.equal([false, true]);
  });

  it('ends a wait when its signal fires, and any later wait at once', async () => {
    const control = new AbortController();
    const deadline = new Deadline('a test', { signal: control.signal });
    const waiting = codeOf(deadline.wait(never));
    control.abort();
    expect([await waiting, await codeOf(deadline.wait(never))]).to.deep.equal([
      'deadline-exceeded',
      'deadline-exceeded',
    ]);
    expect(deadline.isOver).to.equal(true);
    expect(() => deadline.throwIfOver()).to.throw('a test did not finish before its deadline');
  });

  it('ends a wait when its time is up, gives the reason if it is known, and fires its signal', async () => {
    const deadline = new Deadline('a test', { waitMs: 20 });
    const { signal } = deadline;
    const fault = await faultOf(deadline.wait(never, () => new Error('no server')));
    expect(String(fault)).to.contain('a test did not finish before its deadline (no server)');
    while (signal?.aborted === false) await new Promise(setImmediate);
    deadline.end();
  });

  it('without a limit does not change any wait', async () => {
    const deadline = new Deadline('a test');
    const promise = Promise.resolve(1);
    expect(deadline.wait(promise)).to.equal(promise);
    expect([deadline.signal, deadline.isOver, deadline.leftMs]).to.deep.equal([undefined, false, Infinity]);
  });

  it('waits a moment longer for a write that has begun, and then reports its outcome as unknown', async () => {
    const control = new AbortController();
    const deadline = new Deadline('a test', { signal: control.signal });
    const inDoubt = (): Fault<'outcome-unknown'> => new Fault('outcome-unknown', { streamId: stream });
    const answered = deadline.waitForWrite(new Promise((resolve) => setTimeout(resolve, 20, 'written')), inDoubt);
    const lost = codeOf(deadline.waitForWrite(never, inDoubt));
    control.abort();
    expect([await answered, await lost]).to.deep.equal(['written', 'outcome-unknown']);
  });

  it('leaves no listener on a long-lived signal after a call', async () => {
    const { signal } = new AbortController();
    for (let nth = 0; nth < 20; nth++) await codeOf(new Deadline('a test', { signal, waitMs: 0 }).wait(never));
    await new Deadline('a test', { signal }).wait(Promise.resolve());
  });

  it('ends an iteration whose next value does not come, without waiting for its return', async () => {
    const { eventStore } = openMemoryStore();
    const hanging = delegating(eventStore, {
      readStream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => never, return: () => never }) }),
    });
    const pages = new TimedEventStore(hanging).readStream(stream, {}, new Deadline('a test', { waitMs: 10 }));
    const reading = (async () => {
      for await (const page of pages) expect(page).to.equal(undefined);
    })();
    expect(await codeOf(reading)).to.equal('deadline-exceeded');
  });
});

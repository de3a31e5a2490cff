import type { Position } from '@login-policy/event-sourcing';
import { position } from '@login-policy/event-sourcing/values';
import { LiveBuffer, Notifier } from '#insides';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const never = new AbortController().signal;
const at = (place: number): Position => position(place);
const live = (place: number, ...items: readonly number[]) => ({ items, position: at(place), reachedHead: true });
const many = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

function buffering(): LiveBuffer<number> {
  return new LiveBuffer<number>(undefined, () => undefined);
}

describe('a live buffer', () => {
  it('returns the items since the last call, in order and up to the last position', async () => {
    const buffer = buffering();
    buffer.push(live(1, 1));
    expect(await buffer.next(never)).to.deep.equal(live(1, 1));
    buffer.push(live(3, 2, 3));
    buffer.push({ ...live(4, 4), reachedHead: false });
    buffer.push(live(5));
    expect(await buffer.next(never)).to.deep.equal(live(5, 2, 3, 4));
  });

  it('waits for the next items, and returns nothing once the signal has fired', async () => {
    const buffer = buffering();
    const next = buffer.next(never);
    buffer.push(live(1, 1));
    expect(await next).to.deep.equal(live(1, 1));
    const control = new AbortController();
    const inVain = buffer.next(control.signal);
    control.abort();
    expect(await inVain).to.equal(undefined);
    buffer.push(live(2, 2));
    expect(await buffer.next(control.signal), 'it stays for the next call').to.equal(undefined);
    expect(await buffer.next(never)).to.deep.equal(live(2, 2));
  });

  it('reports missed items once there were too many', async () => {
    const buffer = buffering();
    buffer.push(live(1, ...many(1999)));
    buffer.push(live(2, 1));
    expect(await buffer.next(never), 'two thousand are kept')
      .to.have.property('items')
      .with.length(2000);
    buffer.push(live(3, ...many(2000)));
    buffer.push(live(4, 1));
    expect(await buffer.next(never)).to.equal('missed');
    buffer.push(live(5, 1));
    expect(await buffer.next(never)).to.equal('missed');
    const waiting = buffering();
    const next = waiting.next(never);
    waiting.push(live(1, ...many(2001)));
    expect(await next).to.equal('missed');
  });

  it('reports a failure first', async () => {
    const buffer = buffering();
    const fault = new Error('the store is gone');
    const next = buffer.next(never);
    buffer.fail(fault);
    expect(await next.catch((caught: unknown) => caught)).to.equal(fault);
    buffer.push(live(1, 1));
    expect(await buffer.next(never).catch((caught: unknown) => caught)).to.equal(fault);
  });

  it('begins at the given position, and unsubscribes', () => {
    let left = 0;
    const buffer = new LiveBuffer<number>(at(7), () => (left += 1));
    expect(buffer.from).to.equal(7n);
    buffer.leave();
    expect(left).to.equal(1);
  });
});

describe('a wait for a change', () => {
  it('ends once, by a change, the signal or the time limit', async () => {
    const notifier = new Notifier();
    let woken = 0;
    const count = (): number => (woken += 1);
    const all = [notifier.changed().then(count), notifier.changed(never, 600_000).then(count)];
    expect(woken).to.equal(0);
    notifier.notify();
    await Promise.all(all);
    notifier.notify();
    expect(woken).to.equal(2);
    await notifier.changed(undefined, 1);
    const control = new AbortController();
    const given = notifier.changed(control.signal);
    control.abort();
    await given;
    await notifier.changed(AbortSignal.abort());
  });

  it('waits for the next change if it is called again when woken', async () => {
    const notifier = new Notifier();
    let turns = 0;
    const again = async (): Promise<void> => {
      for (; turns < 3; turns++) await notifier.changed();
    };
    const done = again();
    notifier.notify();
    await Promise.resolve();
    expect(turns).to.be.below(3);
    while (turns < 3) {
      notifier.notify();
      await new Promise(setImmediate);
    }
    await done;
  });
});

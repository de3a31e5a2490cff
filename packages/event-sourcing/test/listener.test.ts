import type { Position } from '@login-policy/event-sourcing';
import { position } from '@login-policy/event-sourcing/domain';
import { Listener, Notifier } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const never = new AbortController().signal;
const at = (place: number): Position => position(place);
const news = (place: number, ...items: readonly number[]) => ({ items, position: at(place), isHead: true });
const many = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

function listening(): Listener<number> {
  return new Listener<number>(undefined, () => undefined);
}

describe('who listens to a feed', () => {
  it('hears what came since they asked last, in its order and as far as the last of it', async () => {
    const listener = listening();
    listener.hear(news(1, 1));
    expect(await listener.next(never)).to.deep.equal(news(1, 1));
    listener.hear(news(3, 2, 3));
    listener.hear({ ...news(4, 4), isHead: false });
    listener.hear(news(5));
    expect(await listener.next(never)).to.deep.equal(news(5, 2, 3, 4));
  });

  it('waits for what comes next, and hears nothing once the signal has fired', async () => {
    const listener = listening();
    const next = listener.next(never);
    listener.hear(news(1, 1));
    expect(await next).to.deep.equal(news(1, 1));
    const control = new AbortController();
    const inVain = listener.next(control.signal);
    control.abort();
    expect(await inVain).to.equal(undefined);
    listener.hear(news(2, 2));
    expect(await listener.next(control.signal), 'it stays for the next call').to.equal(undefined);
    expect(await listener.next(never)).to.deep.equal(news(2, 2));
  });

  it('has missed what was too much to keep, from then on', async () => {
    const listener = listening();
    listener.hear(news(1, ...many(1999)));
    listener.hear(news(2, 1));
    expect(await listener.next(never), 'two thousand are kept')
      .to.have.property('items')
      .with.length(2000);
    listener.hear(news(3, ...many(2000)));
    listener.hear(news(4, 1));
    expect(await listener.next(never)).to.equal('missed');
    listener.hear(news(5, 1));
    expect(await listener.next(never)).to.equal('missed');
    const waiting = listening();
    const next = waiting.next(never);
    waiting.hear(news(1, ...many(2001)));
    expect(await next).to.equal('missed');
  });

  it('is told what failed, before anything else', async () => {
    const listener = listening();
    const fault = new Error('the store is gone');
    const next = listener.next(never);
    listener.fail(fault);
    expect(await next.catch((caught: unknown) => caught)).to.equal(fault);
    listener.hear(news(1, 1));
    expect(await listener.next(never).catch((caught: unknown) => caught)).to.equal(fault);
  });

  it('begins where they say, and leaves', () => {
    let left = 0;
    const listener = new Listener<number>(at(7), () => (left += 1));
    expect(listener.from).to.equal(7n);
    listener.leave();
    expect(left).to.equal(1);
  });
});

describe('who waits to be notified', () => {
  it('is woken once, by what comes first: a change, the signal or the time', async () => {
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

  it('waits for the next change when they ask again as they are woken', async () => {
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

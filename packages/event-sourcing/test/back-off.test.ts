import { OutagePauses, STORE_AWAY_MS } from '#insides';
import { pause } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const HOURS = 1e9;

/** Whether something is over within some milliseconds. */
const isSoonOver = (waiting: Promise<void>): Promise<boolean> =>
  Promise.race([waiting.then(() => true), new Promise<boolean>((resolve) => setTimeout(resolve, 10, false))]);

describe('the pauses after failed attempts', () => {
  it('are 50 ms, doubled each time up to a minute, minus up to half at random; 50 ms again after a success', () => {
    const pauses = new OutagePauses();
    for (let round = 0; round < 20; round++) {
      for (const most of [50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]) {
        expect(pauses.next()).to.be.within(most / 2, most);
      }
      pauses.reset();
    }
  });

  it('are 5 s at most while a store is away', () => {
    const pauses = new OutagePauses();
    for (let attempt = 0; attempt < 20; attempt++) expect(pauses.next(STORE_AWAY_MS)).to.be.at.most(5000);
    expect(pauses.next()).to.be.within(30_000, 60_000);
  });
});

describe('the pause before another attempt', () => {
  for (const [attempt, longest] of [
    [1, { firstMs: HOURS, longestMs: HOURS }],
    [31, { longestMs: HOURS }],
  ] as const) {
    it(`grows with the attempts up to its limit, and ends when its signal fires: attempt ${attempt}`, async () => {
      const control = new AbortController();
      const waiting = pause(attempt, { ...longest, signal: control.signal });
      expect(await isSoonOver(waiting)).to.equal(false);
      control.abort();
      await waiting;
    });
  }

  it('is 1 ms at first and 64 ms at the longest', async () => {
    await Promise.all([pause(1, { longestMs: HOURS }), pause(40), pause(1, { firstMs: HOURS })]);
  });
});

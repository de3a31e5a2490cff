import { ChangeNotifier } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { until } from './followed.js';

const never = new AbortController().signal;
const HOUR_MS = 3_600_000;

/** A change notifier, and how often it polled. */
function watching({ intervalMs = 1, readVersion = (): unknown => 0 } = {}) {
  const counted = {
    looks: 0,
    notifier: new ChangeNotifier({
      intervalMs: () => intervalMs,
      readVersion: () => {
        counted.looks += 1;
        return readVersion();
      },
    }),
  };
  return counted;
}

/** Whether a promise is fulfilled by now. */
function settledOf(promise: Promise<void>): () => boolean {
  let isSettled = false;
  const settle = (): unknown => (isSettled = true);
  promise.then(settle, settle);
  return () => isSettled;
}

describe('a change notifier', () => {
  it('wakes all waiters when it is notified of a change, without polling', async () => {
    const watched = watching({ intervalMs: HOUR_MS });
    const all = [watched.notifier.changed(never), watched.notifier.changed(never)];
    watched.notifier.notify();
    await Promise.all(all);
    expect(watched.looks).to.equal(0);
  });

  it('wakes waiters when the polled version has changed, and not before', async () => {
    let seen = 1;
    const watched = watching({ readVersion: () => seen });
    await watched.notifier.changed(never);
    const isWoken = settledOf(watched.notifier.changed(never));
    const before = watched.looks;
    expect(before, 'nothing was seen before the first').to.be.at.least(1);
    await until(() => watched.looks > before + 3);
    expect(isWoken()).to.equal(false);
    seen = 2;
    await until(isWoken);
    await watched.notifier.close();
  });

  it('wakes waiters when polling fails, so that they see the error themselves', async () => {
    let isGone = false;
    const watched = watching({
      readVersion() {
        if (isGone) throw new Error('the store is gone');
        return 0;
      },
    });
    await watched.notifier.changed(never);
    isGone = true;
    for (let round = 0; round < 3; round++) await watched.notifier.changed(never);
    await watched.notifier.close();
  });

  it('polls once for all waiters, and not at all without waiters', async () => {
    const watched = watching();
    await watched.notifier.changed(never);
    const control = new AbortController();
    const all = Array.from({ length: 20 }, () => watched.notifier.changed(control.signal));
    const before = watched.looks;
    await until(() => watched.looks > before + 2);
    control.abort();
    await Promise.all(all);
    const after = watched.looks;
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(watched.looks, 'at most the one that was under way').to.be.at.most(after + 1);
    const isWoken = settledOf(watched.notifier.changed(never, 1));
    await until(isWoken);
    await watched.notifier.close();
  });

  it('ends a wait when its signal fires and after its time limit', async () => {
    const watched = watching({ intervalMs: HOUR_MS });
    await watched.notifier.changed(AbortSignal.abort());
    await watched.notifier.changed(never, 1);
    const control = new AbortController();
    const given = watched.notifier.changed(control.signal);
    control.abort();
    await given;
    expect(watched.looks).to.equal(0);
  });

  it('wakes all waiters when it is closed', async () => {
    const watched = watching({ intervalMs: HOUR_MS });
    const waits = watched.notifier.changed(never);
    expect(watched.notifier.isClosed).to.equal(false);
    await watched.notifier.close();
    await waits;
    await watched.notifier.changed(never);
    expect([watched.notifier.isClosed, watched.looks]).to.deep.equal([true, 0]);
  });
});

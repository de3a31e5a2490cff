import { accept, CommandHandler, openMemoryStore, streamId, type Decider } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tally, tallyEvents, type TallyEvent } from './tally.js';

const stream = streamId('tally', 'a');

/** Grants every command. */
const granting: Decider<object, TallyEvent, number, never> = {
  ...tally,
  decide: () => accept({ type: 'Raised', data: { by: 1 } }),
};

/** What is stored of a command under its key. */
async function fingerprintOf(command: object): Promise<string | undefined> {
  const { eventStore } = openMemoryStore();
  const handler = new CommandHandler({ eventStore, decider: granting, events: tallyEvents });
  await handler.handle(stream, command, { actor: 'tester', idempotencyKey: 'key' });
  return (await eventStore.receipt(stream, 'key'))?.fingerprint;
}

describe('the fingerprint of a command', () => {
  it('does not depend on the order of members, at any depth', async () => {
    const one = await fingerprintOf({ a: { x: 1, y: [{ p: 1, q: 2 }], z: null }, b: 2n, c: 'c' });
    expect(await fingerprintOf({ c: 'c', a: { z: null, y: [{ q: 2, p: 1 }], x: 1 }, b: 2n })).to.equal(one);
  });

  it('never changes, because it is compared with stored ones', async () => {
    expect(await fingerprintOf({ list: ['a', { of: 7n }], nothing: null, is: true })).to.equal(
      '86f788ddfc79f5bce79f1ca5d7072a9f54677c3c2d9a22be78c265ac4b1ce680',
    );
  });

  it('is the same in a program that gives bigint a toJSON', async () => {
    const command = { to: { sequence: 7n }, at: new Date(0), list: [1n] };
    const without = await fingerprintOf(command);
    const toJSON = {
      value(this: bigint) {
        return String(this);
      },
      configurable: true,
    };
    Reflect.defineProperty(BigInt.prototype, 'toJSON', toJSON);
    try {
      expect(await fingerprintOf(command)).to.equal(without);
    } finally {
      Reflect.deleteProperty(BigInt.prototype, 'toJSON');
    }
  });

  it('differs for other content and for another order of a list', async () => {
    const others = [
      {},
      { a: [1, 2] },
      { a: [2, 1] },
      { a: { 0: 1, 1: 2 } },
      { a: null },
      { a: {} },
      { a: 1 },
      { a: 1n },
    ];
    const fingerprints = await Promise.all(others.map(fingerprintOf));
    expect(new Set(fingerprints).size).to.equal(others.length);
  });
});

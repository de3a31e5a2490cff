import { isFault } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { closeBenches, INSTANCE, NO_SMS, openBench, seenNow } from './bench.js';

afterEach(closeBenches);

describe('proposals that are closed', () => {
  it('fail every call with store-closed, and record nothing', async () => {
    const bench = await openBench();
    const { proposals, store } = bench;
    const change = { type: 'command', owner: INSTANCE, command: NO_SMS, seen: await seenNow(bench) } as const;
    const by = { actor: 'ann', reason: 'advisory' };
    const had = await store.eventStore.head();
    await proposals.close();
    const calls: Readonly<Record<string, () => unknown>> = {
      propose: () => proposals.propose(INSTANCE, change, by),
      emergency: () => proposals.emergency(INSTANCE, change, by),
      approve: () => proposals.approve(INSTANCE, 'p', { actor: 'bob', seen: [change.seen] }),
      reject: () => proposals.reject(INSTANCE, 'p', { actor: 'bob' }),
      withdraw: () => proposals.withdraw(INSTANCE, 'p', { actor: 'ann' }),
      proposal: () => proposals.proposal(INSTANCE, 'p'),
      list: () => proposals.list(INSTANCE),
      needsApproval: () => proposals.needsApproval(INSTANCE, NO_SMS),
      carryOutDue: () => proposals.carryOutDue(),
      keepCarryingOut: () => proposals.keepCarryingOut(),
      onProposal: () => proposals.onProposal({ name: 'told', handle: () => undefined }),
    };
    for (const [name, call] of Object.entries(calls)) {
      const caught = await new Promise((resolve) => resolve(call())).catch((error: unknown) => error);
      expect(isFault(caught, 'store-closed'), name).to.equal(true);
    }
    expect(await store.eventStore.head()).to.equal(had);
    await proposals.close();
  });
});

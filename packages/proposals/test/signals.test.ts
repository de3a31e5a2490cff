import { orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { closeBenches, INSTANCE, NO_SMS, openBench, seenNow } from './bench.js';

afterEach(closeBenches);

/** As of another realm, or of a polyfill: no instance of this platform's class. */
class OtherSignal extends EventTarget {
  aborted = false;
  reason: unknown = undefined;
  readonly onabort = null;

  abort(reason: unknown): void {
    this.aborted = true;
    this.reason = reason;
    this.dispatchEvent(new Event('abort'));
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }
}

describe('a signal of another implementation', () => {
  it('is taken by every call of the policies and of the proposals, and ends what waits', async () => {
    let isAway = false;
    const needsApproval = (): 1 | Promise<never> => (isAway ? new Promise<never>(() => undefined) : 1);
    const bench = await openBench({ needsApproval });
    const { policies, proposals } = bench;
    const signal = new OtherSignal();
    orThrow(await policies.policy(INSTANCE, { signal }));
    orThrow(await policies.change(INSTANCE, { allowRegister: false }, { actor: 'ann', signal }));
    const change = { type: 'command', owner: INSTANCE, command: NO_SMS, seen: await seenNow(bench) } as const;
    const proposed = await proposals.propose(INSTANCE, change, { actor: 'ann', reason: 'advisory', id: 'p', signal });
    expect(proposed).to.include({ outcome: 'accepted' });
    expect(await proposals.proposal(INSTANCE, 'p', { signal, waitMs: 5000 })).to.include({ outcome: 'found' });
    expect(await proposals.list(INSTANCE, { signal })).to.include({ outcome: 'found' });
    const seen = [change.seen];
    expect(await proposals.approve(INSTANCE, 'p', { actor: 'bob', seen, signal })).to.include({ outcome: 'accepted' });
    expect((await proposals.carryOutDue({ signal })).advanced.map(({ stage }) => stage)).to.deep.equal(['carried-out']);
    isAway = true;
    const asking = proposals.needsApproval(INSTANCE, { type: 'change', settings: { allowRegister: true } }, { signal });
    setTimeout(() => signal.abort(new Error('gone')), 20);
    expect(await asking.catch((fault: unknown) => fault)).to.have.property('code', 'deadline-exceeded');
  });
});

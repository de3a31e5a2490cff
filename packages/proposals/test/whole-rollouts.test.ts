import { orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { accepted, after, closeBenches, due, HOUR, INSTANCE, NO_SMS, openBench, type Bench } from './bench.js';
import type { ChangePreview } from '@login-policy/proposals';

afterEach(closeBenches);

/** Organizations in the order of their names; only the last one still allows SMS. */
async function manyWithOneLast({ policies }: Bench): Promise<void> {
  orThrow(await policies.removeSecondFactor(INSTANCE, 'OTP_SMS', { actor: 'ann' }));
  for (let count = 0; count < 150; count++)
    orThrow(await policies.customize({ ...INSTANCE, organizationId: `o-${count}` }, { actor: 'ann' }));
  orThrow(await policies.addSecondFactor({ ...INSTANCE, organizationId: 'o-99' }, 'OTP_SMS', { actor: 'ann' }));
}

describe('how many approve a rollout', () => {
  it('is judged by the whole of its plan: what matters may be on a later page', async () => {
    const judged: number[] = [];
    const needsApproval = (preview: ChangePreview): number => {
      if (preview.kind !== 'rollout-plan') return 0;
      judged.push(preview.counts['would-change']);
      return preview.counts['would-change'] > 0 ? 2 : 0;
    };
    const bench = await openBench({ needsApproval });
    await manyWithOneLast(bench);
    const options = { id: 'r', actor: 'ann' };
    const asked = orThrow(await bench.proposals.rolloutNeedsApproval(INSTANCE, NO_SMS, options));
    expect([asked.needed, judged]).to.deep.equal([2, [0, 1]]);
    const change = { type: 'rollout', command: NO_SMS, seen: asked.seen } as const;
    const proposed = await bench.proposals.propose(INSTANCE, change, { actor: 'ann', reason: 'advisory' });
    expect(accepted(proposed).proposal.needed).to.equal(2);
  });
});

describe('a proposal at its end', () => {
  it('is not taken back where the guard refuses that, and names the refusal', async () => {
    const bench = await openBench({ needsApproval: () => 0 });
    const closed = { allowUsernamePassword: false, allowExternalIdp: false, passwordlessType: 'NOT_ALLOWED' } as const;
    const acknowledge = ['no-way-to-sign-in'] as const;
    orThrow(await bench.policies.change(INSTANCE, closed, { actor: 'ann', acknowledge }));
    const { seen = '' } = orThrow(await bench.policies.policy(INSTANCE));
    const command = { type: 'change', settings: { allowUsernamePassword: true } } as const;
    const change = { type: 'command', owner: INSTANCE, command, seen } as const;
    const options = { actor: 'ann', reason: 'open for a day', until: after(24 * HOUR) };
    accepted(await bench.proposals.propose(INSTANCE, change, options));
    expect((await due(bench)).map(({ stage }) => stage)).to.deep.equal(['carried-out']);
    bench.clock.set(after(24 * HOUR));
    const [ended] = await due(bench);
    expect(ended?.stage).to.equal('ended');
    expect(ended?.takenBack?.map(({ outcome, problem }) => [outcome, problem?.reason])).to.deep.equal([
      ['refused', 'would-lock-out'],
    ]);
    expect(orThrow(await bench.policies.policy(INSTANCE)).policy.settings.allowUsernamePassword).to.equal(true);
  });
});

import { freshInstance, openLoginPolicies, orThrow, type CommandInput } from '@login-policy/domain';
import { rollOut } from '@login-policy/domain/rollout';
import { openProposals } from '@login-policy/proposals';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import {
  accepted,
  ACME,
  after,
  approveBy,
  approvedNoSms,
  closeBenches,
  due,
  HOUR,
  INSTANCE,
  NO_SMS,
  openBench,
  proposeNoSms,
  reasonOf,
  secondFactors,
  seenNow,
  type Bench,
} from './bench.js';

afterEach(closeBenches);

const ALL = ['TOTP', 'U2F', 'OTP_SMS'];
const WITHOUT = ['TOTP', 'U2F'];
const DAY = 24 * HOUR;

async function viewed({ proposals }: Bench, id: string) {
  const found = await proposals.proposal(INSTANCE, id);
  if (found.outcome === 'rejected') throw new Error(found.message);
  return found.proposal;
}

describe('a proposal with a date', () => {
  it('is carried out at its instant by the clock of the store, and not before', async () => {
    const bench = await openBench();
    const id = await approvedNoSms(bench, { at: after(DAY) });
    expect(await viewed(bench, id)).to.include({ stage: 'approved', dueAt: after(DAY) });
    bench.clock.set(after(DAY - 1));
    expect(await due(bench)).to.deep.equal([]);
    bench.clock.set(after(DAY));
    expect((await due(bench)).map(({ stage, lateByMs }) => ({ stage, lateByMs }))).to.deep.equal([
      { stage: 'carried-out', lateByMs: 0 },
    ]);
    expect(await secondFactors(bench)).to.deep.equal(WITHOUT);
  });

  it('is carried out late when nobody ran meanwhile, and says so', async () => {
    const bench = await openBench();
    await approvedNoSms(bench, { at: after(DAY) });
    bench.clock.set(after(3 * DAY));
    expect((await due(bench)).map(({ stage, lateByMs }) => ({ stage, lateByMs }))).to.deep.equal([
      { stage: 'carried-out', lateByMs: 2 * DAY },
    ]);
  });

  it('is not carried out unapproved, also late: it expires, and an approval comes too late', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench, { at: after(DAY), expiresAt: after(2 * DAY) });
    bench.clock.set(after(DAY));
    expect(await due(bench)).to.deep.equal([]);
    bench.clock.set(after(2 * DAY));
    expect(reasonOf(await approveBy(bench, 'bob', id))).to.equal('proposal-expired');
    expect((await due(bench)).map(({ stage }) => stage)).to.deep.equal(['expired']);
    expect(reasonOf(await approveBy(bench, 'bob', id).catch(() => ({ outcome: 'closed' })))).to.equal('closed');
    expect(await secondFactors(bench)).to.deep.equal(ALL);
  });

  it('and an end is taken back then: the policy is as it was', async () => {
    const bench = await openBench();
    const id = await approvedNoSms(bench, { at: after(DAY), until: after(2 * DAY) });
    bench.clock.set(after(DAY));
    await due(bench);
    expect(await secondFactors(bench)).to.deep.equal(WITHOUT);
    bench.clock.set(after(2 * DAY - 1));
    expect(await due(bench)).to.deep.equal([]);
    bench.clock.set(after(2 * DAY));
    expect((await due(bench)).map(({ stage, takenBack }) => ({ stage, takenBack }))).to.deep.equal([
      { stage: 'ended', takenBack: [{ outcome: 'changed' }] },
    ]);
    expect(await secondFactors(bench)).to.deep.equal(ALL);
    const last = orThrow(await bench.policies.history(INSTANCE, { direction: 'backwards', limit: 1 })).entries[0];
    expect(last?.reason).to.equal(`SMS codes are phished [proposal ${id} at its end: approved by bob]`);
    expect(await due(bench)).to.deep.equal([]);
  });

  it('takes nothing back from a policy that was changed since, under whichever correlation id, and says so', async () => {
    for (const name of ['cy', 'proposal']) {
      const bench = await openBench();
      const by = { actor: 'cy', correlationId: `${name} ${await approvedNoSms(bench, { until: after(DAY) })}` };
      await due(bench);
      orThrow(await bench.policies.change(INSTANCE, { forceMfa: true }, by));
      bench.clock.set(after(DAY));
      const [ended] = await due(bench);
      expect([ended?.stage, ended?.takenBack?.[0]?.problem?.reason]).to.deep.equal(['ended', 'sequence-not-current']);
      expect(await secondFactors(bench)).to.deep.equal(WITHOUT);
    }
  });

  it('whose whole time passed while nobody ran expires: nothing is done and undone', async () => {
    const bench = await openBench();
    await approvedNoSms(bench, { at: after(DAY), until: after(2 * DAY) });
    bench.clock.set(after(3 * DAY));
    expect((await due(bench)).map(({ stage }) => stage)).to.deep.equal(['expired']);
    expect(
      orThrow(await bench.policies.history(INSTANCE)).entries.filter(({ actor }) => actor === 'ann'),
    ).to.have.length(0);
  });

  it('is carried out once, whichever way the clock is set between its steps', async () => {
    for (const jump of [-DAY, DAY]) {
      const bench = await openBench();
      const id = await proposeNoSms(bench, { at: after(2 * DAY), until: after(10 * DAY) });
      bench.clock.advance(jump);
      accepted(await approveBy(bench, 'bob', id));
      bench.clock.set(after(2 * DAY));
      await due(bench);
      bench.clock.advance(jump);
      await due(bench);
      bench.clock.set(after(10 * DAY));
      await due(bench);
      bench.clock.advance(jump);
      await due(bench);
      expect([(await viewed(bench, id)).stage, await secondFactors(bench)]).to.deep.equal(['ended', ALL]);
      const own = orThrow(await bench.policies.history(INSTANCE)).entries.filter(({ actor }) => actor === 'ann');
      expect(own.map(({ type }) => type)).to.deep.equal(['SecondFactorRemoved', 'SecondFactorAdded']);
    }
  });

  it('that needs nobody is carried out alone, unless the policy was changed meanwhile: then somebody is asked', async () => {
    const bench = await openBench({ needsApproval: () => 0 });
    const id = await proposeNoSms(bench, { at: after(DAY) });
    expect(await viewed(bench, id)).to.include({ stage: 'approved', needed: 0 });
    orThrow(await bench.policies.change(INSTANCE, { forceMfa: true }, { actor: 'cy' }));
    bench.clock.set(after(DAY));
    expect((await due(bench)).map(({ stage, needed }) => ({ stage, needed }))).to.deep.equal([
      { stage: 'open', needed: 1 },
    ]);
    expect(await secondFactors(bench)).to.deep.equal(ALL);
  });

  it('that the policies refuse then is recorded with the reason, and never forced', async () => {
    let isThere = true;
    const bench = await openBench({}, { identityProviders: () => (isThere ? [{ id: 'google' }] : []) });
    const seen = await seenNow(bench);
    const identityProvider = { id: 'google', ownerType: 'SYSTEM' } as const;
    const command: CommandInput = { type: 'addIdentityProvider', identityProvider };
    const change = { type: 'command', owner: INSTANCE, command, seen } as const;
    const by = { actor: 'ann', reason: 'one more way in', at: after(DAY) };
    const { id } = accepted(await bench.proposals.propose(INSTANCE, change, by)).proposal;
    accepted(await approveBy(bench, 'bob', id));
    isThere = false;
    bench.clock.set(after(DAY));
    const [failed] = await due(bench);
    expect([failed?.stage, failed?.problem?.reason]).to.deep.equal(['failed', 'identity-provider-not-found']);
  });
});

describe('two processes with a timer', () => {
  it('agree on what was carried out, also if one looked before the other began and was killed before it said so', async () => {
    const bench = await openBench({ needsApproval: () => 1 });
    const seen = orThrow(await bench.policies.effectivePolicy(ACME)).seen ?? '';
    const change = { type: 'command', owner: ACME, command: { type: 'customize' }, seen } as const;
    const by = { actor: 'ann', reason: 'own rules' };
    const { id } = accepted(await bench.proposals.propose(INSTANCE, change, by)).proposal;
    accepted(await approveBy(bench, 'bob', id));
    const loginPolicies = await openLoginPolicies({ store: bench.store });
    const killed = bench.policies.execute.bind(bench.policies);
    bench.policies.execute = async (...command) => {
      await killed(...command);
      throw new Error('killed');
    };
    const failures: unknown[] = [];
    const between = async (): Promise<boolean> => {
      if (failures.length === 0) failures.push(...(await bench.proposals.carryOutDue()).failures);
      return true;
    };
    const another = await openProposals({
      ...{ store: bench.store, loginPolicies, mayApprove: () => true },
      ...{ needsApproval: () => 1, organizations: { exists: between } },
    });
    const { advanced } = await another.carryOutDue();
    expect([failures.length, advanced.map(({ stage }) => stage)]).to.deep.equal([1, ['carried-out']]);
    const own = orThrow(await loginPolicies.history(ACME)).entries.filter(({ type }) => type === 'LoginPolicyAdded');
    expect(own).to.have.length(1);
    await another.close();
    await loginPolicies.close();
  });
});

describe('a plan', () => {
  it('is approved, carried out and taken back as one, step by step', async () => {
    const bench = await openBench();
    const own = orThrow(await bench.policies.effectivePolicy(ACME)).seen ?? '';
    const steps = [
      { owner: INSTANCE, command: NO_SMS, seen: await seenNow(bench) },
      {
        owner: ACME,
        command: { type: 'add', policy: { ...freshInstance, secondFactors: ['OTP_SMS'] } } as const,
        seen: own,
      },
    ];
    const by = { actor: 'ann', reason: 'only acme keeps SMS', until: after(DAY) };
    const { id } = accepted(await bench.proposals.propose(INSTANCE, { type: 'plan', steps }, by)).proposal;
    accepted(await approveBy(bench, 'bob', id));
    expect((await due(bench)).map(({ stage, results }) => ({ stage, results }))).to.deep.equal([
      { stage: 'carried-out', results: [{ organizationId: 'acme', outcome: 'changed' }, { outcome: 'changed' }] },
    ]);
    expect(orThrow(await bench.policies.effectivePolicy(ACME)).policy.secondFactors).to.deep.equal(['OTP_SMS']);
    bench.clock.set(after(DAY));
    expect((await due(bench)).map(({ stage, takenBack }) => ({ stage, takenBack }))).to.deep.equal([
      { stage: 'ended', takenBack: [{ organizationId: 'acme', outcome: 'changed' }, { outcome: 'changed' }] },
    ]);
    const { policy } = orThrow(await bench.policies.effectivePolicy(ACME));
    expect([policy.isDefault, policy.secondFactors]).to.deep.equal([true, ALL]);
  });

  it('is void as a whole where one of its policies was changed: no step is carried out', async () => {
    const bench = await openBench();
    const own = orThrow(await bench.policies.effectivePolicy(ACME)).seen ?? '';
    const steps = [
      { owner: INSTANCE, command: NO_SMS, seen: await seenNow(bench) },
      { owner: ACME, command: { type: 'add', policy: freshInstance } as const, seen: own },
    ];
    const by = { actor: 'ann', reason: 'both' };
    const { id } = accepted(await bench.proposals.propose(INSTANCE, { type: 'plan', steps }, by)).proposal;
    accepted(await approveBy(bench, 'bob', id));
    orThrow(await bench.policies.customize(ACME, { actor: 'cy' }));
    expect((await due(bench)).map(({ stage, voided }) => [stage, voided?.reason])).to.deep.equal([
      ['open', 'changed-since'],
    ]);
    expect(await secondFactors(bench)).to.deep.equal(ALL);
  });
});

describe('a rollout', () => {
  it('is approved, carried out on every policy, and taken back at its end', async () => {
    const bench = await openBench();
    orThrow(await bench.policies.customize(ACME, { actor: 'cy' }));
    const rollout = rollOut(bench.policies, INSTANCE, NO_SMS, { id: 'look', actor: 'ann' });
    const { seen } = orThrow(await rollout.plan());
    const change = { type: 'rollout', command: NO_SMS, seen } as const;
    const by = { actor: 'ann', reason: 'everywhere', until: after(DAY) };
    const { id } = accepted(await bench.proposals.propose(INSTANCE, change, by)).proposal;
    expect(await due(bench)).to.deep.equal([]);
    accepted(await approveBy(bench, 'bob', id));
    expect((await due(bench)).map(({ stage, results }) => ({ stage, results }))).to.deep.equal([
      { stage: 'carried-out', results: [] },
    ]);
    const allowing = async () =>
      orThrow(await bench.policies.organizationsWithCustomPolicy(INSTANCE, { allowing: 'OTP_SMS' })).organizations
        .length;
    expect([await secondFactors(bench), await allowing()]).to.deep.equal([WITHOUT, 0]);
    bench.clock.set(after(DAY));
    expect((await due(bench)).map(({ stage }) => stage)).to.deep.equal(['ended']);
    expect([await secondFactors(bench), await allowing()]).to.deep.equal([ALL, 1]);
  });

  it('is void where the default was changed since', async () => {
    const bench = await openBench();
    const { seen } = orThrow(await rollOut(bench.policies, INSTANCE, NO_SMS, { id: 'look', actor: 'ann' }).plan());
    const change = { type: 'rollout', command: NO_SMS, seen } as const;
    const { id } = accepted(await bench.proposals.propose(INSTANCE, change, { actor: 'ann', reason: 'x' })).proposal;
    accepted(await approveBy(bench, 'bob', id));
    orThrow(await bench.policies.change(INSTANCE, { forceMfa: true }, { actor: 'cy' }));
    expect((await due(bench)).map(({ stage, voided }) => [stage, voided?.reason])).to.deep.equal([
      ['open', 'changed-since'],
    ]);
  });
});

describe('an emergency', () => {
  it('is carried out at once by one person, and recorded as what it is before it is', async () => {
    const bench = await openBench();
    const change = { type: 'command', owner: INSTANCE, command: NO_SMS, seen: await seenNow(bench) } as const;
    const done = accepted(await bench.proposals.emergency(INSTANCE, change, { actor: 'ann', reason: 'attack' }));
    expect(done.proposal).to.include({ stage: 'carried-out', isEmergency: true });
    expect(await secondFactors(bench)).to.deep.equal(WITHOUT);
    const last = orThrow(await bench.policies.history(INSTANCE, { direction: 'backwards', limit: 1 })).entries[0];
    expect(last).to.include({ actor: 'ann', reason: `attack [proposal ${done.proposal.id}: emergency]` });
  });

  it('needs a reason and what was seen, and can’t be approved', async () => {
    const bench = await openBench();
    const change = { type: 'command', owner: INSTANCE, command: NO_SMS, seen: await seenNow(bench) } as const;
    const give = (options: object): Promise<{ readonly outcome: string }> =>
      Reflect.apply(bench.proposals.emergency, bench.proposals, [INSTANCE, change, options]);
    expect(reasonOf(await give({ actor: 'ann' }))).to.equal('invalid-argument');
    expect(reasonOf(await give({ actor: 'ann', reason: 'x', at: after(1) }))).to.equal('invalid-argument');
    orThrow(await bench.policies.change(INSTANCE, { forceMfa: true }, { actor: 'cy' }));
    expect(reasonOf(await give({ actor: 'ann', reason: 'attack' }))).to.equal('changed-since');
  });
});

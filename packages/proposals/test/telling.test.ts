import { evaluateSignIn, openLoginPolicies, orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { monotonicIds } from '@login-policy/event-sourcing';
import type { ProposalTold } from '@login-policy/proposals';
import { proposalStream } from '#insides';
import {
  accepted,
  ACME,
  after,
  approveBy,
  BEGIN,
  closeBenches,
  due,
  HOUR,
  INSTANCE,
  lookedAt,
  NO_SMS,
  openBench,
  proposeNoSms,
  reasonOf,
  seenNow,
} from './bench.js';

afterEach(closeBenches);

const DAY = 24 * HOUR;

describe('what is upcoming for an organization', () => {
  it('is what is approved and has a date, and what its end brings back', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench, { at: after(DAY), until: after(2 * DAY) });
    const told = async () =>
      (await bench.proposals.of(ACME)).map(({ at, id: by, policy }) => [
        at,
        by,
        'secondFactors' in policy && policy.secondFactors.includes('OTP_SMS'),
      ]);
    expect(await told()).to.deep.equal([]);
    accepted(await approveBy(bench, 'bob', id));
    expect(await told()).to.deep.equal([
      [after(DAY), id, false],
      [after(2 * DAY), id, true],
    ]);
    bench.clock.set(after(DAY));
    await due(bench);
    expect(await told()).to.deep.equal([[after(2 * DAY), id, true]]);
    bench.clock.set(after(2 * DAY));
    await due(bench);
    expect(await told()).to.deep.equal([]);
  });

  it('does not reach an organization with a custom policy, nor what would be void by now', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench, { at: after(DAY) });
    accepted(await approveBy(bench, 'bob', id));
    const other = { ...INSTANCE, organizationId: 'other' };
    orThrow(await bench.policies.customize(other, { actor: 'cy' }));
    expect([await bench.proposals.of(other), (await bench.proposals.of(ACME)).length]).to.deep.equal([[], 1]);
    orThrow(await bench.policies.change(INSTANCE, { forceMfa: true }, { actor: 'cy' }));
    expect(await bench.proposals.of(ACME)).to.deep.equal([]);
  });

  it('is told however many changes of others have a date', async () => {
    const bench = await openBench();
    const seen = orThrow(await bench.policies.effectivePolicy(ACME)).seen ?? '';
    const ids = Array.from({ length: 120 }, (_, index) => `a${index}`);
    for (const id of ids) {
      const owner = { ...INSTANCE, organizationId: id };
      const own = { type: 'command', owner, command: { type: 'customize' }, seen: seen.replace(/acme$/, id) } as const;
      const by = { actor: 'ann', reason: 'own', id, at: after(DAY) };
      accepted(await bench.proposals.propose(INSTANCE, own, by));
    }
    const id = await proposeNoSms(bench, { at: after(DAY), id: 'z' });
    accepted(await approveBy(bench, 'bob', id));
    expect((await bench.proposals.of(ACME)).map((one) => one.id)).to.deep.equal(['z']);
  });

  it('is the end of a rollout, too, on each policy that was not changed since', async () => {
    const bench = await openBench();
    orThrow(await bench.policies.customize(ACME, { actor: 'cy' }));
    const other = { ...INSTANCE, organizationId: 'other' };
    const rollout = { type: 'rollout', command: NO_SMS, seen: await seenNow(bench) } as const;
    const by = { actor: 'ann', reason: 'SMS codes are phished', id: 'all', at: after(DAY), until: after(2 * DAY) };
    accepted(await bench.proposals.propose(INSTANCE, rollout, by));
    accepted(await approveBy(bench, 'bob', 'all'));
    bench.clock.set(after(DAY));
    await due(bench);
    const told = async (organization: typeof ACME) =>
      (await bench.proposals.of(organization)).map(({ at, policy }) => [
        at,
        'secondFactors' in policy && policy.secondFactors.includes('OTP_SMS'),
      ]);
    const end = [[after(2 * DAY), true]];
    expect([await told(ACME), await told(other)]).to.deep.equal([end, end]);
    orThrow(await bench.policies.change(ACME, { forceMfa: true }, { actor: 'cy' }));
    expect([await told(ACME), await told(other)]).to.deep.equal([[], end]);
  });

  it('is what its users meet after all steps of a plan', async () => {
    const bench = await openBench();
    orThrow(await bench.policies.customize(ACME, { actor: 'cy' }));
    const seen = orThrow(await bench.policies.effectivePolicy(ACME)).seen ?? '';
    const steps = [
      { owner: INSTANCE, command: NO_SMS, seen: await seenNow(bench) },
      { owner: ACME, command: { type: 'remove' }, seen },
    ] as const;
    const by = { actor: 'ann', reason: 'as all others', at: after(DAY), id: 'reset' };
    accepted(await bench.proposals.propose(INSTANCE, { type: 'plan', steps }, by));
    accepted(await approveBy(bench, 'bob', 'reset'));
    const [{ policy } = { policy: {} }] = await bench.proposals.of(ACME);
    expect(policy).to.have.property('secondFactors').that.deep.equals(['TOTP', 'U2F']);
  });

  it('is the default before the plan for an organization that the plan gives a copy of it, and so it is done', async () => {
    const bench = await openBench();
    const seen = orThrow(await bench.policies.effectivePolicy(ACME)).seen ?? '';
    const steps = [
      { owner: INSTANCE, command: NO_SMS, seen: await seenNow(bench) },
      { owner: ACME, command: { type: 'customize' }, seen },
    ] as const;
    const by = { actor: 'ann', reason: 'all but acme', at: after(DAY), id: 'others' };
    accepted(await bench.proposals.propose(INSTANCE, { type: 'plan', steps }, by));
    accepted(await approveBy(bench, 'bob', 'others'));
    const [{ policy } = { policy: {} }] = await bench.proposals.of(ACME);
    expect(policy).to.have.property('secondFactors').that.includes('OTP_SMS');
    bench.clock.set(after(DAY));
    await due(bench);
    expect(orThrow(await bench.policies.policy(ACME)).policy.secondFactors).to.include('OTP_SMS');
  });

  it('is told with the effective policy, and to a user who signs in', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench, { at: after(DAY) });
    accepted(await approveBy(bench, 'bob', id));
    const policies = await openLoginPolicies({ store: bench.store, upcoming: bench.proposals });
    const found = orThrow(await policies.effectivePolicy(ACME));
    await policies.close();
    const user = { hasPassword: true, factors: ['OTP_SMS'], identityProviders: [] } as const;
    const answer = evaluateSignIn(found, { user, session: { password: BEGIN }, at: BEGIN }, found.upcoming);
    expect(answer.outcome !== 'rejected' && answer.upcoming).to.deep.equal([
      {
        at: new Date(after(DAY)),
        change: 'weaker',
        noLonger: [{ method: 'second-factor', factor: 'OTP_SMS' }],
        setUp: [],
        id,
      },
    ]);
  });
});

describe('the events of proposals', () => {
  it('are told in order, each with the proposal as it is by now', async () => {
    const bench = await openBench();
    const told: ProposalTold[] = [];
    const consumer = bench.proposals.onProposal({ name: 'webhook', handle: (one) => told.push(one) });
    const id = await proposeNoSms(bench);
    accepted(await approveBy(bench, 'bob', id));
    await due(bench);
    const head = await bench.store.eventStore.head();
    while ((consumer.status().position ?? 0n) < head) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(told.map(({ what, actor }) => `${what} by ${actor}`)).to.deep.equal([
      'ProposalMade by ann',
      'ProposalApproved by bob',
      'CarryingOutBegun by proposals',
      'ProposalCarriedOut by proposals',
    ]);
    expect(told.at(-1)?.proposal).to.include({ id, stage: 'carried-out' });
    expect(new Set(told.map(({ messageId }) => messageId)).size).to.equal(4);
  });
});

const OF_A_NEWER_PROGRAM = { actor: 'newer', correlationId: 'newer' };

describe('the list of proposals', () => {
  it('is by page, of an instance or of one organization, of all or of those that wait', async () => {
    const bench = await openBench({ needsApproval: () => 1 });
    const ids: string[] = [];
    for (const id of ['a', 'b', 'c']) ids.push(await proposeNoSms(bench, { id }));
    const seen = orThrow(await bench.policies.effectivePolicy(ACME)).seen ?? '';
    const own = { type: 'command', owner: ACME, command: { type: 'customize' }, seen } as const;
    accepted(await bench.proposals.propose(INSTANCE, own, { actor: 'ann', reason: 'own', id: 'd' }));
    accepted(await bench.proposals.withdraw(INSTANCE, 'a', { actor: 'ann', reason: 'never mind' }));
    const list = async (options: object) => {
      const found = await bench.proposals.list(INSTANCE, options);
      if (found.outcome === 'rejected') throw new Error(found.message);
      return [found.proposals.map(({ id }) => id), found.next];
    };
    expect(await list({})).to.deep.equal([['a', 'b', 'c', 'd'], undefined]);
    expect(await list({ limit: 2 })).to.deep.equal([['a', 'b'], 'b']);
    expect(await list({ limit: 2, after: 'b' })).to.deep.equal([['c', 'd'], 'd']);
    expect(await list({ which: 'waiting' })).to.deep.equal([['b', 'c', 'd'], undefined]);
    expect(await list({ organizationId: 'acme' })).to.deep.equal([['d'], undefined]);
    const append = (id: string, expected: 'no-stream' | 'any') =>
      bench.store.eventStore.append({
        streamId: proposalStream(INSTANCE.instanceId, id),
        expected,
        events: [{ id: monotonicIds()(), type: 'Unheard', schemaVersion: 1, data: {}, metadata: OF_A_NEWER_PROGRAM }],
      });
    await append('b', 'any');
    expect(await list({ limit: 1, after: 'a' }), 'it holds up no page').to.deep.equal([[], 'b']);
    await append('z', 'no-stream');
    const all = await bench.proposals.list(INSTANCE, {});
    expect(all.outcome === 'found' && all.unreadable.map(({ id }) => id), 'it is named').to.deep.equal(['b', 'z']);
    expect(all.outcome === 'found' && all.unreadable[0]?.message).to.include('Unheard');
    expect(await list({ limit: 1, after: 'b' })).to.deep.equal([['c'], 'c']);
    expect(await list({ which: 'waiting', organizationId: 'other' })).to.deep.equal([[], undefined]);
    const other = await bench.proposals.list({ instanceId: 'another' });
    expect(other.outcome === 'found' && other.proposals).to.deep.equal([]);
  });

  it('has who withdrew or rejected one, and why', async () => {
    const bench = await openBench();
    const [one, two] = [await proposeNoSms(bench), await proposeNoSms(bench)];
    const { proposal } = accepted(await bench.proposals.reject(INSTANCE, one, { actor: 'bob', reason: 'too early' }));
    expect(proposal.closedBy).to.deep.equal({ actor: 'bob', subject: 'bob', reason: 'too early' });
    expect(reasonOf(await bench.proposals.withdraw(INSTANCE, two, { actor: 'bob' }))).to.equal('not-the-proposer');
    const withdrawn = accepted(await bench.proposals.withdraw(INSTANCE, two, { actor: 'ann' }));
    expect(withdrawn.proposal.stage).to.equal('withdrawn');
    expect(await lookedAt(bench, two).catch((error: unknown) => error)).to.be.instanceOf(Error);
  });
});

describe('the timer', () => {
  it('carries out what is due, and ends when it is closed', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench);
    const reports: string[] = [];
    const timer = bench.proposals.keepCarryingOut({
      everyMs: 100,
      onReport: ({ advanced }) => reports.push(...advanced.map(({ stage }) => stage)),
    });
    accepted(await approveBy(bench, 'bob', id));
    while (reports.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await timer.close();
    expect(reports).to.deep.equal(['carried-out']);
  });

  it('tells what fails on a proposal to whom it tells failures alone', async () => {
    let isAway = false;
    const exists = (): boolean => {
      if (isAway) throw new Error('the directory is away');
      return true;
    };
    const bench = await openBench({ needsApproval: () => 0, organizations: { exists } });
    const seen = orThrow(await bench.policies.effectivePolicy(ACME)).seen ?? '';
    const own = { type: 'command', owner: ACME, command: { type: 'customize' }, seen } as const;
    accepted(await bench.proposals.propose(INSTANCE, own, { actor: 'ann', reason: 'own' }));
    isAway = true;
    const failure = await new Promise((resolve) => {
      bench.proposals.keepCarryingOut({ everyMs: 100, onFailure: resolve });
    });
    expect(String(failure)).to.include('the directory is away');
  });

  it('goes on when its listeners throw', async () => {
    const bench = await openBench();
    const stages: string[] = [];
    const timer = bench.proposals.keepCarryingOut({
      everyMs: 100,
      onReport({ advanced }) {
        stages.push(...advanced.map(({ stage }) => stage));
        throw new Error('a broken report');
      },
      async onFailure(error) {
        await Promise.reject(error instanceof Error ? error : new Error('not an error'));
      },
    });
    for (let count = 1; count <= 2; count++) {
      const id = await proposeNoSms(bench, { expiresAt: after(count * HOUR) });
      bench.clock.set(after(count * HOUR));
      while (stages.length < count) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(stages, id).to.have.lengthOf(count);
    }
    await timer.close();
  });

  it('is not begun by closed proposals, nor is anything else', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench);
    await bench.proposals.close();
    const { proposals } = bench;
    expect(() => proposals.keepCarryingOut()).to.throw('closed');
    expect(() => proposals.onProposal({ name: 'late', handle: () => undefined })).to.throw('closed');
    const late: readonly (() => Promise<unknown>)[] = [
      () => proposals.withdraw(INSTANCE, id, { actor: 'ann' }),
      () => proposals.list(INSTANCE),
      () => proposals.carryOutDue(),
    ];
    for (const call of late) expect(String(await call().catch((error: unknown) => error))).to.include('closed');
    await proposals.close();
  });
});

import { openLoginPolicies, orThrow } from '@login-policy/domain';
import { parseInstance, policyStream } from '@login-policy/domain/model';
import { monotonicIds } from '@login-policy/event-sourcing';
import { openProposals, type Person, type ProposalAnswer } from '@login-policy/proposals';
import { proposalStream } from '#insides';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import {
  accepted,
  ACME,
  approveBy,
  closeBenches,
  due,
  INSTANCE,
  lookedAt,
  NO_SMS,
  openBench,
  proposeNoSms,
  reasonOf,
  secondFactors,
  seenNow,
} from './bench.js';

afterEach(closeBenches);

const ALL = ['TOTP', 'U2F', 'OTP_SMS'];

describe('a proposal', () => {
  it('is carried out once another person has approved it, and every history tells both', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench);
    const { needed, steps } = await lookedAt(bench, id);
    expect([needed, await secondFactors(bench)]).to.deep.equal([1, ALL]);
    expect(steps[0]).to.include({ isDefault: true, weakened: true });
    accepted(await approveBy(bench, 'bob', id));
    expect((await due(bench)).map(({ stage, results }) => ({ stage, results }))).to.deep.equal([
      { stage: 'carried-out', results: [{ outcome: 'changed' }] },
    ]);
    expect(await secondFactors(bench)).to.deep.equal(['TOTP', 'U2F']);
    const last = orThrow(await bench.policies.history(INSTANCE, { direction: 'backwards', limit: 1 })).entries[0];
    expect(last).to.include({
      actor: 'ann',
      reason: `SMS codes are phished [proposal ${id}: approved by bob]`,
      correlationId: `proposal ${id}`,
    });
    expect(await due(bench)).to.deep.equal([]);
  });

  it('is asked until the end of the year 9999 at most', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench, { at: '9999-12-20T00:00:00Z' });
    expect(await due(bench)).to.deep.equal([]);
    const found = await bench.proposals.proposal(INSTANCE, id);
    expect(found.outcome === 'found' && found.proposal).to.include({ expiresAt: '9999-12-31T23:59:59.999Z' });
  });

  it('names a person nowhere but in what can be erased, unless they are given a subject', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench);
    accepted(await approveBy(bench, 'bob', id));
    const other = await proposeNoSms(bench);
    accepted(await bench.proposals.reject(INSTANCE, other, { actor: 'bob' }));
    for (const proposal of [id, other])
      for await (const page of bench.store.eventStore.readStream(proposalStream(INSTANCE.instanceId, proposal)))
        for (const { data } of page) expect(JSON.stringify(data)).not.to.match(/"ann"|"bob"/);
    const found = await bench.proposals.proposal(INSTANCE, id);
    expect(found).to.have.nested.property('proposal.proposer.subject', 'ann');
    expect(found).to.have.nested.property('proposal.approvals[0].subject', 'bob');
  });

  it('is carried out when the names of who proposed and approved it were erased', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench);
    accepted(await approveBy(bench, 'bob', id));
    const { store } = bench;
    const streamId = proposalStream(INSTANCE.instanceId, id);
    for await (const page of store.eventStore.readStream(streamId))
      for (const { id: eventId, revision } of page)
        await store.eventStore.erase?.({ streamId, revision, eventId, commitments: { actor: 'gone' } });
    const loginPolicies = await openLoginPolicies({ store });
    const proposals = await openProposals({ store, loginPolicies, mayApprove: () => true });
    await proposals.readModel.rebuild();
    expect((await due({ proposals })).map(({ stage }) => stage)).to.deep.equal(['carried-out']);
    const { entries } = orThrow(await loginPolicies.history(INSTANCE, { direction: 'backwards', limit: 1 }));
    // EventStoreDB can't erase.
    const [proposer, approver] = store.eventStore.erase === undefined ? ['ann', 'bob'] : ['erased', 'erased'];
    expect(entries[0]).to.include({ actor: proposer });
    expect(entries[0]?.reason).to.include(`approved by ${approver}`);
    await proposals.close();
    await loginPolicies.close();
  });

  it('adds approvals up beside a change of the default policy, which none of its users meets', async () => {
    const bench = await openBench({ needsApproval: () => 2 });
    orThrow(await bench.policies.customize(ACME, { actor: 'cy' }));
    const seen = orThrow(await bench.policies.effectivePolicy(ACME)).seen ?? '';
    const own = { type: 'command', owner: ACME, command: NO_SMS, seen } as const;
    const { id } = accepted(await bench.proposals.propose(INSTANCE, own, { actor: 'ann', reason: 'own' })).proposal;
    accepted(await approveBy(bench, 'bob', id));
    orThrow(await bench.policies.change(INSTANCE, { forceMfa: true }, { actor: 'cy' }));
    expect(accepted(await approveBy(bench, 'dan', id)).proposal).to.include({ stage: 'approved' });
    expect((await due(bench)).map(({ stage }) => stage)).to.deep.equal(['carried-out']);
  });

  it('is shown, rejected and withdrawn beside a policy that can’t be read, and not approved', async () => {
    const bench = await openBench();
    const ids = [await proposeNoSms(bench), await proposeNoSms(bench)] as const;
    const seen = [await seenNow(bench)];
    const event = { id: monotonicIds()(), type: 'FromTheFuture', schemaVersion: 1, data: {} };
    const metadata = { actor: 'cy', correlationId: 'cy' };
    const streamId = policyStream(parseInstance(INSTANCE, 'instance'));
    await bench.store.eventStore.append({ streamId, expected: 'any', events: [{ ...event, metadata }] });
    const found = await bench.proposals.proposal(INSTANCE, ids[0]);
    expect(found).to.have.nested.property('now.rejection.reason', 'policy-unreadable');
    const approving = bench.proposals.approve(INSTANCE, ids[0], { actor: 'bob', seen });
    expect(await approving.catch((fault: unknown) => fault)).to.have.property('code', 'written-by-newer-program');
    accepted(await bench.proposals.reject(INSTANCE, ids[0], { actor: 'bob' }));
    accepted(await bench.proposals.withdraw(INSTANCE, ids[1], { actor: 'ann' }));
  });

  it('keeps nobody longer than they wait, beside a program that does not say what needs approval', async () => {
    let isAway = false;
    const needsApproval = () => (isAway ? new Promise<never>(() => undefined) : 1);
    const bench = await openBench({ needsApproval });
    const id = await proposeNoSms(bench);
    isAway = true;
    const looking = bench.proposals.proposal(INSTANCE, id, { waitMs: 1000 });
    expect(await looking.catch(String)).to.include('needsApproval did not finish');
    const asking = bench.proposals.needsApproval(INSTANCE, NO_SMS, { waitMs: 1000 });
    expect(await asking.catch(String)).to.include('needsApproval did not finish');
  });

  it('is never approved or rejected by its proposer, by whichever session, token or account', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench, { subject: 'ann-the-person' });
    const { seen } = await lookedAt(bench, id);
    for (const by of [{ actor: 'ann' }, { actor: 'ann-2', subject: 'ann-the-person' }]) {
      expect(reasonOf(await bench.proposals.approve(INSTANCE, id, { ...by, seen }))).to.equal('own-proposal');
      expect(reasonOf(await bench.proposals.reject(INSTANCE, id, by))).to.equal('own-proposal');
    }
    expect(await due(bench)).to.deep.equal([]);
  });

  it('is approved only by those whom the program lets, which is not asked about the proposer', async () => {
    const asked: unknown[] = [];
    const mayApprove = (person: Person, proposal: object): boolean => {
      expect([person, proposal].map(Object.isFrozen)).to.deep.equal([true, true]);
      asked.push(person.actor);
      return person.actor === 'bob';
    };
    const bench = await openBench({ mayApprove });
    const id = await proposeNoSms(bench);
    expect(reasonOf(await approveBy(bench, 'ann', id))).to.equal('own-proposal');
    expect(reasonOf(await approveBy(bench, 'cy', id))).to.equal('may-not-approve');
    expect(reasonOf(await bench.proposals.reject(INSTANCE, id, { actor: 'cy' }))).to.equal('may-not-approve');
    accepted(await approveBy(bench, 'bob', id));
    expect(asked).to.deep.equal(['cy', 'cy', 'bob']);
  });

  it('is not approved on what no longer holds, and says what was changed', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench);
    const { seen } = await lookedAt(bench, id);
    orThrow(await bench.policies.change(INSTANCE, { forceMfa: true }, { actor: 'cy' }));
    const refused = await bench.proposals.approve(INSTANCE, id, { actor: 'bob', seen });
    expect(reasonOf(refused)).to.equal('changed-since');
    expect(refused.outcome === 'rejected' && refused.message).to.include('LoginPolicyChanged by cy');
    accepted(await approveBy(bench, 'bob', id));
    expect((await due(bench)).map(({ stage }) => stage)).to.deep.equal(['carried-out']);
  });

  it('is void where the policy was changed after the approval, and is asked again', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench);
    accepted(await approveBy(bench, 'bob', id));
    orThrow(await bench.policies.change(INSTANCE, { forceMfa: true }, { actor: 'cy' }));
    const [voided] = await due(bench);
    expect(voided).to.include({ stage: 'open', needed: 1 });
    expect([voided?.approvals, voided?.voided?.reason]).to.deep.equal([[], 'changed-since']);
    expect([await secondFactors(bench), await due(bench)]).to.deep.equal([ALL, []]);
    accepted(await approveBy(bench, 'bob', id));
    expect((await due(bench)).map(({ stage }) => stage)).to.deep.equal(['carried-out']);
    expect(await secondFactors(bench)).to.deep.equal(['TOTP', 'U2F']);
  });

  it('needs as many others as the program says, each once', async () => {
    const bench = await openBench({ needsApproval: () => 2 });
    const id = await proposeNoSms(bench);
    const { seen } = await lookedAt(bench, id);
    const approve = (actor: string, subject = actor) => bench.proposals.approve(INSTANCE, id, { actor, subject, seen });
    await Promise.all([approve('bob'), approve('bob'), approve('bob-2', 'bob')]);
    expect(await due(bench)).to.deep.equal([]);
    await Promise.all([approve('cy'), approve('di')]);
    expect((await due(bench)).map(({ stage }) => stage)).to.deep.equal(['carried-out']);
  });

  it('is made once under its id, however often it is repeated; another one under it is refused', async () => {
    const bench = await openBench();
    const seen = await seenNow(bench);
    const change = { type: 'command', owner: INSTANCE, command: NO_SMS, seen } as const;
    const by = { actor: 'ann', reason: 'phishing', id: 'no-sms' };
    const first = accepted(await bench.proposals.propose(INSTANCE, change, by));
    orThrow(await bench.policies.change(INSTANCE, { forceMfa: true }, { actor: 'cy' }));
    const again = accepted(await bench.proposals.propose(INSTANCE, change, by));
    expect([again.isRepeated, again.proposal]).to.deep.equal([true, first.proposal]);
    const other = { ...change, command: { type: 'removeSecondFactor', factor: 'TOTP' } } as const;
    expect(reasonOf(await bench.proposals.propose(INSTANCE, other, by))).to.equal('proposal-already-exists');
  });

  it('of an organization that is gone is refused, or fails when it is due', async () => {
    let isThere = true;
    const bench = await openBench({ organizations: { exists: () => isThere }, needsApproval: () => 1 });
    const seen = orThrow(await bench.policies.effectivePolicy(ACME)).seen ?? '';
    const change = { type: 'command', owner: ACME, command: { type: 'customize' }, seen } as const;
    const propose = () => bench.proposals.propose(INSTANCE, change, { actor: 'ann', reason: 'own rules' });
    const { id } = accepted(await propose()).proposal;
    accepted(await approveBy(bench, 'bob', id));
    isThere = false;
    expect(reasonOf(await propose())).to.equal('organization-not-found');
    const [failed] = await due(bench);
    expect([failed?.stage, failed?.problem?.reason]).to.deep.equal(['failed', 'organization-not-found']);
  });
});

/** The field that a refusal of malformed input names. */
async function fieldOf(answering: Promise<ProposalAnswer>): Promise<string | undefined> {
  const answer = await answering;
  if (answer.outcome === 'accepted') return 'accepted';
  return answer.rejection.reason === 'invalid-argument' ? answer.rejection.field : answer.rejection.reason;
}

describe('a malformed proposal', () => {
  it('is refused by the name of what is wrong', async () => {
    const bench = await openBench();
    const seen = await seenNow(bench);
    const step = { owner: INSTANCE, command: NO_SMS, seen };
    const change = { type: 'command', ...step };
    const by = { actor: 'ann', reason: 'phishing' };
    const propose = (...given: readonly unknown[]) =>
      fieldOf(Reflect.apply(bench.proposals.propose, bench.proposals, [INSTANCE, ...given]));
    const propositions: readonly (readonly [unknown, unknown, string])[] = [
      [null, by, 'change.type'],
      [{ ...change, type: 'propose' }, by, 'change.type'],
      [{ ...change, command: { type: 'propose', change } }, by, 'command.type'],
      [{ ...change, owner: { instanceId: 'other' } }, by, 'change.owner.instanceId'],
      [{ ...change, owner: { ...INSTANCE, organizationId: undefined } }, by, 'change.owner.organizationId'],
      [{ ...change, seen: 'x' }, by, 'change.seen'],
      [{ type: 'rollout', command: NO_SMS, seen: 'x' }, by, 'change.seen'],
      [{ ...change, also: 1 }, by, 'change.also'],
      [{ type: 'plan', steps: [] }, by, 'change.steps'],
      [{ type: 'plan', steps: [step, step] }, by, 'change.steps[1].owner'],
      [{ type: 'rollout', command: { type: 'customize' }, seen }, by, 'owner.organizationId'],
      [{ type: 'rollout', command: NO_SMS, seen, organizationIds: undefined }, by, 'change.organizationIds'],
      [change, { actor: 'ann' }, 'options.reason'],
      [change, { ...by, reason: ' ' }, 'options.reason'],
      [change, { ...by, reason: 'x'.repeat(1501) }, 'options.reason'],
      [change, { ...by, id: 'a/b' }, 'options.id'],
      [change, { ...by, actor: '' }, 'options.actor'],
      [change, { ...by, subject: '\u0000' }, 'options.subject'],
      [change, { ...by, at: 'soon' }, 'options.at'],
      [change, { ...by, at: '2026-12-31T00:00:00Z' }, 'options.at'],
      [change, { ...by, acknowledge: ['all'] }, 'options.acknowledge[0]'],
      [change, { ...by, wen: 1 }, 'options.wen'],
    ];
    for (const [given, options, field] of propositions) expect(await propose(given, options)).to.equal(field);
  });

  it('and so is a malformed answer to one', async () => {
    const bench = await openBench();
    const id = await proposeNoSms(bench);
    const call = (name: 'approve' | 'list' | 'proposal' | 'reject', ...given: readonly unknown[]) =>
      fieldOf(Reflect.apply(bench.proposals[name], bench.proposals, given));
    expect(await call('approve', INSTANCE, id, { actor: 'bob' })).to.equal('options.seen');
    expect(await call('approve', INSTANCE, id, { actor: 'bob', seen: [1] })).to.equal('options.seen[0]');
    expect(await call('approve', INSTANCE, id, { actor: 'bob', seen: ['x'] })).to.equal('options.ifSeen');
    expect(await call('approve', INSTANCE, '', { actor: 'bob', seen: ['x'] })).to.equal('id');
    expect(await call('reject', ACME, id, { actor: 'bob' })).to.equal('instance.organizationId');
    expect(await call('list', INSTANCE, { which: 'some' })).to.equal('options.which');
    expect(await call('list', INSTANCE, { limit: 0 })).to.equal('options.limit');
    expect(await call('proposal', INSTANCE, id, { atLeast: -1n })).to.equal('options.atLeast');
    const { seen } = await lookedAt(bench, id);
    const elsewhere = await bench.proposals.approve({ instanceId: 'another' }, id, { actor: 'bob', seen });
    expect(reasonOf(elsewhere)).to.equal('proposal-not-found');
  });

  it('and wrong options are refused when proposals are opened', async () => {
    const open = (options: object) => openBench(JSON.parse(JSON.stringify(options)));
    for (const [options, name] of [
      [{ mayApprove: true }, 'mayApprove'],
      [{ needsApproval: 1 }, 'needsApproval'],
      [{ organizations: {} }, 'organizations'],
    ] as const) {
      const caught: unknown = await open(options).catch((error: unknown) => error);
      expect(caught).to.be.instanceOf(RangeError).with.property('message').that.includes(name);
    }
  });
});

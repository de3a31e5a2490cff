import { streamId } from '@login-policy/event-sourcing';
import { EventPlacer, fixedClock } from '@login-policy/testkit';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { proposalDecider, type ProposalCommand, type ProposalEvent, type ProposalState } from '#insides';
import { after, HOUR } from './bench.js';

const change = { type: 'plan', steps: [{ command: { type: 'removeSecondFactor', factor: 'OTP_SMS' } }] } as const;
/** Two accounts of ann, one of each of the others. */
const people = [
  { actor: 'ann', subject: 'ann' },
  { actor: 'ann-2', subject: 'ann' },
  { actor: 'bob', subject: 'bob' },
  { actor: 'bob-2', subject: 'bob' },
  { actor: 'cy', subject: 'cy' },
] as const;
const person = fc.constantFrom(...people);
const seen = fc.constantFrom(['one'], ['two']);
const problem = { reason: 'changed-since', message: 'It was changed.' };
const needed = fc.integer({ min: 1, max: 3 });
const command = fc.oneof(
  fc.record({ type: fc.constant('approve' as const), person, seen, needed }),
  fc.record({ type: fc.constantFrom('reject' as const, 'withdraw' as const), person }),
  fc.record({ type: fc.constant('void' as const), seen, problem: fc.constant(problem) }),
  fc.record({ type: fc.constant('begin' as const), seen, before: fc.constant(['4']) }),
  fc.record({ type: fc.constantFrom('finish' as const, 'end' as const), steps: fc.constant([]) }),
  fc.record({ type: fc.constant('fail' as const), problem: fc.constant(problem), steps: fc.constant([]) }),
  fc.constant({ type: 'expire' } as const),
);
const moment = fc.integer({ min: -48, max: 24 * 40 });

const STREAM = streamId('loginPolicyProposal', 'iam/p');

interface Told {
  readonly event: ProposalEvent;
  readonly by: string;
}

/** Gives commands one after another, each at some hour: the clock jumps both ways. */
function eventsOf(given: readonly ProposalCommand[], hours: readonly number[]): readonly Told[] {
  let state: ProposalState;
  const told: Told[] = [];
  let latest = '';
  for (const [index, one] of given.entries()) {
    const now = after((hours[index] ?? 0) * HOUR);
    const by = 'actor' in one ? one.actor : 'proposals';
    const facts = { now, foreseen: { needed: 1, before: ['4'] } };
    const decision = proposalDecider.decide(one, state, { streamId: STREAM, facts });
    if (decision.outcome === 'rejected') continue;
    // As a store does: what is recorded never goes back in time.
    latest = now > latest ? now : latest;
    const metadata = { actor: by, correlationId: 'proposal p' };
    const placer = new EventPlacer({ streamId: STREAM, clock: fixedClock(latest), metadata });
    for (const event of decision.events) {
      state = proposalDecider.evolve(state, placer.place(event));
      told.push({ event, by });
    }
  }
  return told;
}

const history = fc
  .tuple(
    fc.record({ first: needed, isDated: fc.boolean(), isLimited: fc.boolean() }),
    fc.array(fc.tuple(command, moment), { maxLength: 40 }),
  )
  .map(([{ isDated, isLimited }, steps]) => {
    const propose: ProposalCommand = {
      ...{ type: 'propose', instanceId: 'iam', id: 'p', change, seen: ['one'], actor: 'ann', subject: 'ann' },
      ...{ isEmergency: false, ...(isDated && { at: after(HOUR) }), ...(isLimited && { until: after(200 * HOUR) }) },
    };
    const given = steps.map(([one]): ProposalCommand => {
      if (!('person' in one)) return one;
      const { person: by, ...others } = one;
      return { ...others, ...by };
    });
    return eventsOf([propose, ...given], [0, ...steps.map(([, hour]) => hour)]);
  });

describe('whatever is asked of a proposal, in whichever order and at whichever time', () => {
  it('it is not begun before as many others as it needs have approved the same, after the last change', () =>
    fc.assert(
      fc.property(history, (told) => {
        let approvals: { readonly subject: string; readonly seen: string; readonly by: string }[] = [];
        let wanted = 1;
        for (const { by, event } of told) {
          if (event.type === 'ProposalApproved') {
            const { subject = by, needed: asked, seen: what } = event.data;
            expect([subject === 'ann', by === 'ann']).to.deep.equal([false, false]);
            approvals.push({ subject, seen: what.join(), by });
            wanted = asked;
          }
          if (event.type === 'ApprovalsVoided') approvals = [];
          if (event.type !== 'CarryingOutBegun') continue;
          const last = approvals.at(-1)?.seen;
          const others = new Set(approvals.filter((one) => one.seen === last).map(({ subject }) => subject));
          expect(others.size).to.be.at.least(wanted);
        }
      }),
      { numRuns: 1000 },
    ));

  it('it is carried out once, only after it was begun, and never after it was rejected, withdrawn or expired', () =>
    fc.assert(
      fc.property(history, (told) => {
        const types = told.map(({ event }) => event.type);
        expect(types.filter((type) => type === 'ProposalCarriedOut').length).to.be.at.most(1);
        expect(types.filter((type) => type === 'ProposalEnded').length).to.be.at.most(1);
        const closed = types.findIndex((type) => CLOSING.includes(type));
        if (closed >= 0) expect(types.slice(closed + 1)).to.deep.equal([]);
        const done = types.indexOf('ProposalCarriedOut');
        if (done >= 0) expect(types.slice(0, done)).to.include('CarryingOutBegun');
      }),
      { numRuns: 1000 },
    ));
});

const CLOSING: readonly string[] = ['ProposalRejected', 'ProposalWithdrawn', 'ProposalExpired', 'ProposalEnded'];

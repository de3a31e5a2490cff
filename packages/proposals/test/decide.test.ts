import { streamId } from '@login-policy/event-sourcing';
import { deciderSpecification, fixedClock } from '@login-policy/testkit';
import { describe, it } from 'mocha';
import { proposalDecider, type ProposalCommand, type ProposalEvent } from '#insides';
import { after, BEGIN, HOUR } from './bench.js';

const given = deciderSpecification(proposalDecider, {
  streamId: streamId('loginPolicyProposal', 'iam/p'),
  clock: fixedClock(BEGIN),
  metadata: { actor: 'ann', correlationId: 'proposal p', reason: 'phishing' },
});

const seen = ['one'];
const change = { type: 'plan', steps: [{ command: { type: 'removeSecondFactor', factor: 'OTP_SMS' } }] } as const;
const asked = { instanceId: 'iam', id: 'p', change, seen, isEmergency: false };
const ann = { actor: 'ann', subject: 'ann-the-person' };
const bob = { actor: 'bob', subject: 'bob-the-person' };
const MONTH = after(30 * 24 * HOUR);
const foreseen = { needed: 1, before: ['4'] };
const problem = { reason: 'changed-since', message: 'It was changed.' };
const steps = [{ outcome: 'changed' }] as const;

const propose: ProposalCommand = { type: 'propose', ...asked, ...ann };
const approve: ProposalCommand = { type: 'approve', ...bob, seen, needed: 1 };
const begin: ProposalCommand = { type: 'begin', seen, before: ['4'] };

type Made = Extract<ProposalEvent, { readonly type: 'ProposalMade' }>;
const made = (data: Partial<Made['data']> = {}): ProposalEvent => ({
  type: 'ProposalMade',
  data: { ...asked, subject: 'ann-the-person', needed: 1, expiresAt: MONTH, ...data },
});
const approved: ProposalEvent = { type: 'ProposalApproved', data: { subject: 'bob-the-person', seen, needed: 1 } };
const begun: ProposalEvent = { type: 'CarryingOutBegun', data: { before: ['4'], dueAt: BEGIN } };
const carriedOut: ProposalEvent = { type: 'ProposalCarriedOut', data: { steps } };
const failed: ProposalEvent = { type: 'ProposalNotCarriedOut', data: { problem, steps: [] } };
const now = after(HOUR);

describe('proposing', () => {
  it('asks as many others as the change needs, for thirty days', () =>
    given().when(propose, { now: BEGIN, foreseen }).thenEvents(made()));

  it('asks for thirty days after its date, but not after its end', () => {
    const [at, until] = [after(100 * HOUR), after(200 * HOUR)];
    const expiresAt = after(100 * HOUR + 30 * 24 * HOUR);
    given()
      .when({ ...propose, at }, { now: BEGIN, foreseen })
      .thenEvents(made({ at, expiresAt }));
    given()
      .when({ ...propose, at, until }, { now: BEGIN, foreseen })
      .thenEvents(made({ at, until, expiresAt: until }));
  });

  it('is refused where the change would be, and under the id of another proposal', () => {
    const rejection = { reason: 'policy-not-found' } as const;
    given().when(propose, { now: BEGIN, foreseen: rejection }).thenRejected(rejection);
    given(made()).when(propose, { now, foreseen }).thenRejected({ reason: 'proposal-already-exists' });
  });

  it('names the date that has passed, or is out of order', () => {
    const refused = (dates: object, field: string, [expected, received]: readonly [string, string]): void =>
      given()
        .when({ ...propose, ...dates }, { now: BEGIN, foreseen })
        .thenRejected({ reason: 'invalid-argument', field, expected, received: JSON.stringify(received) });
    const later = `an instant after ${BEGIN}, the time of the store`;
    refused({ at: BEGIN }, 'options.at', [later, BEGIN]);
    refused({ until: after(-1) }, 'options.until', [later, after(-1)]);
    refused({ expiresAt: BEGIN }, 'options.expiresAt', [later, BEGIN]);
    refused({ at: after(2), until: after(2) }, 'options.until', ['later than options.at', after(2)]);
    refused({ until: after(2), expiresAt: after(3) }, 'options.expiresAt', ['no later than options.until', after(3)]);
  });

  it('of an emergency is begun at once, and asks nobody', () =>
    given()
      .when({ ...propose, isEmergency: true }, { now: BEGIN, foreseen })
      .thenEvents(made({ isEmergency: true, needed: 0 }), begun));
});

describe('approving', () => {
  it('is of exactly what was seen', () => given(made()).when(approve, { now }).thenEvents(approved));

  it('by the proposer is refused, by whichever account or session', () => {
    for (const one of [ann, { actor: 'ann-2', subject: 'ann-the-person' }, { actor: 'ann', subject: 'somebody' }])
      given(made())
        .when({ ...approve, ...one }, { now })
        .thenRejected({ reason: 'own-proposal' });
  });

  it('twice by one person counts once', () => {
    given(made({ needed: 2 }), approved)
      .when(approve, { now })
      .thenEvents();
    given(made({ needed: 2 }), approved)
      .when({ ...approve, actor: 'bob-2' }, { now })
      .thenEvents();
  });

  it('on other policies than before makes the earlier approvals void', () => {
    const other = { ...approve, actor: 'cy', subject: 'cy-the-person', seen: ['two'] } as const;
    const event = { type: 'ProposalApproved', data: { subject: 'cy-the-person', seen: ['two'], needed: 2 } } as const;
    given(made({ needed: 2 }), approved)
      .when({ ...other, needed: 2 }, { now })
      .thenEvents(event);
    given(made({ needed: 2 }), approved, event)
      .when(begin, { now })
      .thenRejected({ reason: 'proposal-not-due' });
  });

  it('is refused once it has expired, also before anybody recorded that, and once it is decided', () => {
    given(made()).when(approve, { now: MONTH }).thenRejected({ reason: 'proposal-expired', at: MONTH });
    given(made({ until: now }))
      .when(approve, { now })
      .thenRejected({ reason: 'proposal-expired', at: MONTH });
    given(made(), approved, begun).when(approve, { now }).thenRejected({ reason: 'proposal-closed', stage: 'begun' });
    given().when(approve, { now }).thenRejected({ reason: 'proposal-not-found' });
  });
});

describe('rejecting and withdrawing', () => {
  it('end it: others reject, its proposer withdraws', () => {
    given(made())
      .when({ type: 'reject', ...bob }, { now })
      .thenEvents({ type: 'ProposalRejected', data: { subject: 'bob-the-person' } });
    given(made())
      .when({ type: 'reject', ...ann }, { now })
      .thenRejected({ reason: 'own-proposal' });
    given(made(), approved)
      .when({ type: 'withdraw', ...ann }, { now })
      .thenEvents({ type: 'ProposalWithdrawn', data: {} });
    given(made())
      .when({ type: 'withdraw', ...bob }, { now })
      .thenRejected({ reason: 'not-the-proposer' });
  });

  it('are refused once it is being carried out', () => {
    for (const command of [
      { type: 'reject', ...bob },
      { type: 'withdraw', ...ann },
    ] as const)
      given(made(), approved, begun).when(command, { now }).thenRejected({ reason: 'proposal-closed', stage: 'begun' });
  });
});

describe('carrying out', () => {
  it('begins once it is approved and due, as it was approved', () => {
    given(made(), approved).when(begin, { now }).thenEvents(begun);
    given(made()).when(begin, { now }).thenRejected({ reason: 'proposal-not-due' });
    const at = after(2 * HOUR);
    given(made({ at }), approved).when(begin, { now }).thenRejected({ reason: 'proposal-not-due' });
    given(made(), approved)
      .when({ ...begin, seen: ['two'] }, { now })
      .thenRejected({ reason: 'proposal-not-due' });
    given(made(), approved, begun).when(begin, { now }).thenEvents();
  });

  it('says since when it was due, also when nobody ran for days', () => {
    const at = after(2 * HOUR);
    given(made({ at }), approved)
      .when(begin, { now: after(50 * HOUR) })
      .thenEvents({ type: 'CarryingOutBegun', data: { before: ['4'], dueAt: at } });
  });

  it('does not begin after its end: it expires', () => {
    const [at, until] = [after(HOUR), after(2 * HOUR)];
    given(made({ at, until }), approved).when(begin, { now: until }).thenRejected({ reason: 'proposal-not-due' });
    given(made({ at, until }), approved)
      .when({ type: 'expire' }, { now: until })
      .thenEvents({ type: 'ProposalExpired', data: {} });
    given(made({ at, until }), approved).when({ type: 'expire' }, { now: at }).thenEvents();
  });

  it('is asked again where the policies are not as they were approved, also by what needed no approval', () => {
    given(made(), approved)
      .when({ type: 'void', seen, problem }, { now })
      .thenEvents({ type: 'ApprovalsVoided', data: { problem } });
    given(made({ needed: 0 }), begun, { type: 'ApprovalsVoided', data: { problem } })
      .when(begin, { now })
      .thenRejected({ reason: 'proposal-not-due' });
    given(made({ isEmergency: true, needed: 0 }), begun)
      .when({ type: 'void', seen, problem }, { now })
      .thenEvents();
  });

  it('is recorded once, and also after a slower process recorded a failure', () => {
    given(made(), approved, begun).when({ type: 'finish', steps }, { now }).thenEvents(carriedOut);
    given(made(), approved, begun, carriedOut).when({ type: 'finish', steps }, { now }).thenEvents();
    given(made(), approved, begun, failed).when({ type: 'finish', steps }, { now }).thenEvents(carriedOut);
    given(made(), approved, failed)
      .when({ type: 'finish', steps }, { now })
      .thenRejected({ reason: 'proposal-not-due' });
    given(made(), approved, begun, carriedOut).when({ type: 'fail', problem, steps }, { now }).thenEvents();
  });

  it('is taken back at its end, once', () => {
    const until = after(2 * HOUR);
    const events = [made({ until }), approved, begun, carriedOut];
    const ended = { type: 'ProposalEnded', data: { steps } } as const;
    given(...events)
      .when({ type: 'end', steps }, { now: until })
      .thenEvents(ended);
    given(...events)
      .when({ type: 'end', steps }, { now })
      .thenRejected({ reason: 'proposal-not-due' });
    given(...events, ended)
      .when({ type: 'end', steps }, { now: until })
      .thenEvents();
  });

  it('never lets time pass backwards: a clock set back makes nothing undue that was recorded', () =>
    given(made({ at: after(-HOUR) }), approved)
      .when(begin, { now: after(-24 * HOUR) })
      .thenEvents(begun));
});

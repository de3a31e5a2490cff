import {
  freshInstance,
  orThrow,
  toJson,
  type JudgedSignIn,
  type LoginPolicies,
  type Rejected,
  type SignInAttempt,
} from '@login-policy/domain';
import { isFault, positionToString } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, globex, instance, openDesk, PASSKEY, type Desk } from './policies.js';

const user = { hasPassword: true, factors: [PASSKEY], identityProviders: [] };

/** When the clock of a desk begins; it moves on by a second each time it is read. */
const START = new Date('2026-01-01T00:00:00.000Z');

/** Signed in by a passkey at an instant. */
function byPasskey(at: Date | string): SignInAttempt {
  return { user, session: { passkey: { at, isUserVerified: true } } };
}

async function fresh(): Promise<Desk> {
  const desk = await openDesk();
  orThrow(await desk.loginPolicies.add(instance, freshInstance, by));
  return desk;
}

function judged(answer: JudgedSignIn | Rejected): JudgedSignIn {
  if (answer.outcome === 'rejected') throw new Error(answer.message);
  return answer;
}

async function refusedField(answer: Promise<JudgedSignIn | Rejected>): Promise<unknown> {
  const given = await answer;
  if (given.outcome !== 'rejected') throw new Error(`it was judged: ${given.outcome}`);
  return 'field' in given.rejection ? given.rejection.field : given.rejection.reason;
}

/** A second before the removal, by the clock of the desk. */
async function removePasskeys(loginPolicies: LoginPolicies): Promise<Date> {
  const removed = orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, by));
  return new Date(removed.details.changeDate.toMillis() - 1);
}

describe('a sign-in is judged by the policy that holds for the organization', () => {
  it('now: the default, until the organization has a policy of its own', async () => {
    const { loginPolicies } = await fresh();
    const signIn = byPasskey(START);
    const first = judged(await loginPolicies.evaluateSignIn(acme, signIn));
    expect(first).to.include({ outcome: 'proceed', level: 'passkey', isDefault: true });
    expect(first.owner).to.deep.equal(instance);
    orThrow(await loginPolicies.add(acme, { secondFactors: ['TOTP'] }, by));
    const second = judged(await loginPolicies.evaluateSignIn(acme, signIn));
    expect(second).to.include({ outcome: 'authenticate', isDefault: false });
    expect(second.owner).to.deep.equal(acme);
    expect(judged(await loginPolicies.evaluateSignIn(globex, signIn)).outcome).to.equal('proceed');
  });

  it('at this instant: a check that is made later does not count yet', async () => {
    const { loginPolicies } = await fresh();
    const ahead = new Date(START.getTime() + 3_600_000);
    const answer = judged(await loginPolicies.evaluateSignIn(acme, byPasskey(ahead)));
    expect(answer.outcome).to.equal('authenticate');
    expect(answer.validUntil).to.deep.equal(ahead);
    expect(answer.at).to.be.within(START, ahead);
  });

  it('as of an instant: by the policy at that time', async () => {
    const { loginPolicies } = await fresh();
    const before = await removePasskeys(loginPolicies);
    const signIn = byPasskey(before);
    expect(judged(await loginPolicies.evaluateSignIn(acme, signIn)).outcome).to.equal('authenticate');
    const then = judged(await loginPolicies.evaluateSignIn(acme, { ...signIn, at: before }));
    expect(then).to.include({ outcome: 'proceed', level: 'passkey' });
    expect(then.at).to.deep.equal(before);
  });

  it('as of a position, independent of clocks', async () => {
    const { loginPolicies } = await fresh();
    const { at, position } = judged(await loginPolicies.evaluateSignIn(acme, byPasskey(START)));
    await removePasskeys(loginPolicies);
    const asOf = { position };
    const again = judged(await loginPolicies.evaluateSignIn(acme, { ...byPasskey(START), at }, { asOf }));
    expect(again).to.include({ outcome: 'proceed', position });
    expect(await refusedField(loginPolicies.evaluateSignIn(acme, byPasskey(START), { asOf }))).to.equal('at');
  });

  it('and the answer can be logged as JSON', async () => {
    const { loginPolicies } = await fresh();
    const answer = judged(await loginPolicies.evaluateSignIn(acme, byPasskey(START)));
    expect(toJson(answer)).to.deep.equal({
      outcome: 'proceed',
      level: 'passkey',
      amr: ['user', 'mfa'],
      authenticatedAt: START.toISOString(),
      offerSetUp: [],
      validUntil: '2026-01-01T12:00:00.000Z',
      isDefault: true,
      eventId: answer.eventId,
      at: answer.at.toISOString(),
      owner: instance,
      position: positionToString(answer.position),
    });
  });
});

describe('a sign-in without a readable policy is refused', () => {
  it('if there is no policy, or was none then', async () => {
    const { loginPolicies } = await openDesk();
    const signIn = byPasskey(START);
    expect(await refusedField(loginPolicies.evaluateSignIn(acme, signIn))).to.equal('policy-not-found');
    orThrow(await loginPolicies.add(instance, freshInstance, by));
    const early = { ...signIn, at: '2025-12-31T00:00:00Z' };
    expect(await refusedField(loginPolicies.evaluateSignIn(acme, early))).to.equal('policy-not-found');
  });

  it('for an instant that is not past, malformed input, or a malformed organization', async () => {
    const { loginPolicies } = await fresh();
    const signIn = byPasskey(START);
    const ahead = new Date(START.getTime() + 3_600_000);
    expect(await refusedField(loginPolicies.evaluateSignIn(acme, { ...signIn, at: ahead }))).to.equal('at');
    expect(await refusedField(loginPolicies.evaluateSignIn(acme, byPasskey('noon')))).to.equal('session.passkey.at');
    const nobody = { ...instance, organizationId: '' };
    expect(await refusedField(loginPolicies.evaluateSignIn(nobody, signIn))).to.equal('organization.organizationId');
  });

  it('if the policy can’t be read, or not in time', async () => {
    const { loginPolicies, store } = await fresh();
    const signIn = byPasskey(START);
    const fired = AbortSignal.abort();
    const late: unknown = await loginPolicies
      .evaluateSignIn(acme, signIn, { signal: fired })
      .catch((fault: unknown) => fault);
    expect(isFault(late, 'deadline-exceeded')).to.equal(true);
    await store.close();
    const closed: unknown = await loginPolicies.evaluateSignIn(acme, signIn).catch((fault: unknown) => fault);
    expect(isFault(closed, 'store-closed')).to.equal(true);
  });
});

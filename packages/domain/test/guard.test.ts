import { orThrow, type LoginPolicies } from '@login-policy/domain';
import { ABSENT, decide } from '@login-policy/domain/model';
import { previewCommand } from '@login-policy/domain/preview';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  acme,
  by,
  countEvents,
  globex,
  instance,
  INSTANCE_STREAM,
  openDesk,
  PASSKEY,
  recordAsItStands,
  rejectionOf,
} from './policies.js';

const forced = { settings: { forceMfa: true }, multiFactors: [PASSKEY] } as const;
const BOTH = ['no-way-to-sign-in', 'no-factor-left'] as const;
const removal = { type: 'removeMultiFactor', factor: PASSKEY } as const;

/** A default and acme's custom policy that both force a factor, and have the passkey alone for it. */
async function openForced(guard?: 'refuse' | 'warn'): Promise<Awaited<ReturnType<typeof openDesk>>> {
  const desk = await openDesk({ ...(guard && { guard }) });
  orThrow(await desk.loginPolicies.add(instance, forced, by));
  orThrow(await desk.loginPolicies.add(acme, forced, by));
  return desk;
}

async function reasonOf(answer: ReturnType<LoginPolicies['execute']>): Promise<string> {
  return rejectionOf(await answer).reason;
}

describe('the guard', () => {
  it('refuses a command that would lock people out, with the warnings, for a default and a custom policy', async () => {
    const { loginPolicies, store } = await openForced('refuse');
    const written = await countEvents(store);
    for (const owner of [instance, acme]) {
      const answer = await loginPolicies.removeMultiFactor(owner, PASSKEY, by);
      const rejection = rejectionOf(answer);
      if (rejection.reason !== 'would-lock-out') throw new Error(`refused with ${rejection.reason}`);
      expect(rejection.warnings.map(({ warning }) => warning)).to.deep.equal(BOTH);
      expect(rejectionOf(await previewCommand(loginPolicies, owner, removal))).to.deep.equal(rejection);
    }
    expect(await countEvents(store)).to.equal(written);
    await loginPolicies.close();
  });

  it('accepts it if the warnings are acknowledged by their names', async () => {
    const { loginPolicies } = await openForced('refuse');
    const other = { ...by, acknowledge: ['no-way-to-sign-in'] } as const;
    expect(await reasonOf(loginPolicies.removeMultiFactor(acme, PASSKEY, other))).to.equal('would-lock-out');
    const known = { acknowledge: BOTH } as const;
    expect(orThrow(await previewCommand(loginPolicies, acme, removal, known)).events).to.have.lengthOf(1);
    orThrow(await loginPolicies.removeMultiFactor(acme, PASSKEY, { ...by, ...known }));
    await loginPolicies.close();
  });

  it('refuses nothing if it is off', async () => {
    const { loginPolicies } = await openForced();
    orThrow(await loginPolicies.removeMultiFactor(acme, PASSKEY, { ...by, acknowledge: ['no-factor-left'] }));
    orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, by));
    await loginPolicies.close();
  });

  it('does not refuse a command by which nobody loses a way in', async () => {
    const { loginPolicies } = await openDesk({ guard: 'refuse' });
    orThrow(await loginPolicies.add(instance, { secondFactors: ['TOTP'] }, by));
    orThrow(await loginPolicies.removeSecondFactor(instance, 'TOTP', by));
    const stuck = { settings: { forceMfa: true } } as const;
    expect(await reasonOf(loginPolicies.add(acme, stuck, by))).to.equal('would-lock-out');
    orThrow(await loginPolicies.add(acme, stuck, { ...by, acknowledge: BOTH }));
    orThrow(await loginPolicies.change(acme, { forceMfaLocalOnly: true }, by));
    await loginPolicies.close();
  });

  it('compares with the default when a custom policy is removed or added', async () => {
    const { loginPolicies } = await openDesk({ guard: 'refuse' });
    const lockedOut = { ...by, acknowledge: BOTH } as const;
    orThrow(await loginPolicies.add(acme, {}, by));
    // Without any policy nobody signs in.
    expect(await reasonOf(loginPolicies.remove(acme, by))).to.equal('would-lock-out');
    orThrow(await loginPolicies.remove(acme, { ...by, acknowledge: ['no-way-to-sign-in'] }));
    orThrow(await loginPolicies.add(instance, { settings: { forceMfa: true } }, lockedOut));
    orThrow(await loginPolicies.customize(acme, by));
    orThrow(await loginPolicies.addMultiFactor(acme, PASSKEY, by));
    orThrow(await loginPolicies.change(acme, { passwordlessType: 'ALLOWED' }, by));
    expect(await reasonOf(loginPolicies.remove(acme, by))).to.equal('would-lock-out');
    expect(await reasonOf(loginPolicies.revert(acme, { sequence: 2n }, by))).to.equal('would-lock-out');
    orThrow(await loginPolicies.remove(acme, lockedOut));
    await loginPolicies.close();
  });

  it('asks the default only where it applies: an unreadable one holds up no other command', async () => {
    const { loginPolicies, store } = await openForced('refuse');
    await recordAsItStands(store, [{ type: 'FromTheFuture', data: {} }], INSTANCE_STREAM);
    orThrow(await loginPolicies.set(acme, { settings: { allowRegister: false } }, by));
    orThrow(await loginPolicies.revert(acme, { sequence: 2n }, by));
    expect(await reasonOf(loginPolicies.set(acme, { multiFactors: [] }, by))).to.equal('would-lock-out');
    const needy = [loginPolicies.remove(acme, by), loginPolicies.add(globex, {}, by)];
    for (const one of await Promise.allSettled(needy))
      expect(one).to.have.nested.property('reason.code', 'written-by-newer-program');
    await loginPolicies.close();
  });

  it('does not affect a replay', async () => {
    const { loginPolicies, store } = await openForced('refuse');
    const keyed = { ...by, idempotencyKey: 'once' };
    orThrow(await loginPolicies.removeMultiFactor(acme, PASSKEY, { ...keyed, acknowledge: BOTH }));
    const written = await countEvents(store);
    expect(orThrow(await loginPolicies.removeMultiFactor(acme, PASSKEY, keyed)).isRepeated).to.equal(true);
    expect(await countEvents(store)).to.equal(written);
    await loginPolicies.close();
  });

  it('accepts only names of lock-out warnings', async () => {
    const { loginPolicies } = await openForced('refuse');
    for (const acknowledge of [['weaker-sign-in'], 'no-factor-left', [1]]) {
      const options: typeof by = JSON.parse(JSON.stringify({ ...by, acknowledge }));
      const rejection = rejectionOf(await loginPolicies.removeMultiFactor(acme, PASSKEY, options));
      expect(rejection)
        .to.have.property('field')
        .which.matches(/^options\.acknowledge/);
    }
    await loginPolicies.close();
  });

  it('cannot be decided without the default', () => {
    const undecidable = (): unknown =>
      decide({ type: 'add', policy: {} }, ABSENT, { owner: 'organization', guard: 'refuse' });
    expect(undecidable).to.throw(TypeError, 'the default');
  });
});

import {
  freshInstance,
  openLoginPolicies,
  orThrow,
  type CommandInput,
  type LoginPolicies,
  type OwnerRef,
} from '@login-policy/domain';
import { openMemoryStore, type RecordedEvent, type Store } from '@login-policy/event-sourcing';
import { type Append, delegating } from '@login-policy/event-sourcing/store';
import { isOrganization } from '@login-policy/domain/model';
import { previewCommand } from '@login-policy/domain/preview';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, globex, instance, PASSKEY, rejectionOf } from './policies.js';

const stricter = { forceMfa: true };

async function opened(store: Store = openMemoryStore()): Promise<LoginPolicies> {
  const loginPolicies = await openLoginPolicies({ store });
  orThrow(await loginPolicies.add(instance, freshInstance, by));
  return loginPolicies;
}

async function seenOf(loginPolicies: LoginPolicies, owner: OwnerRef): Promise<string> {
  const { seen } = orThrow(
    isOrganization(owner) ? await loginPolicies.effectivePolicy(owner) : await loginPolicies.policy(owner),
  );
  if (seen === undefined) throw new Error('expected what was seen');
  return seen;
}

describe('a command that is bound to what its caller saw', () => {
  it('is carried out while nothing has changed', async () => {
    const loginPolicies = await opened();
    for (const owner of [instance, acme]) {
      const seen = await seenOf(loginPolicies, owner);
      const command: CommandInput = owner === acme ? { type: 'customize' } : { type: 'change', settings: stricter };
      expect(orThrow(await previewCommand(loginPolicies, owner, command)).seen).to.equal(seen);
      orThrow(await loginPolicies.execute(owner, command, { ...by, ifSeen: seen }));
    }
    const own = orThrow(await loginPolicies.policy(acme)).seen;
    expect(own, 'both reads name the same').to.equal(await seenOf(loginPolicies, acme));
  });

  it('is refused after a change of its own policy, with who changed what', async () => {
    const loginPolicies = await opened();
    const seen = await seenOf(loginPolicies, instance);
    orThrow(await loginPolicies.change(instance, stricter, { actor: 'bob', reason: 'audit' }));
    const refused = await loginPolicies.removeMultiFactor(instance, PASSKEY, { ...by, ifSeen: seen });
    const rejection = rejectionOf(refused);
    if (rejection.reason !== 'changed-since') throw new Error(rejection.reason);
    const change = { what: 'setting', setting: 'forceMfa', before: false, after: true };
    const [told, ...more] = rejection.since;
    expect(told).to.deep.include({ actor: 'bob', reason: 'audit', type: 'LoginPolicyChanged', changes: [change] });
    expect(more).to.deep.equal([]);
    expect(refused)
      .to.have.property('message')
      .that.matches(/was changed since it was seen: sequence 5, LoginPolicyChanged by bob at /);
    expect(orThrow(await loginPolicies.policy(instance)).policy.multiFactors).to.deep.equal([PASSKEY]);
  });

  it('is refused after a change of the default that its users meet before or after it (T3)', async () => {
    const loginPolicies = await opened();
    orThrow(await loginPolicies.customize(acme, by));
    const seen = { acme: await seenOf(loginPolicies, acme), globex: await seenOf(loginPolicies, globex) };
    orThrow(await loginPolicies.change(instance, stricter, { actor: 'bob' }));
    const bound: readonly [OwnerRef, CommandInput, string][] = [
      [acme, { type: 'remove' }, seen.acme],
      [globex, { type: 'customize' }, seen.globex],
      [globex, { type: 'add', policy: {} }, seen.globex],
      [globex, { type: 'set', policy: {} }, seen.globex],
    ];
    for (const [owner, command, ifSeen] of bound) {
      for (const refused of [
        await loginPolicies.execute(owner, command, { ...by, ifSeen }),
        await previewCommand(loginPolicies, owner, command, { ifSeen }),
      ]) {
        expect(rejectionOf(refused)).to.deep.include({ reason: 'changed-since', owner: instance });
        expect(refused).to.have.property('message').that.does.not.include('bob');
      }
    }
    orThrow(await loginPolicies.change(acme, stricter, { ...by, ifSeen: seen.acme }));
  });

  it('is refused when a change of the default comes between its look and its append', async () => {
    const store = openMemoryStore();
    const other = await opened(store);
    const loginPolicies = await openLoginPolicies({
      store: meanwhile(store, () => other.change(instance, stricter, by)),
    });
    const seen = await seenOf(loginPolicies, acme);
    const refused = await loginPolicies.customize(acme, { ...by, ifSeen: seen });
    expect(rejectionOf(refused)).to.deep.include({ reason: 'changed-since', owner: instance });
  });

  it('copies the default of the moment of its append where it is not bound', async () => {
    const store = openMemoryStore();
    const other = await opened(store);
    const loginPolicies = await openLoginPolicies({
      store: meanwhile(store, () => other.change(instance, stricter, by)),
    });
    orThrow(await loginPolicies.customize(acme, by));
    expect(orThrow(await loginPolicies.effectivePolicy(acme)).policy.settings.forceMfa).to.equal(true);
  });

  it('counts what was recorded under its own correlation id as seen', async () => {
    const loginPolicies = await opened();
    orThrow(await loginPolicies.customize(acme, by));
    const plan = { ...by, correlationId: 'plan 1' };
    const [own, custom] = [await seenOf(loginPolicies, instance), await seenOf(loginPolicies, acme)];
    orThrow(await loginPolicies.change(instance, stricter, { ...plan, ifSeen: own }));
    orThrow(await previewCommand(loginPolicies, instance, { type: 'change', settings: {} }, { ...plan, ifSeen: own }));
    orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, { ...plan, ifSeen: own }));
    const foreign = { ...by, correlationId: 'plan 2', ifSeen: custom };
    expect(rejectionOf(await loginPolicies.remove(acme, foreign))).to.deep.include({ reason: 'changed-since' });
    orThrow(await loginPolicies.remove(acme, { ...plan, ifSeen: custom }));
    orThrow(await loginPolicies.customize(acme, { ...plan, ifSeen: custom }));
    orThrow(await loginPolicies.change(instance, { forceMfa: false }, by));
    expect(rejectionOf(await loginPolicies.remove(acme, { ...plan, ifSeen: custom }))).to.have.property('owner');
  });

  it('does not count what another recorded under the same correlation id, which a caller may choose', async () => {
    for (const [mine, theirs] of [
      [{ actor: 'ann' }, { actor: 'bob' }],
      [{ actor: 'ann', idempotencyKey: 'plan 1' }, { actor: 'ann' }],
      [
        { actor: 'ann', idempotencyKey: 'plan 1' },
        { actor: 'bob', idempotencyKey: 'other' },
      ],
    ] as const) {
      const loginPolicies = await opened();
      const seen = await seenOf(loginPolicies, instance);
      orThrow(await loginPolicies.change(instance, stricter, { ...theirs, correlationId: 'plan 1' }));
      const bound = { ...mine, correlationId: 'plan 1', ifSeen: seen };
      const command = { type: 'removeMultiFactor', factor: PASSKEY } as const;
      const { actor: _, ...conditions } = bound;
      for (const marks of [bound, conditions]) {
        const preview = await previewCommand(loginPolicies, instance, command, marks);
        expect(rejectionOf(preview)).to.have.property('reason', 'changed-since');
      }
      expect(rejectionOf(await loginPolicies.execute(instance, command, bound))).to.have.property(
        'reason',
        'changed-since',
      );
    }
  });

  it('is refused for a malformed text, and for what was seen of another owner', async () => {
    const loginPolicies = await opened();
    const [seen, foreign] = [await seenOf(loginPolicies, acme), await seenOf(loginPolicies, globex)];
    for (const bent of ['', 'x', foreign, `${seen}x`, seen.replace('~', '-'), seen.replaceAll(/[0-9]/g, '8'), 7]) {
      const options = { ...by, ...Object({ ifSeen: bent }) };
      const refused = rejectionOf(await loginPolicies.customize(acme, options));
      expect(refused, String(bent)).to.deep.include({ reason: 'invalid-argument', field: 'options.ifSeen' });
    }
    expect(orThrow(await loginPolicies.customize(acme, { ...by, ifSeen: seen })).events).to.have.lengthOf(4);
  });

  it('is not given by a look at the past', async () => {
    const loginPolicies = await opened();
    const past = orThrow(await loginPolicies.policy(instance, { asOf: { sequence: 1n } }));
    expect(past).to.not.have.property('seen');
  });
});

describe('a policy that is set for an organization without a custom one', () => {
  it('is as the default in what is not named (T21)', async () => {
    const loginPolicies = await opened();
    orThrow(await loginPolicies.change(instance, { forceMfa: true, hidePasswordReset: true }, by));
    orThrow(await loginPolicies.set(acme, { settings: { hidePasswordReset: false }, secondFactors: ['U2F'] }, by));
    const { policy } = orThrow(await loginPolicies.effectivePolicy(acme));
    expect(policy.settings).to.deep.include({ forceMfa: true, hidePasswordReset: false });
    expect(policy).to.deep.include({ isDefault: false, secondFactors: ['U2F'], multiFactors: [PASSKEY] });
  });

  it('has the values of a new policy where there is no default', async () => {
    const loginPolicies = await openLoginPolicies({ store: openMemoryStore() });
    orThrow(await loginPolicies.set(acme, { secondFactors: ['TOTP'] }, by));
    expect(orThrow(await loginPolicies.policy(acme)).policy).to.deep.include({
      secondFactors: ['TOTP'],
      multiFactors: [],
    });
  });
});

describe('the preview of a step of a plan', () => {
  it('tells what users meet before any step and after all of them (T2)', async () => {
    const loginPolicies = await opened();
    orThrow(await loginPolicies.change(instance, stricter, by));
    orThrow(await loginPolicies.customize(acme, by));
    const byDefault: CommandInput = { type: 'change', settings: { forceMfa: false } };
    const alone = orThrow(await previewCommand(loginPolicies, acme, { type: 'remove' }));
    expect(alone.changes).to.deep.equal([]);
    const step = orThrow(await previewCommand(loginPolicies, acme, { type: 'remove' }, { beside: { byDefault } }));
    expect(step.changes).to.deep.equal([{ what: 'setting', setting: 'forceMfa', before: true, after: false }]);
    expect(step.affected.count).to.equal(1);
    expect(step.seen).to.equal(alone.seen);
    orThrow(await loginPolicies.execute(instance, byDefault, { ...by, correlationId: 'plan' }));
    orThrow(await loginPolicies.remove(acme, { ...by, correlationId: 'plan', ifSeen: step.seen }));
  });

  it('leaves the organizations with a step of their own to those', async () => {
    const store = openMemoryStore();
    const organizations = { list: () => ['acme', 'globex', 'initech'] };
    const loginPolicies = await openLoginPolicies({ store, organizations });
    orThrow(await loginPolicies.add(instance, freshInstance, by));
    const beside = { organizationIds: [globex.organizationId] };
    const step = orThrow(
      await previewCommand(loginPolicies, instance, { type: 'change', settings: stricter }, { beside }),
    );
    expect(step.affected.count).to.equal(2);
  });

  it('refuses other steps that can not be', async () => {
    const loginPolicies = await opened();
    const remove: CommandInput = { type: 'remove' };
    const refusal = async (owner: OwnerRef, beside: object): Promise<unknown> =>
      rejectionOf(await previewCommand(loginPolicies, owner, { type: 'change', settings: stricter }, { beside }));
    expect(await refusal(instance, { byDefault: remove })).to.have.property('field', 'options.beside.byDefault');
    expect(await refusal(instance, { organizationIds: [''] })).to.have.property('reason', 'invalid-argument');
    expect(await refusal(acme, { others: [] })).to.have.property('reason', 'invalid-argument');
    expect(await refusal(acme, { byDefault: { type: 'addMultiFactor', factor: PASSKEY } })).to.have.property(
      'reason',
      'factor-already-exists',
    );
  });
});

/** Lets something else happen before the first append to an organization's stream. */
function meanwhile(store: Store, other: () => Promise<unknown>): Store {
  let hasHappened = false;
  const append = async (given: Append): Promise<readonly RecordedEvent[]> => {
    if (!hasHappened && given.streamId.startsWith('organization')) {
      hasHappened = true;
      await other();
    }
    return store.eventStore.append(given);
  };
  return { ...store, eventStore: delegating(store.eventStore, { append }) };
}

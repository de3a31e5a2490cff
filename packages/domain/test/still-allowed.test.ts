import { orThrow, type CommandInput, type LoginPolicies, type OwnerRef, type PolicyCount } from '@login-policy/domain';
import { previewCommand } from '@login-policy/domain/preview';
import { rollOut } from '@login-policy/domain/rollout';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { streamId, monotonicIds, type Store } from '@login-policy/event-sourcing';
import { acme, by, globex, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';

const initech = { ...instance, organizationId: 'initech' };
const other = { instanceId: 'another instance' };
const REMOVAL = { type: 'removeMultiFactor', factor: PASSKEY } as const;
const idp = { id: 'idp-1', ownerType: 'SYSTEM' } as const;

const GLOBEX_STREAM = streamId('organizationLoginPolicy', `${globex.instanceId}/${globex.organizationId}`);
const FROM_THE_FUTURE = {
  id: monotonicIds()(),
  type: 'FromTheFuture',
  schemaVersion: 1,
  data: {},
  metadata: { actor: 'a', correlationId: 'c' },
};

/** Acme and globex allow passkeys; nobody of initech could complete a sign-in. */
async function seed(loginPolicies: LoginPolicies): Promise<void> {
  const content = { multiFactors: [PASSKEY], identityProviders: [idp] } as const;
  orThrow(await loginPolicies.add(instance, { ...content, secondFactors: ['TOTP'] }, by));
  orThrow(await loginPolicies.add(acme, content, by));
  orThrow(await loginPolicies.add(globex, { multiFactors: [PASSKEY], secondFactors: ['TOTP'] }, by));
  orThrow(await loginPolicies.add(initech, { settings: { forceMfa: true } }, by));
  orThrow(await loginPolicies.add({ ...other, organizationId: 'acme' }, content, by));
}

type Listed = Parameters<LoginPolicies['organizationsWithCustomPolicy']>[1];

async function idsOf(
  loginPolicies: LoginPolicies,
  options: Listed,
): Promise<[readonly string[], PolicyCount | undefined]> {
  const list = orThrow(await loginPolicies.organizationsWithCustomPolicy(instance, options));
  return [list.organizations.map(({ organizationId }) => organizationId), list.total];
}

/** The same store, whose rows can't be counted. */
function withoutCounts(store: Store): Store {
  const { readModels } = store;
  return {
    ...store,
    readModels: {
      async open(projection) {
        const model = await readModels.open(projection);
        return {
          read: (...asked) => model.read(...asked),
          query: (...asked) => model.query(...asked),
          keys: (...asked) => model.keys(...asked),
          count: () => Promise.reject(new Error('the rows are away')),
          checkpoint: (...asked) => model.checkpoint(...asked),
          commit: (...asked) => model.commit(...asked),
          changed: (...asked) => model.changed(...asked),
          beginRebuild: (...asked) => model.beginRebuild(...asked),
        };
      },
      close: () => readModels.close(),
    },
  };
}

describe('the filtered custom policies of an instance', () => {
  it('are found by factor, identity provider and warning, with their count', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    expect(await idsOf(loginPolicies, {})).to.deep.equal([['acme', 'globex', 'initech'], 3]);
    expect(await idsOf(loginPolicies, { allowing: PASSKEY })).to.deep.equal([['acme', 'globex'], 2]);
    expect(await idsOf(loginPolicies, { allowing: 'TOTP' })).to.deep.equal([['globex'], 1]);
    expect(await idsOf(loginPolicies, { allowing: 'OTP_SMS' })).to.deep.equal([[], 0]);
    expect(await idsOf(loginPolicies, { linking: idp.id })).to.deep.equal([['acme'], 1]);
    expect(await idsOf(loginPolicies, { warned: 'no-factor-left' })).to.deep.equal([['initech'], 1]);
    expect(await idsOf(loginPolicies, { warned: 'no-way-to-sign-in' })).to.deep.equal([[], 0]);
    await loginPolicies.close();
  });

  it('are listed after every change until the policy is removed', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    orThrow(await loginPolicies.removeMultiFactor(acme, PASSKEY, by));
    orThrow(await loginPolicies.remove(globex, by));
    orThrow(await loginPolicies.addSecondFactor(initech, 'OTP_SMS', by));
    orThrow(await loginPolicies.removeIdentityProvider(acme, idp.id, by));
    expect(await idsOf(loginPolicies, { allowing: PASSKEY })).to.deep.equal([[], 0]);
    expect(await idsOf(loginPolicies, { allowing: 'OTP_SMS' })).to.deep.equal([['initech'], 1]);
    expect(await idsOf(loginPolicies, { warned: 'no-factor-left' })).to.deep.equal([[], 0]);
    expect(await idsOf(loginPolicies, { linking: idp.id })).to.deep.equal([[], 0]);
    await loginPolicies.close();
  });

  it('come in pages, of which the first has the total count', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const asked = { allowing: PASSKEY, limit: 1 } as const;
    const first = orThrow(await loginPolicies.organizationsWithCustomPolicy(instance, asked));
    expect([first.organizations, first.total, first.unreadable]).to.deep.equal([[acme], 2, 0]);
    const after = first.next ?? '';
    const second = orThrow(await loginPolicies.organizationsWithCustomPolicy(instance, { ...asked, after }));
    expect([second.organizations, second.total, second.unreadable]).to.deep.equal([[globex], undefined, undefined]);
    await loginPolicies.close();
  });

  it('that became unreadable stay listed by their last readable state, and are counted as unreadable', async () => {
    const { loginPolicies, store } = await openDesk();
    await seed(loginPolicies);
    await store.eventStore.append({ streamId: GLOBEX_STREAM, expected: 'any', events: [FROM_THE_FUTURE] });
    const list = orThrow(await loginPolicies.organizationsWithCustomPolicy(instance, { allowing: PASSKEY }));
    expect([list.organizations, list.total, list.unreadable]).to.deep.equal([[acme, globex], 2, 1]);
    await loginPolicies.close();
  });

  it('accept one filter at a time, with a valid name', async () => {
    const { loginPolicies } = await openDesk();
    const asked = [
      [{ allowing: PASSKEY, linking: 'idp-1' }, 'options.linking'],
      [{ allowing: 'PASSKEY' }, 'options.allowing'],
      [{ warned: 'weaker-sign-in' }, 'options.warned'],
      [{ linking: '' }, 'options.linking'],
    ] as const;
    for (const [options, field] of asked) {
      // Callers without types give anything.
      const given: Listed = JSON.parse(JSON.stringify(options));
      const rejection = rejectionOf(await loginPolicies.organizationsWithCustomPolicy(instance, given));
      expect(rejection).to.include({ reason: 'invalid-argument', field });
    }
    await loginPolicies.close();
  });
});

describe('the preview of a removal from the default', () => {
  it('reports how many custom policies still allow the removed part', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const still = async (owner: OwnerRef, command: CommandInput): Promise<unknown> =>
      orThrow(await previewCommand(loginPolicies, owner, command)).stillAllowing;
    expect(await still(instance, REMOVAL)).to.equal(2);
    expect(await still(instance, { type: 'removeSecondFactor', factor: 'TOTP' })).to.equal(1);
    expect(await still(instance, { type: 'removeIdentityProvider', id: idp.id })).to.equal(1);
    expect(await still(acme, REMOVAL)).to.equal(undefined);
    expect(await still(instance, { type: 'addSecondFactor', factor: 'U2F' })).to.equal(undefined);
    await loginPolicies.close();
  });

  it('is where it is counted: the command itself reads nothing but its policy', async () => {
    const { loginPolicies, store } = await openDesk();
    await seed(loginPolicies);
    const { loginPolicies: others } = await openDesk({ store: withoutCounts(store) });
    expect(orThrow(await others.removeMultiFactor(instance, PASSKEY, by))).not.to.have.property('stillAllowing');
    await loginPolicies.close();
  });

  it('reports unknown beside a custom policy that this program cannot read, also from a rollout', async () => {
    const { loginPolicies, store } = await openDesk();
    orThrow(await loginPolicies.add(instance, { multiFactors: [PASSKEY] }, by));
    await store.eventStore.append({ streamId: GLOBEX_STREAM, expected: 'any', events: [FROM_THE_FUTURE] });
    expect(orThrow(await previewCommand(loginPolicies, instance, REMOVAL)).stillAllowing).to.equal('unknown');
    orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, by));
    const chosen = { ...by, id: 'advisory-1', organizationIds: ['acme'] };
    const rollout = rollOut(loginPolicies, instance, REMOVAL, chosen);
    expect(orThrow(await rollout.report()).stillAllowing).to.equal('unknown');
    await loginPolicies.close();
  });
});

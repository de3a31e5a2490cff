import { defaultSettings, type InstanceRef, type LoginPolicies, type OwnerRef } from '@login-policy/domain';
import { ownerOfStream, parseOwner, policyStream } from '@login-policy/domain/model';
import { previewCommand } from '@login-policy/domain/preview';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { by, countEvents, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';

/** An entity whose organization is a getter of its class, as those of object mappers are. */
class Tenant {
  readonly instanceId = instance.instanceId;
  get organizationId(): string {
    return 'acme';
  }
}

/** As plain JavaScript names one. */
function naming(organizationId: unknown): InstanceRef {
  const owner = { ...instance };
  Reflect.set(owner, 'organizationId', organizationId);
  return owner;
}

/** Each names an organization, though not one that can be known: none of them is the instance. */
const NAMED_IN_VAIN: Readonly<Record<string, OwnerRef>> = {
  'is undefined': naming(undefined),
  'is null': naming(null),
  'is only inherited': Object.assign(Object.create({ organizationId: 'acme' }), instance),
  'is a getter of its class': new Tenant(),
};

async function openWithPasskey(): Promise<{ loginPolicies: LoginPolicies; events: () => Promise<number> }> {
  const { store, loginPolicies } = await openDesk();
  await loginPolicies.add(instance, { settings: defaultSettings, multiFactors: [PASSKEY] }, by);
  return { loginPolicies, events: () => countEvents(store) };
}

const REFUSED = { reason: 'invalid-argument', field: 'owner.organizationId' };

describe('options that only one kind of owner has', () => {
  it('are refused for the other kind, with the name of the member', async () => {
    const { loginPolicies } = await openWithPasskey();
    const named = { ...instance, organizationId: 'acme' };
    const refusals = [
      [loginPolicies.effectivePolicy(Object(instance)), 'owner.organizationId', 'an organization of the instance'],
      [loginPolicies.customize(Object(instance), by), 'owner.organizationId', 'an organization of the instance'],
      [
        loginPolicies.organizationsWithCustomPolicy(Object(named)),
        'instance.organizationId',
        'absent: the default policy belongs to the instance',
      ],
    ] as const;
    for (const [answer, field, expected] of refusals)
      expect(rejectionOf(await answer)).to.include({ reason: 'invalid-argument', field, expected });
  });
});

describe('the stream of a policy', () => {
  const ids = ['1', 'a-b_c', 'a/b', '%', '%2F', 'ñ 漢', '👩‍🚀', '..'];

  it('is unique for each owner, and identifies it', () => {
    const owners = ids.flatMap((instanceId) => [
      { instanceId },
      ...ids.map((organizationId) => ({ instanceId, organizationId })),
    ]);
    const streams = owners.map((owner) => policyStream(parseOwner(owner, 'owner')));
    expect(new Set(streams).size).to.equal(owners.length);
    expect(streams.map(ownerOfStream)).to.deep.equal(owners);
    expect(policyStream(parseOwner({ instanceId: 'a/b', organizationId: 'c d' }, 'owner'))).to.equal(
      'organizationLoginPolicy-a%2Fb/c%20d',
    );
  });

  it('is not recognized if its name lacks a part, has too many, or is of another kind', () => {
    for (const name of [
      'instanceLoginPolicy-1/a',
      'organizationLoginPolicy-1',
      'organizationLoginPolicy-1/a/b',
      'organizationLoginPolicy-/a',
      'organizationLoginPolicy-1/',
      'organizationLoginPolicy-%/a',
      'instanceLoginPolicy-%',
      'instanceLoginPolicy-%ff',
      'invoice-1',
      'invoice-1/a',
      // Another spelling of an owner's ids.
      'organizationLoginPolicy-1/%61',
      `organizationLoginPolicy-1/${'ñ'.repeat(4900)}`,
      '',
    ])
      expect(ownerOfStream(name), name).to.equal(undefined);
  });
});

describe('an undefined organization id never means the instance', () => {
  for (const [how, owner] of Object.entries(NAMED_IN_VAIN)) {
    it(`when a change is asked for and the id ${how}`, async () => {
      const { loginPolicies, events } = await openWithPasskey();
      const before = await events();
      expect(rejectionOf(await loginPolicies.removeMultiFactor(owner, PASSKEY, by))).to.include(REFUSED);
      expect(await events()).to.equal(before);
    });
  }

  it('when something is read', async () => {
    const { loginPolicies } = await openWithPasskey();
    const owner = naming(undefined);
    expect(rejectionOf(await loginPolicies.policy(owner))).to.include(REFUSED);
    expect(rejectionOf(await loginPolicies.history(owner))).to.include(REFUSED);
    expect(rejectionOf(await loginPolicies.multiFactors(owner))).to.include(REFUSED);
    expect(rejectionOf(await previewCommand(loginPolicies, owner, { type: 'remove' }))).to.include(REFUSED);
    expect(rejectionOf(await loginPolicies.diff(owner, { from: { sequence: 1n } }))).to.include(REFUSED);
  });

  it('when the customized organizations of an instance are listed', async () => {
    const { loginPolicies } = await openWithPasskey();
    const rejection = rejectionOf(await loginPolicies.organizationsWithCustomPolicy(naming(undefined)));
    expect(rejection).to.include({ reason: 'invalid-argument', field: 'instance.organizationId' });
  });
});

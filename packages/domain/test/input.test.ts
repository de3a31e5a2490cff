import { defaultSettings, type LoginPolicies } from '@login-policy/domain';
import { expect } from 'chai';
import { Duration } from 'luxon';
import { describe, it } from 'mocha';
import { acme, by, countEvents, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';

/** Calls as JavaScript does, or TypeScript that was told wrong: the types are no wall at run time. */
type Loose = Record<string, (...given: readonly unknown[]) => ReturnType<LoginPolicies['change']>>;

interface Refused {
  readonly field: string;
  readonly call: (policies: Loose) => ReturnType<LoginPolicies['change']> | undefined;
}

const hours = (count: number): Duration => Duration.fromObject({ hours: count });
const change = (settings: unknown) => (policies: Loose) => policies['change']?.(instance, settings, by);
const lifetime = (value: unknown) => change({ lifetimes: { mfaInitSkip: value } });
const redirect = (uri: unknown) => change({ defaultRedirectUri: uri });
const removal =
  (owner: unknown, factor: unknown, options: unknown = by) =>
  (policies: Loose) =>
    policies['removeMultiFactor']?.(owner, factor, options);
const LONG = 'x'.repeat(10_000_000);

const REFUSED: Readonly<Record<string, Refused>> = {
  'an unspecified multi-factor': { field: 'factor', call: removal(instance, 'UNSPECIFIED') },
  'a factor that is not text': { field: 'factor', call: removal(instance, 1) },
  'a second factor given as a multi-factor': { field: 'factor', call: removal(instance, 'TOTP') },
  'a name every object has': { field: 'factor', call: removal(instance, 'constructor') },
  'an unknown second factor': {
    field: 'factor',
    call: (policies) => policies['addSecondFactor']?.(instance, 'SMOKE_SIGNAL', by),
  },
  'no owner': { field: 'owner', call: removal(undefined, PASSKEY) },
  'a list of nothing but holes': {
    field: 'secondFactors[0]',
    call: (policies) => policies['set']?.(instance, { secondFactors: Object.assign([], { length: 2 }) }, by),
  },
  'an empty instance id': { field: 'owner.instanceId', call: removal({ instanceId: '' }, PASSKEY) },
  'an id of 201 characters': { field: 'owner.instanceId', call: removal({ instanceId: 'x'.repeat(201) }, PASSKEY) },
  'an id of 10 MB': { field: 'owner.instanceId', call: removal({ instanceId: LONG }, PASSKEY) },
  'an id with a control character': { field: 'owner.instanceId', call: removal({ instanceId: 'a\u0000b' }, PASSKEY) },
  'an id with a C1 control character': { field: 'owner.instanceId', call: removal({ instanceId: 'a\u0085' }, PASSKEY) },
  'an id with a lone surrogate': {
    field: 'owner.organizationId',
    call: removal({ ...instance, organizationId: '\ud800' }, PASSKEY),
  },
  'an owner with a member nobody knows': {
    field: 'owner.tenant',
    call: removal({ ...instance, tenant: 'x' }, PASSKEY),
  },
  'an owner with a prototype-polluting key': {
    field: 'owner.__proto__',
    call: removal(JSON.parse('{"instanceId":"1","__proto__":{"x":1}}'), PASSKEY),
  },
  'an owner whose id is only inherited': {
    field: 'owner.instanceId',
    call: removal(Object.create({ instanceId: '1' }), PASSKEY),
  },
  'a moment that is neither a sequence nor an instant': {
    field: 'to',
    call: (policies) => policies['revert']?.(instance, {}, by),
  },
  'a moment with both': {
    field: 'to',
    call: (policies) => policies['revert']?.(instance, { sequence: 1n, instant: 'now' }, by),
  },
  'a malformed command': {
    field: 'command.type',
    call: (policies) => policies['execute']?.(instance, { type: 'explode' }, by),
  },
  'a command of a type every object has': {
    field: 'command.type',
    call: (policies) => policies['execute']?.(instance, { type: 'toString' }, by),
  },
  'a command that is text': {
    field: 'command.type',
    call: (policies) => policies['execute']?.(instance, 'remove', by),
  },
  'a command whose type can be no text': {
    field: 'command.type',
    call: (policies) => policies['execute']?.(instance, JSON.parse('{"type":{"toString":1}}'), by),
  },
  'no command': { field: 'command.type', call: (policies) => policies['execute']?.(instance, null, by) },
  'a member that has no place in a command': {
    field: 'command.factor',
    call: (policies) => policies['execute']?.(acme, { type: 'remove', factor: 'TOTP' }, by),
  },
  'a reset of the default policy': {
    field: 'owner.organizationId',
    call: (policies) => policies['remove']?.(instance, by),
  },
  'no options': { field: 'options', call: (policies) => policies['removeMultiFactor']?.(instance, PASSKEY) },
  'no actor': { field: 'options.actor', call: removal(instance, PASSKEY, {}) },
  'an empty idempotency key': {
    field: 'options.idempotencyKey',
    call: removal(instance, PASSKEY, { ...by, idempotencyKey: '' }),
  },
  'a reason of 2,001 characters': {
    field: 'options.reason',
    call: removal(instance, PASSKEY, { ...by, reason: 'x'.repeat(2001) }),
  },
  'a sequence that is not a bigint': {
    field: 'options.ifSequence',
    call: removal(instance, PASSKEY, { ...by, ifSequence: 1 }),
  },
  'a sequence that is a getter of a class': {
    field: 'options.ifSequence',
    call: removal(instance, PASSKEY, Object.assign(Object.create({ ifSequence: 99n }), by)),
  },
  'a setting that is a getter of a class': {
    field: 'settings.forceMfa',
    call: change(Object.assign(Object.create({ forceMfa: true }), { allowRegister: false })),
  },
  'a negative sequence': { field: 'options.ifSequence', call: removal(instance, PASSKEY, { ...by, ifSequence: -1n }) },
  'an event id in a list': {
    field: 'options.ifEventId',
    call: removal(instance, PASSKEY, { ...by, ifEventId: ['01J0000000000000000000000A'] }),
  },
  'a malformed signal': { field: 'options.signal', call: removal(instance, PASSKEY, { ...by, signal: {} }) },
  'a negative lifetime': { field: 'settings.lifetimes.mfaInitSkip', call: lifetime(hours(-1)) },
  'an infinite lifetime': { field: 'settings.lifetimes.mfaInitSkip', call: lifetime(hours(1e308)) },
  'a lifetime over 36,500 days': {
    field: 'settings.lifetimes.mfaInitSkip',
    call: lifetime(Duration.fromObject({ days: 36_500, milliseconds: 1 })),
  },
  'an invalid Duration': { field: 'settings.lifetimes.mfaInitSkip', call: lifetime(Duration.invalid('test')) },
  'a lifetime in months': {
    field: 'settings.lifetimes.mfaInitSkip',
    call: lifetime(Duration.fromObject({ months: 1 })),
  },
  'a lifetime of half a millisecond': {
    field: 'settings.lifetimes.mfaInitSkip',
    call: lifetime(Duration.fromObject({ milliseconds: 0.5 })),
  },
  'a lifetime that is a number': { field: 'settings.lifetimes.mfaInitSkip', call: lifetime(3600) },
  'a lifetime nobody knows': {
    field: 'settings.lifetimes.session',
    call: change({ lifetimes: { session: hours(1) } }),
  },
  'a script URI': { field: 'settings.defaultRedirectUri', call: redirect('javascript:alert(1)') },
  'a script URI in capitals': { field: 'settings.defaultRedirectUri', call: redirect('JavaScript:alert(1)') },
  'a script URI with a tab in its scheme': {
    field: 'settings.defaultRedirectUri',
    call: redirect('java\tscript:alert(1)'),
  },
  'a script URI behind a space': { field: 'settings.defaultRedirectUri', call: redirect(' javascript:alert(1)') },
  'a data URI': { field: 'settings.defaultRedirectUri', call: redirect('data:text/html,<script>1</script>') },
  'a vbscript URI': { field: 'settings.defaultRedirectUri', call: redirect('vbscript:x') },
  'a relative URI': { field: 'settings.defaultRedirectUri', call: redirect('/welcome') },
  'a URI without a scheme': { field: 'settings.defaultRedirectUri', call: redirect('//example.com/x') },
  'a URI that is a number': { field: 'settings.defaultRedirectUri', call: redirect(7) },
  'a reason that is a number': { field: 'options.reason', call: removal(instance, PASSKEY, { ...by, reason: 7 }) },
  'an actor that is a number': { field: 'options.actor', call: removal(instance, PASSKEY, { actor: 7 }) },
  'a malformed list of factors': {
    field: 'secondFactors',
    call: (policies) => policies['add']?.(acme, { secondFactors: 'TOTP' }, by),
  },
  'settings that are null': { field: 'settings', call: change(null) },
  'lifetimes that are null': { field: 'settings.lifetimes', call: change({ lifetimes: null }) },
  'an https URI without a host': { field: 'settings.defaultRedirectUri', call: redirect('https:///') },
  'an https URI without slashes': { field: 'settings.defaultRedirectUri', call: redirect('https:example.com') },
  'a URI of 10 MB': { field: 'settings.defaultRedirectUri', call: redirect(`https://example.com/${LONG}`) },
  'settings that are a list': { field: 'settings', call: change([]) },
  'a setting nobody knows': { field: 'settings.forceMFA', call: change({ forceMFA: true }) },
  'a setting of another type': { field: 'settings.forceMfa', call: change({ forceMfa: 'true' }) },
  'an unknown passwordless type': { field: 'settings.passwordlessType', call: change({ passwordlessType: 2 }) },
  'a prototype-polluting setting': {
    field: 'settings.__proto__',
    call: change(JSON.parse('{"__proto__":{"forceMfa":true}}')),
  },
  'a new policy with an unknown factor in its list': {
    field: 'secondFactors[1]',
    call: (policies) => policies['add']?.(acme, { settings: defaultSettings, secondFactors: ['TOTP', 'X'] }, by),
  },
  'an identity provider without an owner type': {
    field: 'identityProvider.ownerType',
    call: (policies) => policies['addIdentityProvider']?.(instance, { id: 'x' }, by),
  },
  "an organization's own identity provider on the instance's policy": {
    field: 'identityProvider.ownerType',
    call: (policies) => policies['addIdentityProvider']?.(instance, { id: 'x', ownerType: 'ORG' }, by),
  },
  "an organization's own identity provider in a new policy of the instance": {
    field: 'identityProviders[0].ownerType',
    call: (policies) => {
      const identityProviders = [{ id: 'x', ownerType: 'ORG' }];
      return policies['add']?.({ instanceId: 'fresh' }, { settings: defaultSettings, identityProviders }, by);
    },
  },
  'an identity provider with an empty id': {
    field: 'id',
    call: (policies) => policies['removeIdentityProvider']?.(instance, '', by),
  },
  "the removal of an instance's policy": {
    field: 'owner.organizationId',
    call: (policies) => policies['remove']?.(instance, by),
  },
};

describe('malformed input', () => {
  for (const [what, { field, call }] of Object.entries(REFUSED)) {
    it(`is refused, names ${field} and writes nothing: ${what}`, async () => {
      const { store, loginPolicies } = await openDesk();
      // A policy is there, so that nothing but the input can be the reason.
      await loginPolicies.add(instance, { settings: defaultSettings, multiFactors: [PASSKEY] }, by);
      const before = await countEvents(store);
      const answer = await call(Object(loginPolicies));
      if (answer === undefined) throw new Error('there is no such method');
      const rejection = rejectionOf(answer);
      expect(rejection).to.include({ reason: 'invalid-argument', field });
      expect(JSON.stringify(rejection).length).to.be.below(1000);
      expect(await countEvents(store)).to.equal(before);
    });
  }

  it('is refused before anything is looked up', async () => {
    const { loginPolicies } = await openDesk();
    for (const [answer, field] of [
      [loginPolicies.change(instance, { defaultRedirectUri: 'data:,' }, by), 'settings.defaultRedirectUri'],
      [loginPolicies.remove(Object(instance), by), 'owner.organizationId'],
      [loginPolicies.addIdentityProvider(instance, { id: 'x', ownerType: 'ORG' }, by), 'identityProvider.ownerType'],
    ] as const)
      expect(rejectionOf(await answer)).to.include({ reason: 'invalid-argument', field });
  });

  it('is refused for the first malformed part, in the order owner, command, options', async () => {
    const { loginPolicies } = await openDesk();
    const fieldOf = async (owner: object, command: object): Promise<unknown> =>
      Reflect.get(rejectionOf(await loginPolicies.execute(Object(owner), Object(command), Object({}))), 'field');
    expect(await fieldOf({}, {})).to.equal('owner.instanceId');
    expect(await fieldOf(instance, {})).to.equal('command.type');
    expect(await fieldOf(instance, { type: 'change', settings: {} })).to.equal('options.actor');
  });
});

import {
  freshInstance,
  openLoginPolicies,
  orThrow,
  type KnownIdentityProvider,
  type LoginPoliciesOptions,
} from '@login-policy/domain';
import { previewCommand } from '@login-policy/domain/preview';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, countEvents, instance, openDesk, PASSKEY } from './policies.js';

const WRONG: readonly (readonly [options: object, sentence: string])[] = [
  [{ keptStates: -1 }, 'keptStates must be a whole number from 0 to 16,000,000, not -1.'],
  [{ keptStates: 1.5 }, 'keptStates must be a whole number from 0 to 16,000,000, not 1.5.'],
  [{ maxAgeMs: Number.NaN }, 'maxAgeMs must be a number from 0 to 9,007,199,254,740,991, not NaN.'],
  [{ maxAgeMs: -1 }, 'maxAgeMs must be a number from 0 to 9,007,199,254,740,991, not -1.'],
  [{ maxAgeMs: '10000' }, 'maxAgeMs must be a number from 0 to 9,007,199,254,740,991, not "10000".'],
  [{ ids: 'ulid' }, 'ids must be a function, not "ulid".'],
  [{ observe: {} }, 'observe must be a function, not an object.'],
  [{ identityProviders: {} }, 'identityProviders must be a function, not an object.'],
  [{ organizations: () => [] }, 'organizations must be an object with the method list, not a function.'],
  [{ store: undefined }, 'store must be an opened store, not undefined.'],
  [{ store: Promise.resolve(openMemoryStore()) }, 'store must be an opened store, not a promise.'],
  [{ identityProvider: {} }, 'identityProvider is not an option. Did you mean identityProviders?'],
];

describe('a malformed option of opening', () => {
  for (const [options, sentence] of WRONG) {
    it(`is refused with its name: ${sentence}`, async () => {
      const caught: unknown = await openedWith(options).catch((error: unknown) => error);
      expect(caught).to.be.instanceOf(RangeError).and.have.property('message', `openLoginPolicies: ${sentence}`);
    });
  }

  it('is not 0 for keptStates or maxAgeMs, nor undefined', async () => {
    await (await openedWith({ keptStates: 0, maxAgeMs: 0, observe: undefined })).close();
  });
});

describe('the answer of a directory', () => {
  const linked = { id: 'idp-1', ownerType: 'SYSTEM' } as const;

  it('links an identity provider only if it is a list that has it; what is malformed is named, and nothing recorded', async () => {
    for (const [answer, problem] of [
      ['"no"', 'the answer of identityProviders must be a list of identity providers, not "no".'],
      ['true', 'the answer of identityProviders must be a list of identity providers, not true.'],
      ['[true]', 'the answer of identityProviders[0] must be an object, not true.'],
      ['[{ "id": "idp-1" }, {}]', 'the answer of identityProviders[1].id must be text, not undefined.'],
      ['[{ "id": "idp-1", "type": "x" }]', 'the answer of identityProviders[0].type must be one of OIDC, JWT, '],
      ['[{ "id": "idp-1", "isKnown": true }]', 'the answer of identityProviders[0].isKnown is not a member of '],
    ] as const) {
      const bent: KnownIdentityProvider[] = JSON.parse(answer);
      const { loginPolicies, store } = await openDesk({ identityProviders: () => bent });
      orThrow(await loginPolicies.add(instance, freshInstance, by));
      const had = await countEvents(store);
      const call = loginPolicies.addIdentityProvider(instance, linked, by);
      expect(await messageOf(call)).to.contain(problem);
      expect(await countEvents(store)).to.equal(had);
    }
  });

  it('must be a list of organization ids', async () => {
    for (const [list, sentence] of [
      ['"acme"', /^the answer of organizations.list must be a list of ids that can be iterated, not "acme"/],
      ['null', /^the answer of organizations.list must be a list of ids that can be iterated, not null/],
      [
        '["globex", 7]',
        /^the list of organizations named one that is not an organization: organization.organizationId must be /,
      ],
      ['[null, null]', /^the list of organizations named one that is not an organization: /],
    ] as const) {
      const bent: Iterable<string> = JSON.parse(list);
      const organizations = { list: () => bent };
      const { loginPolicies } = await openDesk({ organizations });
      orThrow(await loginPolicies.add(instance, freshInstance, by));
      orThrow(await loginPolicies.add(acme, {}, by));
      const preview = previewCommand(loginPolicies, instance, { type: 'removeMultiFactor', factor: PASSKEY });
      expect(await messageOf(preview)).to.match(sentence);
    }
  });

  it('may be a promise of organization ids; one that rejects fails the call, and nothing else', async () => {
    const ids = { acme: 'acme' };
    const organizations = {
      list: async () => Object.keys(ids),
      listAfter: () => Promise.reject(new Error('no directory')),
    };
    const { loginPolicies } = await openDesk({ organizations });
    orThrow(await loginPolicies.add(instance, freshInstance, by));
    expect(orThrow(await loginPolicies.organizationsOnDefault(instance)).organizations).to.deep.equal([acme]);
    expect(await messageOf(loginPolicies.organizationsOnDefault(instance, { after: 'acme' }))).to.equal('no directory');
  });
});

async function messageOf(call: Promise<unknown>): Promise<string> {
  const caught: unknown = await call.catch((error: unknown) => error);
  return caught instanceof Error ? caught.message : `no error: ${JSON.stringify(caught)}`;
}

function openedWith(options: object): ReturnType<typeof openLoginPolicies> {
  const all: LoginPoliciesOptions = { store: openMemoryStore(), ...options };
  return openLoginPolicies(all);
}

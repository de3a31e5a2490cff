import { InvalidValue, openLoginPolicies, type LoginPoliciesOptions } from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { inspect } from 'node:util';

describe('an option of opening that is not of its form', () => {
  for (const [name, value] of [
    ['keptStates', -1],
    ['keptStates', 1.5],
    ['maxAgeMs', Number.NaN],
    ['maxAgeMs', '10000'],
    ['ids', 'ulid'],
    ['observe', {}],
    ['identityProviders', {}],
    ['organizations', () => []],
  ] as const) {
    it(`is refused by its name: ${name}, ${inspect(value)}`, async () => {
      const caught: unknown = await openedWith({ [name]: value }).catch((error: unknown) => error);
      expect(caught).to.be.instanceOf(InvalidValue).and.have.property('field', `options.${name}`);
    });
  }

  it('is none where nothing is kept, or every read asks', async () => {
    await (await openedWith({ keptStates: 0, maxAgeMs: 0 })).close();
  });
});

function openedWith(options: object): ReturnType<typeof openLoginPolicies> {
  const all: LoginPoliciesOptions = { store: openMemoryStore(), ...options };
  return openLoginPolicies(all);
}

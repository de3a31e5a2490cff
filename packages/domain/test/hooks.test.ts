import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { openPeople } from '@login-policy/domain/people';
import { previewCommand } from '@login-policy/domain/preview';
import { findRollout, rollOut, type Rollout } from '@login-policy/domain/rollout';
import { isPlainObject, openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, instance, PASSKEY } from './policies.js';
import { last } from './rolling-out.js';

type Hangs = (...given: readonly unknown[]) => Promise<never>;
type Call = (policies: LoginPolicies, hangs: Hangs) => Promise<unknown>;

const removal = { type: 'removeMultiFactor', factor: PASSKEY } as const;
const link = { type: 'addIdentityProvider', identityProvider: { id: 'idp', ownerType: 'SYSTEM' } } as const;
const id = 'advisory';

/** Every call that asks a hook, and the name of the hook. */
const CALLS: Readonly<Record<string, readonly [hook: string, call: Call]>> = {
  'a command': ['identityProviders', (policies) => policies.execute(instance, link, by)],
  'the preview of a command': ['identityProviders', (policies) => previewCommand(policies, instance, link)],
  'the preview of a removal': ['organizations.list', (policies) => previewCommand(policies, instance, removal)],
  organizationsOnDefault: ['organizations.list', (policies) => policies.organizationsOnDefault(instance)],
  'the next page of it': [
    'organizations.listAfter',
    (policies) => policies.organizationsOnDefault(instance, { after: 'a' }),
  ],
  'a rollout': ['mayChange', (policies, mayChange) => last(rolloutOf(policies, mayChange).carryOut())],
  'its plan': ['mayChange', (policies, mayChange) => rolloutOf(policies, mayChange).plan()],
  'its report': ['mayChange', (policies, mayChange) => rolloutOf(policies, mayChange).report()],
  'its standing': ['mayChange', (policies, mayChange) => rolloutOf(policies, mayChange).standing().next()],
  'its revert': ['mayChange', (policies, mayChange) => last(rolloutOf(policies, mayChange).revert(by))],
  'a count of all users': ['the census', populationOf],
  findRollout: ['maySee', (policies, maySee) => findRollout(policies, instance, id, { maySee })],
};

/** What the census can't say is an answer. */
async function populationOf(policies: LoginPolicies, census: Hangs): Promise<unknown> {
  const counted = await openPeople(census).population(policies, instance);
  return 'unknown' in counted ? counted.unknown : counted;
}

function rolloutOf(policies: LoginPolicies, mayChange: Hangs): Rollout {
  return rollOut(policies, instance, removal, { ...by, id, mayChange });
}

describe('a hook that hangs', () => {
  for (const [name, [hook, call]] of Object.entries(CALLS)) {
    it(`ends ${name} after 30 seconds, also without a signal and waitMs`, async () => {
      let isAsked = (): void => undefined;
      const asked = new Promise<void>((resolve) => (isAsked = resolve));
      const hangs: Hangs = () => {
        isAsked();
        return new Promise(() => undefined);
      };
      const list = (): AsyncIterable<string> => ({ [Symbol.asyncIterator]: () => ({ next: hangs }) });
      const organizations = { list, listAfter: list };
      const store = openMemoryStore();
      const policies = await openLoginPolicies({ store, identityProviders: hangs, organizations });
      for (const owner of [instance, acme]) orThrow(await policies.add(owner, freshInstance, by));
      const end = call(policies, hangs).catch(String);
      await asked;
      const soon = new Promise((resolve) => setTimeout(resolve, 30, 'no end yet'));
      expect(await inTheFuture(10_000, Promise.race([end, soon]))).to.equal('no end yet');
      expect(await inTheFuture(31_000, end)).to.contain(`${hook} did not finish before its deadline`);
      await policies.close();
    });
  }
});

describe('a hook', () => {
  const asked = Object.entries(CALLS).filter(([, [hook]]) => hook !== 'the census');
  for (const [name, [, call]] of asked) {
    it(`of ${name} is given nothing that it could change`, async () => {
      const all: unknown[] = [];
      const hook: Hangs = (...given) => {
        all.push(...given.filter(isPlainObject), ...given.filter(Array.isArray).flat());
        return Promise.reject(new Error('enough'));
      };
      const policies = await openLoginPolicies({
        store: openMemoryStore(),
        identityProviders: hook,
        organizations: { list: namedBy(hook), listAfter: namedBy(hook) },
      });
      for (const owner of [instance, acme]) orThrow(await policies.add(owner, freshInstance, by));
      await call(policies, hook).catch(String);
      expect(all).not.to.deep.equal([]);
      expect(all.filter((one) => !Object.isFrozen(one))).to.deep.equal([]);
      await policies.close();
    });
  }

  it('that writes to an owner ends a rollout, and sends its command to no other policy', async () => {
    const policies = await openLoginPolicies({ store: openMemoryStore() });
    for (const owner of [instance, acme]) orThrow(await policies.add(owner, freshInstance, by));
    const mayChange = (owner: object): boolean => Reflect.has(Object.assign(owner, acme), 'instanceId');
    const rollout = rollOut(policies, instance, removal, {
      ...by,
      id,
      mayChange,
      organizationIds: ['x'],
      withDefault: true,
    });
    expect(await last(rollout.carryOut()).catch(String)).to.match(/^TypeError: Cannot/);
    expect(orThrow(await policies.policy(acme)).policy.multiFactors).to.deep.equal([PASSKEY]);
    await policies.close();
  });
});

function namedBy(hook: Hangs): (...given: readonly unknown[]) => AsyncIterable<string> {
  return (...given) => ({ [Symbol.asyncIterator]: () => ({ next: () => hook(...given) }) });
}

/** The outcome when so much time has passed. */
async function inTheFuture(aheadMs: number, outcome: Promise<unknown>): Promise<unknown> {
  const real = performance.now.bind(performance);
  performance.now = () => real() + aheadMs;
  try {
    return await outcome;
  } finally {
    performance.now = real;
  }
}

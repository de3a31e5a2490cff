import { freshInstance, LoginPolicies, openLoginPolicies, orThrow } from '@login-policy/domain';
import { onChange } from '@login-policy/domain/changes';
import { previewCommand } from '@login-policy/domain/preview';
import { findRollout, rollOut } from '@login-policy/domain/rollout';
import { isFault, openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { by, countEvents, instance, openDesk } from './policies.js';

/** Every method there is, also one that is added one day. */
const METHODS = [LoginPolicies.prototype, Object.getPrototypeOf(LoginPolicies.prototype)]
  .flatMap((prototype) => Object.entries(Object.getOwnPropertyDescriptors(prototype)))
  .flatMap(([name, { value }]) => (typeof value === 'function' ? [name] : []))
  .filter((name) => name !== 'constructor' && name !== 'close');

/** The calls of guests, which take the policies. */
const GUESTS: Readonly<Record<string, (policies: LoginPolicies) => unknown>> = {
  previewCommand: (policies) => previewCommand(policies, instance, { type: 'change', settings: {} }),
  rollOut: (policies) => rollOut(policies, instance, { type: 'change', settings: {} }, { ...by, id: 'one' }),
  findRollout: (policies) => findRollout(policies, instance, 'one'),
  onChange: (policies) => onChange(policies, { name: 'one', handle: () => undefined }),
};

function callOf(name: string): (policies: LoginPolicies) => unknown {
  return (policies) => {
    const method: unknown = Reflect.get(policies, name);
    return typeof method === 'function' && method.call(policies);
  };
}

async function faultOf(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (caught) {
    return caught;
  }
}

describe('what takes the login policies', () => {
  for (const [name, call] of Object.entries(GUESTS)) {
    it(`refuses anything else by name, such as a promise of them: ${name}`, async () => {
      const policies: LoginPolicies = JSON.parse('{}');
      expect(String(await faultOf(() => call(policies)))).to.equal(
        `TypeError: ${name}: policies must be what openLoginPolicies returned`,
      );
    });
  }
});

describe('login policies that are closed', () => {
  it('reject every call with store-closed at once, and record nothing', async () => {
    const { store, loginPolicies } = await openDesk();
    orThrow(await loginPolicies.add(instance, freshInstance, by));
    const had = await countEvents(store);
    await loginPolicies.close();
    expect(METHODS).to.include.members(['add', 'execute', 'history', 'effectivePolicy']);
    const calls: Readonly<Record<string, (policies: LoginPolicies) => unknown>> = {
      ...GUESTS,
      ...Object.fromEntries(METHODS.map((name) => [name, callOf(name)])),
    };
    for (const [name, call] of Object.entries(calls)) {
      const caught = await faultOf(() => call(loginPolicies));
      expect(isFault(caught, 'store-closed'), name).to.equal(true);
    }
    expect(await countEvents(store)).to.equal(had);
    await loginPolicies.close();
  });

  it('write no more rows, although the store is open', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.close();
    const { readModel } = loginPolicies;
    for (const call of [readModel.catchUp(), readModel.rebuild(), readModel.ready()]) {
      expect(isFault(await call.catch((error: unknown) => error), 'store-closed')).to.equal(true);
    }
  });

  it('are closed at the end of an `await using` scope, before their store', async () => {
    const left = await usedOnce();
    const caught = await left.loginPolicies.policy(instance).catch((error: unknown) => error);
    expect(isFault(caught, 'store-closed')).to.equal(true);
    expect(isFault(await left.store.eventStore.head().catch((error: unknown) => error), 'store-closed')).to.equal(true);
  });

  it('are observed: a call is reported as failed', async () => {
    const told: string[] = [];
    const { loginPolicies } = await openDesk({ observe: (one) => told.push(JSON.stringify(one)) });
    await loginPolicies.close();
    await loginPolicies.policy(instance).catch(() => undefined);
    expect(told.join('')).to.match(/"call":"policy","outcome":"failed"/);
  });
});

async function usedOnce(): Promise<Awaited<ReturnType<typeof openDesk>>> {
  await using store = openMemoryStore();
  await using loginPolicies = await openLoginPolicies({ store });
  orThrow(await loginPolicies.add(instance, freshInstance, by));
  return { store, loginPolicies };
}

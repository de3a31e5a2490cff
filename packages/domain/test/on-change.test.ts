import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import {
  type OnChangeOptions,
  type PolicyChangeTold,
  type PolicyChanged,
  onChange,
} from '@login-policy/domain/changes';
import { monotonicIds, openMemoryStore, START, streamId, type Store } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { counting } from './bent-stores.js';
import { acme, by, globex, instance, PASSKEY } from './policies.js';

describe('the handler of policy changes', () => {
  let store: Store;
  let loginPolicies: LoginPolicies;
  const told: PolicyChangeTold[] = [];

  beforeEach(async () => {
    told.length = 0;
    store = openMemoryStore();
    const organizations = { list: () => ['acme', 'globex', ...Array.from({ length: 250 }, (_, n) => `org-${n}`)] };
    loginPolicies = await openLoginPolicies({ store, organizations });
  });

  afterEach(async () => {
    await loginPolicies.close();
    await store.close();
  });

  function listen(options: Partial<OnChangeOptions> = {}) {
    return onChange(loginPolicies, { name: 'test', handle: (change) => told.push(change), ...options });
  }

  async function changes(count: number): Promise<readonly PolicyChanged[]> {
    while (told.length < count) await new Promise((resolve) => setImmediate(resolve));
    return told.flatMap((change) => (change.kind === 'changed' ? [change] : []));
  }

  it('is not waited for longer than closeMs, though it ignores its signal', async () => {
    let isCalled = false;
    const handle = (): Promise<void> => {
      isCalled = true;
      return new Promise(() => undefined);
    };
    const consumer = listen({ handle });
    await loginPolicies.add(instance, freshInstance, by);
    while (!isCalled) await new Promise((resolve) => setImmediate(resolve));
    await loginPolicies.close({ closeMs: 1 });
    // Its store gives it two seconds.
    expect(consumer.status().state).to.not.equal('closed');
  });

  it('reads few events for each of many changes of one policy', async () => {
    const watched = counting(store.eventStore);
    const policies = await openLoginPolicies({ store: { ...store, eventStore: watched.eventStore } });
    orThrow(await policies.add(instance, freshInstance, by));
    for (let count = 0; count < 200; count++)
      orThrow(await policies.change(instance, { forceMfa: count % 2 === 0 }, by));
    const before = watched.eventsRead();
    onChange(policies, { name: 'counted', handle: (change) => told.push(change) });
    await changes(201);
    expect(watched.eventsRead() - before).to.be.below(201 * 5);
    await policies.close();
  });

  it('is called once per command, with the actor, the effective policy before and after, and the effect on sign-ins', async () => {
    listen();
    await loginPolicies.add(instance, freshInstance, by);
    orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, { ...by, reason: 'cloned' }));
    const [added, removed] = await changes(2);
    expect(added).to.include({
      isDefault: true,
      sequence: 4n,
      before: undefined,
      weakened: true,
      strengthened: false,
    });
    expect(added?.events).to.have.length(4);
    expect(removed).to.include({ actor: 'alice', reason: 'cloned', weakened: false, strengthened: true, sequence: 5n });
    expect(removed?.owner).to.deep.equal(instance);
    expect(removed?.changes).to.deep.equal([{ what: 'multi-factor', factor: PASSKEY, step: 'removed' }]);
    expect(removed?.before?.multiFactors).to.deep.equal([PASSKEY]);
    expect(removed?.after?.multiFactors).to.deep.equal([]);
    expect(removed?.lockedOut).to.deep.equal([]);
  });

  it('gets the effective policies of an organization: the default, then its own, then the default at that time', async () => {
    await loginPolicies.add(instance, freshInstance, by);
    await loginPolicies.customize(acme, by);
    await loginPolicies.removeMultiFactor(acme, PASSKEY, by);
    await loginPolicies.remove(acme, by);
    await loginPolicies.change(instance, { forceMfa: true }, by);
    listen();
    const [, customized, removed, given, forced] = await changes(5);
    expect(customized?.changes).to.deep.equal([]);
    expect([customized?.before?.isDefault, customized?.after?.isDefault]).to.deep.equal([true, false]);
    expect(removed).to.include({ isDefault: false, strengthened: true });
    expect(given?.changes).to.deep.equal([{ what: 'multi-factor', factor: PASSKEY, step: 'added' }]);
    expect(given).to.include({ weakened: true, strengthened: false });
    expect(given?.after?.settings.forceMfa).to.equal(false);
    expect(forced).to.include({ isDefault: true, strengthened: true });
  });

  it('is told that sessions must end when the only policy that held is removed', async () => {
    await loginPolicies.add(acme, freshInstance, by);
    orThrow(await loginPolicies.remove(acme, by));
    listen();
    const [, removed] = await changes(2);
    expect(removed).to.include({ after: undefined, strengthened: true, weakened: false });
  });

  it('gets the affected organizations by page', async () => {
    await loginPolicies.add(instance, freshInstance, by);
    await loginPolicies.customize(globex, by);
    await loginPolicies.change(instance, { forceMfa: true }, by);
    listen();
    const [, customized, forced] = await changes(3);
    expect(await pagesOf(customized)).to.deep.equal([[globex]]);
    const pages = await pagesOf(forced, 100);
    expect(pages.map((page) => page.length)).to.deep.equal([100, 100, 51]);
    expect(pages.flat()).to.deep.include(acme).and.not.deep.include(globex);
  });

  it('is refused for an instance that can not exist: its handler would never be called', () => {
    for (const instanceId of ['', ' ', 'a\0', '\u{D800}', 'x'.repeat(201)])
      expect(() => listen({ instance: { instanceId } }), instanceId).to.throw(RangeError, 'instance.instanceId');
  });

  it('is refused under the name of another instance, whose checkpoint it would share', async () => {
    const first = listen({ instance });
    for (const given of [{ instance: { instanceId: 'another' } }, {}])
      expect(() => listen(given)).to.throw(RangeError, `is of ${instance.instanceId}`);
    await first.close();
    listen({});
  });

  it('gets lock-outs, and may be limited to one instance', async () => {
    listen({ instance });
    await loginPolicies.add({ instanceId: 'another' }, freshInstance, by);
    await loginPolicies.add(instance, freshInstance, by);
    await loginPolicies.change(
      instance,
      { allowUsernamePassword: false, allowExternalIdp: false, passwordlessType: 'NOT_ALLOWED' },
      by,
    );
    const [, locked] = await changes(2);
    expect(locked).to.deep.include({ owner: instance, lockedOut: ['no-way-to-sign-in'], strengthened: true });
  });

  it('gets unreadable events and continues; streams that are not of a policy are skipped', async () => {
    await loginPolicies.add(instance, freshInstance, by);
    await loginPolicies.customize(acme, by);
    const ids = monotonicIds();
    const event = () => ({
      id: ids(),
      type: 'FromTheFuture',
      schemaVersion: 9,
      data: {},
      metadata: { actor: 'x', correlationId: 'x' },
    });
    const strays = ['organizationLoginPolicy-1/acme', 'organizationLoginPolicy-%zz'].map((name) => name.split('-'));
    for (const [category = '', key = ''] of [[`organizationLoginPolicy`, `${instance.instanceId}/acme`], ...strays]) {
      await store.eventStore.append({ streamId: streamId(category, key), expected: 'any', events: [event()] });
    }
    await loginPolicies.change(instance, { forceMfa: true }, by);
    listen({ instance });
    await changes(4);
    expect(told.map(({ kind }) => kind)).to.deep.equal(['changed', 'changed', 'unreadable', 'changed']);
    const [unreadable] = told.flatMap((change) => (change.kind === 'unreadable' ? [change] : []));
    expect(unreadable).to.deep.include({ owner: acme, isDefault: false });
    expect(unreadable?.fault.code).to.equal('written-by-newer-program');
  });

  it('is called again after a failure, and malformed options are refused', async () => {
    await loginPolicies.add(instance, freshInstance, by);
    let calls = 0;
    const consumer = listen({
      handle: (change, { attempt }) => {
        calls += 1;
        if (attempt < 3) throw new Error('not yet');
        told.push(change);
      },
    });
    await changes(1);
    expect(calls).to.equal(3);
    expect(consumer.status().lastFailure?.attempts).to.equal(2);
    for (const options of [{ name: '' }, { handle: undefined }, { instance: 'x' }, { form: START }]) {
      expect(() => listen(Object(options))).to.throw(RangeError);
    }
    await loginPolicies.close();
    expect(consumer.status().state).to.equal('closed');
    expect(() => listen()).to.throw('closed');
  });
});

async function pagesOf(change: PolicyChanged | undefined, limit?: number) {
  const pages = [];
  for await (const page of change?.organizations(limit === undefined ? {} : { limit }) ?? []) pages.push(page);
  return pages;
}

import {
  freshInstance,
  openLoginPolicies,
  orThrow,
  type CommandAnswer,
  type CommandInput,
  type IdentityProviderDirectory,
  type LoginPolicies,
  type OwnerRef,
} from '@login-policy/domain';
import { openMemoryStore, type Store } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { commandInputs } from './arbitraries.js';
import { acme, by, countEvents, instance } from './policies.js';

const keyed = { ...by, idempotencyKey: 'again' };
const provider = { id: 'idp-1', ownerType: 'SYSTEM' } as const;
const link: CommandInput = { type: 'addIdentityProvider', identityProvider: provider };
const add: CommandInput = { type: 'add', policy: { ...freshInstance, identityProviders: [provider] } };

const everything: IdentityProviderDirectory = (_owner, providers) => providers.map(({ id }) => ({ id }));

/** What may be there when a command comes again, though everything existed the first time. */
const LATER: Readonly<Record<string, IdentityProviderDirectory | undefined>> = {
  'a directory that no longer knows the provider': async () => [],
  'a directory that is away': () => Promise.reject(new Error('the directory is away')),
  'no directory': undefined,
};

/** Another process on the same store, with a directory of its own. */
function processOn(store: Store, identityProviders: IdentityProviderDirectory | undefined): Promise<LoginPolicies> {
  return openLoginPolicies({ store, ...(identityProviders !== undefined && { identityProviders }) });
}

async function expectRepeated(store: Store, again: Promise<CommandAnswer>, first: CommandAnswer): Promise<void> {
  const before = await countEvents(store);
  const [one, other] = [orThrow(first), orThrow(await again)];
  expect(other).to.deep.include({ details: one.details, position: one.position, events: [], isRepeated: true });
  expect(await countEvents(store)).to.equal(before);
}

describe('a replay of a command that looks something up', () => {
  for (const [what, later] of Object.entries(LATER)) {
    it(`has its first answer if there is ${what}`, async () => {
      const store = openMemoryStore();
      const here = await processOn(store, everything);
      const there = await processOn(store, later);
      const added = await here.execute(instance, add, keyed);
      await expectRepeated(store, there.execute(instance, add, keyed), added);
      orThrow(await here.removeIdentityProvider(instance, provider.id, by));
      const linked = await here.execute(instance, link, { ...by, idempotencyKey: 'link' });
      await expectRepeated(store, there.execute(instance, link, { ...by, idempotencyKey: 'link' }), linked);
      orThrow(await here.removeIdentityProvider(instance, provider.id, by));
      const back: CommandInput = { type: 'revert', to: { sequence: linked.outcome === 'accepted' ? 7n : 0n } };
      const reverted = await here.execute(instance, back, { ...by, idempotencyKey: 'back' });
      await expectRepeated(store, there.execute(instance, back, { ...by, idempotencyKey: 'back' }), reverted);
    });
  }

  it('asks its directory once, however often it is decided, and not at all for a replay', async () => {
    const store = openMemoryStore();
    const asked: string[] = [];
    const here = await processOn(store, (owner, providers, wait) => {
      asked.push(...providers.map(({ id }) => id));
      return everything(owner, providers, wait);
    });
    await here.add(instance, freshInstance, by);
    const beside = await processOn(store, everything);
    await beside.removeSecondFactor(instance, 'TOTP', by);
    orThrow(await here.execute(instance, link, keyed));
    orThrow(await here.execute(instance, link, keyed));
    expect(asked).to.deep.equal(['idp-1']);
  });

  it('is refused if the key was used for another command, whatever could be looked up', async () => {
    const store = openMemoryStore();
    const here = await processOn(store, everything);
    await here.add(instance, freshInstance, by);
    orThrow(await here.execute(instance, link, keyed));
    const other: CommandInput = { ...link, identityProvider: { ...provider, id: 'idp-2' } };
    const there = await processOn(store, LATER['a directory that is away']);
    expect(await there.execute(instance, other, keyed)).to.have.nested.property(
      'rejection.reason',
      'idempotency-key-reused',
    );
  });
});

describe('any command with an idempotency key', () => {
  const owners = fc.constantFrom<OwnerRef>(instance, acme);
  const between = fc.array(fc.tuple(owners, commandInputs), { maxLength: 4 });
  const key = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 }).map((text) => text.trim() || 'key');

  it('is replayed with its first answer, whatever has happened since', () =>
    fc.assert(
      fc.asyncProperty(fc.record({ owner: owners, command: commandInputs, key }), between, async (given, others) => {
        const { owner, command, key: idempotencyKey } = given;
        const store = openMemoryStore();
        const here = await processOn(store, everything);
        for (const one of [instance, acme]) await here.add(one, freshInstance, by);
        if (command.type === 'add') await here.remove(acme, by);
        const first = await here.execute(owner, command, { ...by, idempotencyKey });
        if (first.outcome === 'rejected') {
          const again = await (await processOn(store, everything)).execute(owner, command, { ...by, idempotencyKey });
          expect(again).to.deep.equal(first);
          return;
        }
        for (const [whose, other] of others) await here.execute(whose, other, by);
        for (const later of Object.values(LATER)) {
          const there = await processOn(store, later);
          await expectRepeated(store, there.execute(owner, command, { ...by, idempotencyKey }), first);
        }
      }),
      { numRuns: 100 },
    ));
});

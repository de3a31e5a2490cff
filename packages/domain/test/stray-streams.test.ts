import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { previewCommand } from '@login-policy/domain/preview';
import {
  monotonicIds,
  openMemoryStore,
  parseStreamId,
  type RecordedEvent,
  type Store,
  toJsonObject,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { INSTANCE_STREAM, acme, by, globex, instance, openDesk, ACME_STREAM } from './policies.js';

/** Names of no policy's stream, in the categories of those that are. */
const STRAY = [
  'organizationLoginPolicy-old',
  'organizationLoginPolicy-1/a/b',
  'organizationLoginPolicy-/acme',
  `organizationLoginPolicy-${instance.instanceId}/`,
  `organizationLoginPolicy-${instance.instanceId}/%61cme`,
  `organizationLoginPolicy-${instance.instanceId}/${'ñ'.repeat(4900)}`,
  'instanceLoginPolicy-%zz',
  'instanceLoginPolicy-1/a',
].map(parseStreamId);

const ids = monotonicIds();

/** Records in each stray stream, as a tool or a newer program may. */
async function recordAstray(
  store: Store,
  events: readonly Pick<RecordedEvent, 'type' | 'data' | 'schemaVersion'>[],
): Promise<void> {
  for (const streamId of STRAY) {
    const recorded = events.map(({ type, data, schemaVersion }) => ({
      id: ids(),
      type,
      schemaVersion,
      data,
      metadata: { actor: 'a tool', correlationId: 'c' },
    }));
    await store.eventStore.append({ streamId, expected: 'any', events: recorded });
  }
}

/** The events of acme's policy, as a tool copies them. */
async function copied(store: Store): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const page of store.eventStore.readStream(ACME_STREAM)) events.push(...page);
  return events;
}

const UNKNOWN = [{ type: 'LoginPolicyFrozen', schemaVersion: 1, data: toJsonObject({}) }];

async function demandUnharmed(loginPolicies: LoginPolicies): Promise<void> {
  for (const owner of [instance, acme])
    expect(orThrow(await loginPolicies.policy(owner)).policy.owner).to.include(owner);
  expect(orThrow(await loginPolicies.effectivePolicy(globex)).policy.isDefault).to.equal(true);
  const { organizations } = orThrow(await loginPolicies.organizationsWithCustomPolicy(instance));
  expect(organizations).to.deep.equal([acme]);
  expect(
    orThrow(await previewCommand(loginPolicies, instance, { type: 'change', settings: { forceMfa: true } })).events,
  ).to.have.lengthOf(1);
}

describe('a stream whose name names no owner', () => {
  for (const [what, eventsOf] of [
    ['events that nobody here knows', async () => UNKNOWN],
    ['the events of a policy, copied', copied],
  ] as const) {
    it(`is counted and reported, and affects no policy and no list: with ${what}`, async () => {
      const { store, loginPolicies } = await openDesk();
      orThrow(await loginPolicies.add(instance, freshInstance, by));
      orThrow(await loginPolicies.add(acme, freshInstance, by));
      await recordAstray(store, await eventsOf(store));
      const anew = await openLoginPolicies({ store });
      for (const each of [loginPolicies, anew]) {
        await demandUnharmed(each);
        await each.readModel.rebuild();
        await demandUnharmed(each);
        const { rows } = await each.readModel.unreadable({ kind: 'stray-stream' });
        expect(rows.map(({ row }) => row.facts.streamId)).to.have.members(STRAY);
        expect(each.readModel.state.is).to.equal('following');
      }
      orThrow(await loginPolicies.change(acme, { forceMfa: true }, by));
      orThrow(await loginPolicies.remove(acme, by));
      expect(orThrow(await loginPolicies.organizationsWithCustomPolicy(instance)).organizations).to.deep.equal([]);
    });
  }
});

describe('an error after the input was parsed', () => {
  it('is never reported as malformed input', async () => {
    const store = openMemoryStore();
    const loginPolicies = await openLoginPolicies({
      store,
      identityProviders: async () => {
        await openLoginPolicies(Object({ store, keptStates: -1 }));
        return [];
      },
    });
    orThrow(await loginPolicies.add(instance, freshInstance, by));
    const linking = loginPolicies.addIdentityProvider(instance, { id: 'idp-1', ownerType: 'SYSTEM' }, by);
    const caught = await linking.then(String, (thrown: unknown) => thrown);
    expect(caught).to.be.instanceOf(Error).with.property('message').that.includes('keptStates');
    expect(caught).not.to.have.property('field');
  });
});

describe('a list of custom policies', () => {
  const listed = async (key: string): Promise<unknown> => {
    const { store, loginPolicies } = await openDesk();
    orThrow(await loginPolicies.add(acme, freshInstance, by));
    await loginPolicies.close();
    const bent = await openLoginPolicies({ store: withKeys(store, [key]) });
    return bent.organizationsWithCustomPolicy(instance).catch((caught: unknown) => caught);
  };

  it('is reported as damage if it contains something other than a policy of the instance; a rebuild mends it', async () => {
    for (const key of [
      '',
      'x',
      'organizationLoginPolicx-1/acme',
      'organizationLoginPolicy-other/acme',
      INSTANCE_STREAM,
      `organizationLoginPolicy-${instance.instanceId}/%61cme`,
    ]) {
      const fault = await listed(key);
      expect(fault, key).to.have.property('code', 'store-damaged');
      expect(fault).to.have.property('message').that.includes('rebuild the read model');
    }
  });
});

/** The same store, whose rows are found under other keys than they stand under. */
function withKeys(store: Store, keys: readonly string[]): Store {
  return {
    ...store,
    readModels: {
      async open(projection) {
        const model = await store.readModels.open(projection);
        return {
          read: (...asked) => model.read(...asked),
          query: (...asked) => model.query(...asked),
          keys: async (...asked) => ({ ...(await model.keys(...asked)), rows: keys }),
          count: (...asked) => model.count(...asked),
          checkpoint: (...asked) => model.checkpoint(...asked),
          commit: (...asked) => model.commit(...asked),
          changed: (...asked) => model.changed(...asked),
          beginRebuild: (...asked) => model.beginRebuild(...asked),
        };
      },
      close: () => store.readModels.close(),
    },
  };
}

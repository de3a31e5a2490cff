import { openMemoryStore, ProjectionRunner, START, type Position, type Store } from '@login-policy/event-sourcing';
import {
  freshInstance,
  openLoginPolicies,
  orThrow,
  toJson,
  type AsOf,
  type CommandInput,
  type LoginPolicies,
} from '@login-policy/domain';
import { loginPolicyProjection } from '@login-policy/domain/model';
import { steppingClock } from '@login-policy/testkit';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { breaking, counting } from './bent-stores.js';
import { acme, by, instance, PASSKEY } from './policies.js';

const LENGTH = 2600n;
/** Where the policy is removed: no state of it stands there. */
const REMOVED = 1000n;
const PLACES = [1, 99, 100, 101, 249, 250, 251, 500, 999, 1000, 1001, 1250, 1300, 1301, 2499, 2500, 2501, 2599, 2600];
/**
 * The command of acme's policy whose event is at this sequence: it is added, a factor comes and goes, and once it is
 * removed.
 */
function commandAt(sequence: bigint): CommandInput {
  if (sequence === REMOVED) return { type: 'remove' };
  const sinceAdded = sequence > REMOVED ? sequence - REMOVED - 1n : sequence - 1n;
  if (sinceAdded === 0n) return { type: 'add', policy: {} };
  return { type: sinceAdded % 2n === 1n ? 'addMultiFactor' : 'removeMultiFactor', factor: PASSKEY };
}

/** Acme's policy by so many events, and the position of each. */
async function longPolicy(): Promise<{ readonly store: Store; readonly positions: readonly Position[] }> {
  const store = openMemoryStore({ clock: steppingClock('2026-01-01T00:00:00.000Z', 1000) });
  const policies = await openLoginPolicies({ store });
  orThrow(await policies.add(instance, freshInstance, by));
  const positions: Position[] = [];
  for (let sequence = 1n; sequence <= LENGTH; sequence++) {
    const options = { ...by, idempotencyKey: `key-${sequence}` };
    const { details, position } = orThrow(await policies.execute(acme, commandAt(sequence), options));
    expect(details.sequence).to.equal(sequence);
    positions.push(position);
  }
  await policies.close();
  return { store, positions };
}

/** How many events a first command reads that is refused. */
async function readForOneCommand(store: Store, rows: 'are read' | 'fail' | 'hang'): Promise<number> {
  const { eventStore, eventsRead } = counting(store.eventStore);
  const { readModels, breakRows } = breaking(store.readModels, rows === 'fail');
  const policies = await openLoginPolicies({ store: { ...store, eventStore, readModels } });
  if (rows !== 'are read') breakRows();
  const answer = await policies.addMultiFactor(acme, PASSKEY, by);
  expect(answer).to.have.nested.property('rejection.reason', 'factor-already-exists');
  await policies.close();
  return eventsRead();
}

describe('a policy of many events', () => {
  let store: Store;
  let positions: readonly Position[];

  before(async () => {
    ({ store, positions } = await longPolicy());
  });

  after(() => store.close());

  const momentsAt = (sequence: number): readonly AsOf[] => [
    { sequence: BigInt(sequence) },
    { position: positions[sequence - 1] ?? START },
    { instant: new Date(Date.UTC(2026, 0, 1, 0, 0, sequence + 3)) },
  ];

  /** All looks at its past, as JSON. */
  async function looks(policies: LoginPolicies): Promise<readonly unknown[]> {
    const answers: unknown[] = [];
    for (const sequence of PLACES) {
      for (const asOf of momentsAt(sequence)) {
        answers.push(
          toJson(await policies.policy(acme, { asOf })),
          toJson(await policies.effectivePolicy(acme, { asOf })),
        );
      }
      for (const direction of ['forwards', 'backwards'] as const)
        answers.push(toJson(await policies.history(acme, { direction, fromSequence: BigInt(sequence), limit: 3 })));
    }
    answers.push(toJson(await policies.policy(acme, { asOf: { sequence: LENGTH + 1n } })));
    return answers;
  }

  const opened = async (on: Store, look: (policies: LoginPolicies) => Promise<void>): Promise<void> => {
    const policies = await openLoginPolicies({ store: on });
    try {
      await look(policies);
    } finally {
      await policies.close();
    }
  };

  it('is read as of the past correctly, also after a rebuild', async () => {
    const answers: (readonly unknown[])[] = [];
    const collect = async (policies: LoginPolicies): Promise<void> => {
      answers.push(await looks(policies));
    };
    await opened(store, collect);
    await opened(store, async (policies) => {
      await policies.readModel.rebuild();
      await collect(policies);
    });
    const [first, second] = answers;
    expect(second).to.deep.equal(first);
  });

  it('takes a first command by its row, and by its events where its rows fail or don’t answer', async () => {
    expect(await readForOneCommand(store, 'are read')).to.be.at.most(600);
    for (const rows of ['fail', 'hang'] as const)
      expect(await readForOneCommand(store, rows), rows).to.be.at.least(Number(LENGTH));
  });

  it('is listed once', () =>
    opened(store, async (policies) => {
      const listed = orThrow(await policies.organizationsWithCustomPolicy(instance));
      expect(listed).to.deep.include({ organizations: [acme], next: undefined });
      const query = { index: 'customIn', value: instance.instanceId };
      const rows = await ProjectionRunner.open({ store, projection: loginPolicyProjection });
      expect((await rows.query(query)).rows).to.have.length(1);
      expect((await rows.keys(query)).rows).to.have.length(1);
      await rows.close();
    }));
});

import { orThrow, type LoginPolicies } from '@login-policy/domain';
import { milliseconds } from '../harness/meter.js';
import type { Contender, Figure, Row, Conditions } from '../harness/row.js';
import type { RawDriver } from '../raw/raw-driver.js';
import { organization, policyAfter, streamOf } from '../workload/course.js';
import { longHistory, seedRaw } from '../workload/histories.js';
import { withRaw, type StoreKind } from '../workload/kinds.js';
import { seedReady, withPolicies } from '../workload/ours.js';
import { fold } from '../workload/plain-policy.js';

/** The number of events between two snapshots, ours and by hand. */
const SNAPSHOT_EVERY = 250;
const NEWEST = 100;

/** A read of the past of one policy, ours and by hand. */
interface PastRead {
  readonly ours: (policies: LoginPolicies) => Promise<unknown>;
  readonly raw: (driver: RawDriver) => Promise<unknown>;
  readonly rawHow: string;
}

/** The newest page of a long history: the answer to "who changed this?" */
export function newestEntries(kind: StoreKind): Row {
  return {
    name: `newest-entries-${kind.name}`,
    work: `newest 100 entries of the history of a policy of 100,000 events, after opening, ${kind.title}`,
    unit: 'ms',
    warmUps: 1,
    target: { bound: 'at most', figure: 7 },
    contenders: (conditions) => contendersFor(kind, conditions, newestRead(lengthIn(conditions))),
  };
}

/** A long policy as of half of its events. */
export function asOfTheMiddle(kind: StoreKind): Row {
  return {
    name: `as-of-middle-${kind.name}`,
    work: `policy of 100,000 events as of the middle of them, after opening, ${kind.title}`,
    unit: 'ms',
    warmUps: 1,
    target: { bound: 'at most', figure: 1 },
    contenders: (conditions) => contendersFor(kind, conditions, middleRead(lengthIn(conditions))),
  };
}

function lengthIn({ isQuick }: Conditions): number {
  return isQuick ? 1000 : 100_000;
}

function newestRead(length: number): PastRead {
  return {
    async ours(policies) {
      const { entries } = orThrow(await policies.history(organization(0), { direction: 'backwards', limit: NEWEST }));
      demand(entries[0]?.sequence === BigInt(length) && entries.length === NEWEST);
    },
    raw: async (driver) => demand((await driver.before(streamOf(0), length, NEWEST)).length === NEWEST),
    rawHow:
      'by hand, opened anew: the last 100 selected backwards and parsed; what each of them changed is not worked out',
  };
}

/** Halfway between two snapshots. */
function middleRead(length: number): PastRead {
  const [snapshotAt, afterSnapshot] = [length / 2, SNAPSHOT_EVERY / 2];
  const sequence = BigInt(snapshotAt + afterSnapshot);
  return {
    async ours(policies) {
      const { policy } = orThrow(await policies.policy(organization(0), { asOf: { sequence } }));
      demand(policy.details.sequence === sequence);
    },
    async raw(driver) {
      const [state] = await driver.read([snapshotKey(snapshotAt)]);
      const events = await driver.before(streamOf(0), snapshotAt + afterSnapshot, afterSnapshot);
      let policy = state;
      for (const { event, at } of events.toReversed()) policy = policy && fold(policy, event, at);
      demand(BigInt(policy?.sequence ?? 0) === sequence);
    },
    rawHow: 'by hand, opened anew: from the row that was kept after each 250th event, 125 folded on',
  };
}

function snapshotKey(length: number): string {
  return `${streamOf(0)}@${length}`;
}

/** @throws Error unless the answer is the requested one. */
function demand(isRight: boolean): void {
  if (!isRight) throw new Error('this is not what was asked for');
}

async function contendersFor(kind: StoreKind, conditions: Conditions, read: PastRead): Promise<readonly Contender[]> {
  const length = lengthIn(conditions);
  const [oursAt, rawAt] = [await kind.freshLocation(conditions), await kind.freshLocation(conditions)];
  await seedReady(kind, oursAt, longHistory(length));
  await withRaw(kind, rawAt, async (driver) => {
    await seedRaw(driver, longHistory(length));
    await driver.storeRows([[snapshotKey(length / 2), policyAfter(length / 2)]], length);
  });
  const ours = (before: number): Promise<Figure> =>
    withPolicies(kind, oursAt, async (policies) => {
      for (let count = 0; count < before; count++) await read.ours(policies);
      return milliseconds(() => read.ours(policies));
    });
  const raw = (): Promise<Figure> => withRaw(kind, rawAt, (driver) => milliseconds(() => read.raw(driver)));
  return [
    { name: 'ours', method: 'opened anew as in the README', measure: () => ours(0) },
    { name: 'raw', method: `${kind.driver} ${read.rawHow}`, measure: raw },
    { name: 'ours, the second', method: 'the same look again', measure: () => ours(1) },
  ];
}

import { orThrow, type LoginPolicies } from '@login-policy/domain';
import { milliseconds } from '../harness/meter.js';
import type { Contender, Figure, Row, Conditions } from '../harness/row.js';
import type { RawDriver } from '../raw/raw-driver.js';
import { organization, streamOf } from '../workload/course.js';
import { longHistory, seedRaw } from '../workload/histories.js';
import { withRaw, type StoreKind } from '../workload/kinds.js';
import { seedReady, withPolicies } from '../workload/ours.js';
import { emptyPolicy, fold } from '../workload/plain-policy.js';

/** The events of the policy: a policy changes a few times a year. */
const LENGTH = 1000;
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
    work: `newest 100 entries of the history of a policy of 1,000 events, after opening, ${kind.title}`,
    unit: 'ms',
    warmUps: 1,
    target: { bound: 'at most', figure: 7 },
    contenders: (conditions) => contendersFor(kind, LENGTH, conditions, newestRead(LENGTH)),
  };
}

/** A long policy as of half of its events. */
export function asOfTheMiddle(kind: StoreKind): Row {
  return {
    name: `as-of-middle-${kind.name}`,
    work: `policy of 1,000 events as of the middle of them, after opening, ${kind.title}`,
    unit: 'ms',
    warmUps: 1,
    target: { bound: 'at most', figure: 3 },
    contenders: (conditions) => contendersFor(kind, LENGTH, conditions, middleRead(LENGTH)),
  };
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

/** Half of the events, folded from the first on. */
function middleRead(length: number): PastRead {
  const middle = length / 2;
  const sequence = BigInt(middle);
  return {
    async ours(policies) {
      const { policy } = orThrow(await policies.policy(organization(0), { asOf: { sequence } }));
      demand(policy.details.sequence === sequence);
    },
    async raw(driver) {
      let policy = emptyPolicy();
      for (const { event, at } of (await driver.before(streamOf(0), middle, middle)).toReversed())
        policy = fold(policy, event, at);
      demand(BigInt(policy.sequence) === sequence);
    },
    rawHow: 'by hand, opened anew: the events up to it selected, parsed and folded',
  };
}

/** @throws Error unless the answer is the requested one. */
function demand(isRight: boolean): void {
  if (!isRight) throw new Error('this is not what was asked for');
}

async function contendersFor(
  kind: StoreKind,
  length: number,
  conditions: Conditions,
  read: PastRead,
): Promise<readonly Contender[]> {
  const [oursAt, rawAt] = [await kind.freshLocation(conditions), await kind.freshLocation(conditions)];
  await seedReady(kind, oursAt, longHistory(length));
  await withRaw(kind, rawAt, (driver) => seedRaw(driver, longHistory(length)));
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

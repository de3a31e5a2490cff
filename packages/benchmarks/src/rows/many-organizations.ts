import { setImmediate as nextTurn } from 'node:timers/promises';
import { orThrow, type LoginPolicies } from '@login-policy/domain';
import { previewCommand } from '@login-policy/domain/preview';
import { longestStall, milliseconds } from '../harness/meter.js';
import type { Contender, Figure, Row, Conditions } from '../harness/row.js';
import type { RawDriver } from '../raw/raw-driver.js';
import { DEFAULT_STREAM, INSTANCE_ID, organization, policyAfter, streamOf } from '../workload/course.js';
import { randomHistories } from '../workload/histories.js';
import { withRaw, type StoreKind } from '../workload/kinds.js';
import { addDefault, seedReady, withConfiguredPolicies, withPolicies } from '../workload/ours.js';

type Measure = (work: () => Promise<unknown>) => Promise<Figure>;

/** The number of organizations, and of those with a custom policy. */
interface Size {
  readonly organizations: number;
  readonly custom: number;
}

/** The organizations that a change to the default does not affect. */
export function customized(kind: StoreKind): Row {
  return {
    name: `customized-list-${kind.name}`,
    work: `list of all organizations that have a custom policy, 10,000 of them, ${kind.title}`,
    unit: 'ms',
    warmUps: 1,
    target: { bound: 'at most', figure: 30 },
    contenders: (conditions) =>
      compared(kind, conditions, {
        measure: milliseconds,
        ours: listed,
        raw: async (driver, { custom }) => demandCount((await driver.customized(INSTANCE_ID)).length, custom),
        oursHow: 'loginPolicies.organizationsWithCustomPolicy, in one page of 10,000',
        rawHow: 'the streams of the instance by an index',
      }),
  };
}

/** The policies that still allow a factor: the first page, and the total. */
export function stillAllowed(kind: StoreKind): Row {
  return {
    name: `still-allowed-${kind.name}`,
    work: `the first 100 of 100,000 custom policies that allow a factor, and their number, ${kind.title}`,
    unit: 'ms',
    warmUps: 1,
    target: { bound: 'at most', figure: 5 },
    contenders: async (conditions) => {
      const custom = conditions.isQuick ? 1000 : 100_000;
      const location = await kind.freshLocation(conditions);
      await seedReady(kind, location, randomHistories(custom, 4));
      return [
        {
          name: 'ours',
          method: 'loginPolicies.organizationsWithCustomPolicy with allowing, the tenth time',
          measure: () =>
            withPolicies(kind, location, async (policies) => {
              // PostgreSQL stores the number soon after the first query.
              for (let times = 1; times < 10; times++) await stillAllowing(policies, custom);
              return milliseconds(() => stillAllowing(policies, custom));
            }),
        },
      ];
    },
  };
}

async function stillAllowing(policies: LoginPolicies, custom: number): Promise<void> {
  const filter = { allowing: 'U2F_WITH_VERIFICATION' } as const;
  const { total } = orThrow(await policies.organizationsWithCustomPolicy({ instanceId: INSTANCE_ID }, filter));
  demandCount(total === 'more-than-10000' ? Math.max(custom, 10_001) : total, custom);
}

/** The time to list the organizations that a removal from the default policy affects. */
export function preview(kind: StoreKind): Row {
  return previewRow(kind, {
    name: 'preview',
    what: 'preview of a removal',
    measure: milliseconds,
  });
}

/** How long that blocks the event loop at most. */
export function previewStall(kind: StoreKind): Row {
  return previewRow(kind, {
    name: 'preview-stall',
    what: 'longest stall of the event loop during the preview of a removal',
    measure: longestStall,
    target: { bound: 'at most', figure: 20 },
  });
}

function previewRow(
  kind: StoreKind,
  { name, what, measure, target }: Pick<Row, 'name' | 'target'> & { readonly what: string; readonly measure: Measure },
): Row {
  return {
    name: `${name}-${kind.name}`,
    work: `${what} with 1,000,000 organizations, 10,000 of them with a custom policy, ${kind.title}`,
    unit: 'ms',
    warmUps: 1,
    ...(target !== undefined && { target }),
    contenders: (conditions) =>
      compared(kind, conditions, {
        measure,
        ours: previewed,
        raw: countedByHand,
        oursHow: 'previewCommand, with a list of organizations that is in memory; by processor: all of it',
        rawHow:
          'the custom ones into a Set, all others counted, a turn for others after each 5,000; nothing is decided',
      }),
  };
}

async function listed(policies: LoginPolicies, { custom }: Size): Promise<void> {
  const list = await policies.organizationsWithCustomPolicy({ instanceId: INSTANCE_ID }, { limit: 10_000 });
  demandCount(orThrow(list).organizations.length, custom);
}

async function previewed(policies: LoginPolicies, size: Size): Promise<void> {
  const removal = { type: 'removeMultiFactor', factor: 'U2F_WITH_VERIFICATION' } as const;
  const { affected } = orThrow(await previewCommand(policies, { instanceId: INSTANCE_ID }, removal));
  demandCount(affected.count, size.organizations - size.custom);
}

async function countedByHand(driver: RawDriver, size: Size): Promise<void> {
  const customStreams = new Set(await driver.customized(INSTANCE_ID));
  let [count, seen] = [0, 0];
  for (const id of idsOf(size)) {
    if (++seen % 5000 === 0) await nextTurn();
    if (!customStreams.has(`organizationLoginPolicy-${INSTANCE_ID}/${id}`)) count++;
  }
  demandCount(count, size.organizations - size.custom);
}

/** @throws Error unless the expected number was found. */
function demandCount(found: number | undefined, expected: number): void {
  if (found !== expected) throw new Error(`${found} were found, and there are ${expected}`);
}

function* idsOf({ organizations }: Size): Generator<string> {
  for (let number = 0; number < organizations; number++) yield organization(number).organizationId;
}

/** The same work by our code and by hand, on the same policies. */
interface Comparison {
  readonly measure: Measure;
  readonly ours: (policies: LoginPolicies, size: Size) => Promise<void>;
  readonly raw: (driver: RawDriver, size: Size) => Promise<void>;
  readonly oursHow: string;
  readonly rawHow: string;
}

async function compared(
  kind: StoreKind,
  conditions: Conditions,
  comparison: Comparison,
): Promise<readonly Contender[]> {
  const size = conditions.isQuick
    ? { organizations: 10_000, custom: 100 }
    : { organizations: 1_000_000, custom: 10_000 };
  const [oursAt, rawAt] = [await kind.freshLocation(conditions), await kind.freshLocation(conditions)];
  await seedReady(kind, oursAt, randomHistories(size.custom, 4));
  await withPolicies(kind, oursAt, addDefault);
  await withRaw(kind, rawAt, async (driver) => {
    const streams = [DEFAULT_STREAM, ...Array.from({ length: size.custom }, (_, number) => streamOf(number))];
    const rows = streams.map((stream) => [stream, policyAfter(4)] as const);
    await driver.storeRows(rows, 1);
  });
  const organizations = { list: () => idsOf(size) };
  const { measure } = comparison;
  return [
    {
      name: 'ours',
      method: comparison.oursHow,
      measure: () =>
        withConfiguredPolicies({ kind, location: oursAt, organizations }, (policies) =>
          measure(() => comparison.ours(policies, size)),
        ),
    },
    {
      name: 'raw',
      method: `${kind.driver} by hand: ${comparison.rawHow}`,
      measure: () => withRaw(kind, rawAt, (driver) => measure(() => comparison.raw(driver, size))),
    },
  ];
}

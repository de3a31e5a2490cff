import { orThrow } from '@login-policy/domain';
import { ratePerSecond } from '../harness/meter.js';
import type { Row } from '../harness/row.js';
import { RawPolicies } from '../raw/raw-policies.js';
import { AT_ONCE, DEFAULT_STREAM, runConcurrently, organization, policyAfter, streamOf } from '../workload/course.js';
import { randomNumbers } from '../workload/histories.js';
import { withRaw, type StoreKind } from '../workload/kinds.js';
import { addDefault, runCommand, withPolicies } from '../workload/ours.js';

const ORGANIZATIONS = 2000;

/** The read of every sign-in: the effective policy of an organization. */
export function reads(kind: StoreKind, times: number): Row {
  const customized = Array.from({ length: ORGANIZATIONS / 2 }, (_, index) => index * 2);
  return {
    name: `read-${kind.name}`,
    work: `effective policy of 2,000 organizations, every second with its own, one read after another, ${kind.title}`,
    unit: 'reads/s',
    warmUps: 2,
    target: { bound: 'at least', times },
    async contenders(conditions) {
      const nextNumber = randomNumbers(7);
      const numbers = Array.from({ length: conditions.isQuick ? 100 : 6000 }, () => nextNumber(ORGANIZATIONS));
      const ours = async (): ReturnType<typeof ratePerSecond> =>
        withPolicies(kind, await kind.freshLocation(conditions), async (policies) => {
          await addDefault(policies);
          await runConcurrently(customized, AT_ONCE, (policy) => runCommand(policies, { policy, step: 0 }));
          return ratePerSecond(numbers.length, async () => {
            for (const number of numbers) orThrow(await policies.effectivePolicy(organization(number)));
          });
        });
      const raw = async (): ReturnType<typeof ratePerSecond> =>
        withRaw(kind, await kind.freshLocation(conditions), async (driver) => {
          const streams = [DEFAULT_STREAM, ...customized.map(streamOf)];
          await driver.storeRows(
            streams.map((stream) => [stream, policyAfter(4)]),
            1,
          );
          const policies = new RawPolicies(driver);
          return ratePerSecond(numbers.length, async () => {
            for (const number of numbers) await policies.effective(number);
          });
        });
      return [
        { name: 'ours', method: 'loginPolicies.effectivePolicy: as new as the last command', measure: ours },
        { name: 'raw', method: `${kind.driver} by hand: both rows by their keys; nothing is checked`, measure: raw },
      ];
    },
  };
}

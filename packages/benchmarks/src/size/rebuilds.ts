import { CHILDREN, runNode } from '../harness/fresh-process.js';
import { milliseconds } from '../harness/meter.js';
import type { Conditions } from '../harness/row.js';
import { randomHistories } from '../workload/histories.js';
import type { StoreKind } from '../workload/kinds.js';
import { CATCH_UP_WAIT, seedAndClose, withPolicies } from '../workload/ours.js';

const EVENTS_EACH = 5;
const EXTRAPOLATED = 10_000_000;

/** Prints the time and memory of rebuilds, each in a fresh process, and an extrapolation to ten million policies. */
export async function printRebuilds(kind: StoreKind, conditions: Conditions, most: number): Promise<void> {
  const sizes = conditions.isQuick ? [500, 2000] : [1000, 10_000, 100_000, 1_000_000].filter((size) => size <= most);
  console.log(`A rebuild, ${kind.title}, policies of ${EVENTS_EACH} events in random order:`);
  let each = { rebuild: Number.NaN, start: Number.NaN };
  for (const policies of sizes) {
    const location = await kind.freshLocation(conditions);
    await seedAndClose(kind, location, randomHistories(policies, EVENTS_EACH));
    const first = await milliseconds(() =>
      withPolicies(kind, location, ({ readModel }) => readModel.ready(CATCH_UP_WAIT)),
    );
    const [peak = 0, ms = 0] = runNode([CHILDREN, 'rebuild ours', location]).split(' ').map(Number);
    each = { rebuild: ms / policies, start: first.byClock / policies };
    const perSecond = 1000 / each.rebuild;
    const name = `${formatted(policies)} policies`.padStart(18);
    const rates = `${formatted(perSecond)} policies/s, ${formatted(perSecond * EVENTS_EACH)} events/s`;
    console.log(`  ${name}  ${seconds(ms)}  ${rates}, at most ${formatted((peak * 1024) / 1e6)} MB (RSS)`);
    console.log(
      `  ${' '.repeat(18)}  ${seconds(first.byClock)}  first start without rows: until the read model is ready`,
    );
  }
  const [rebuild, start] = [each.rebuild, each.start].map((ms) => `${formatted((EXTRAPOLATED * ms) / 60_000)} min`);
  console.log(
    `  ${formatted(EXTRAPOLATED)} policies, extrapolated from the largest size: rebuild ${rebuild}, first start ${start}`,
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function formatted(figure: number): string {
  return Math.round(figure).toLocaleString('en');
}

import { describeContract, type TestRunner, type Suite } from './contract.js';
import { checkpoints } from './read-models/checkpoints.js';
import { closingReadModels } from './read-models/closing-read-models.js';
import { deadlinesOfRows } from './read-models/deadlines-of-rows.js';
import { counts } from './read-models/counts.js';
import { definitions } from './read-models/definitions.js';
import { queries } from './read-models/queries.js';
import { rebuilds } from './read-models/rebuilds.js';
import { rows } from './read-models/rows.js';
import { twoRunners } from './read-models/two-runners.js';
import { waking } from './read-models/waking.js';
import type { OpenedReadModelStore, ReadModelStoreFixture } from './read-models/opened-read-models.js';

/**
 * Tests every promise of the port `ReadModelStore` as a suite of `runner`. A store that passes can replace any other; a
 * store that does nothing fails every test.
 */
export function readModelStoreContract(fixture: ReadModelStoreFixture, runner: TestRunner): void {
  describeContract<OpenedReadModelStore>(
    {
      title: `the read-model store of ${fixture.name}`,
      suites: SUITES,
      waitLimitMs: fixture.waitLimitMs,
      open: () => fixture.open(),
    },
    runner,
  );
}

const SUITES: readonly Suite<OpenedReadModelStore>[] = [
  rows,
  queries,
  counts,
  checkpoints,
  twoRunners,
  rebuilds,
  waking,
  definitions,
  deadlinesOfRows,
  closingReadModels,
];

import { apiRows } from '../api/rows.js';
import type { Row } from '../harness/row.js';
import { memory, postgres, sqlite } from '../workload/kinds.js';
import { AT_ONCE } from '../workload/course.js';
import { auditCost, auditPage } from './audit.js';
import { backtests } from './backtest.js';
import { consumedBacklog, consumedSoon, idleConsumers } from './consumers.js';
import { commands } from './commands.js';
import { commandsOnEventStoreDb } from './eventstoredb.js';
import { firstCommand } from './first-command.js';
import { freshCommands, freshProcess, imports, importsOfApi, peakMemory } from './processes.js';
import { reads } from './reads.js';
import { customized, preview, previewStall, stillAllowed } from './many-organizations.js';
import { asOfTheMiddle, newestEntries } from './past.js';
import { catchUpStall, rebuild } from './rebuild.js';
import { analysis, census } from './people.js';
import { signIns } from './sign-in.js';

/** All rows, in the order of the tables. */
export const rows: readonly Row[] = [
  signIns,
  census,
  analysis,
  ...backtests,
  commands(sqlite, { atATime: 1, times: 0.85 }),
  commands(sqlite, { atATime: AT_ONCE, times: 0.6 }),
  commands(sqlite, { atATime: AT_ONCE, owners: 'mixed', times: 0.4 }),
  firstCommand(sqlite),
  newestEntries(sqlite),
  asOfTheMiddle(sqlite),
  reads(sqlite, 0.7),
  rebuild(sqlite, { policies: 1000, times: 0.8 }),
  rebuild(sqlite, { policies: 10_000, times: 0.8 }),
  catchUpStall(sqlite),
  customized(sqlite),
  stillAllowed(sqlite),
  preview(sqlite),
  previewStall(sqlite),
  auditCost(sqlite, 1),
  auditCost(sqlite, AT_ONCE),
  auditPage(sqlite),
  consumedSoon(sqlite, { from: 'one store', figure: 5 }),
  consumedBacklog(sqlite, 20_000),
  freshProcess,
  imports,
  peakMemory,
  commands(memory, { atATime: 1, times: 0.1 }),
  commands(memory, { atATime: AT_ONCE, times: 0.1 }),
  commands(memory, { atATime: AT_ONCE, owners: 'mixed', times: 0.1 }),
  reads(memory, 0.1),
  rebuild(memory, { policies: 1000, times: 0.3 }),
  rebuild(memory, { policies: 10_000, times: 0.3 }),
  commands(postgres, { atATime: 1, times: 0.9 }),
  commands(postgres, { atATime: AT_ONCE, times: 0.5 }),
  commands(postgres, { atATime: AT_ONCE, owners: 'mixed', times: 0.4 }),
  firstCommand(postgres),
  freshCommands,
  newestEntries(postgres),
  asOfTheMiddle(postgres),
  reads(postgres, 0.7),
  rebuild(postgres, { policies: 1000, times: 0.7 }),
  rebuild(postgres, { policies: 10_000, times: 0.7 }),
  catchUpStall(postgres),
  customized(postgres),
  stillAllowed(postgres),
  preview(postgres),
  previewStall(postgres),
  auditCost(postgres, 1),
  auditCost(postgres, AT_ONCE),
  auditPage(postgres),
  consumedSoon(postgres, { from: 'another', figure: 100 }),
  consumedBacklog(postgres, 5000),
  // One poller: 10 polls for changes, and each 750 ms a heartbeat and a look at the leases.
  idleConsumers(postgres, 13),
  ...commandsOnEventStoreDb,
  ...apiRows,
  ...importsOfApi,
];

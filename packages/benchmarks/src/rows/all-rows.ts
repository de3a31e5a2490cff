import type { Row } from '../harness/row.js';
import { freshProcess } from './fresh-process.js';
import { imports } from './imports.js';
import { peakMemory } from './peak-memory.js';
import { atOnce } from './at-once.js';
import { inTurnMemory } from './in-turn-memory.js';
import { inTurnSqlite } from './in-turn-sqlite.js';
import { inlineProjection } from './inline-projection.js';
import { longHistory } from './long-history.js';
import { rebuildMemory } from './rebuild-memory.js';
import { rebuildSqlite } from './rebuild-sqlite.js';

/** All rows, in the order of the table. */
export const rows: readonly Row[] = [
  inTurnSqlite,
  longHistory,
  atOnce,
  inlineProjection,
  rebuildSqlite,
  inTurnMemory,
  rebuildMemory,
  freshProcess,
  imports,
  peakMemory,
];

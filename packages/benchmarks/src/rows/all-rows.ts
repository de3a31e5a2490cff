import type { Row } from '../harness/row.js';
import { inTurnMemory } from './in-turn-memory.js';
import { rebuildMemory } from './rebuild-memory.js';

/** All rows, in the order of the table. */
export const rows: readonly Row[] = [inTurnMemory, rebuildMemory];

import type { Row } from '../harness/row.js';
import { atOnce } from './at-once.js';
import { inTurn } from './in-turn.js';
import { inlineProjection } from './inline-projection.js';
import { longHistory } from './long-history.js';
import { rebuild } from './rebuild.js';

/** All rows on PostgreSQL, in the order of the table. */
export const rows: readonly Row[] = [inTurn, longHistory, atOnce, inlineProjection, rebuild];

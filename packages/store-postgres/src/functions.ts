import { ADVANCE_READ_MODEL } from './advance-function.js';
import { APPEND } from './append-function.js';
import { FIND_EVENT_AT } from './checkpoints.js';
import { STORE_ROW_COUNT } from './counts.js';
import { LOCK_AND_LOOK_UP } from './look-function.js';
import { FUNCTIONS_OF_OLDER_PROGRAMS } from './older-functions.js';

/**
 * The PL/pgSQL functions of the schema. The name of each ends with the schema version that introduced it: a program calls
 * the functions it knows, even while a newer program runs. A change of a function's text needs a new schema version.
 */
export const FUNCTIONS: string = [
  FIND_EVENT_AT,
  LOCK_AND_LOOK_UP,
  APPEND,
  ADVANCE_READ_MODEL,
  STORE_ROW_COUNT,
  ...FUNCTIONS_OF_OLDER_PROGRAMS,
].join('\n');

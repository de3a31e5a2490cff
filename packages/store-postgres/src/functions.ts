import { ADVANCE_READ_MODEL } from './advance-function.js';
import { APPEND } from './append-function.js';
import { FIND_EVENT_AT } from './checkpoints.js';
import { LOCK_AND_LOOK_UP } from './look-up-function.js';

/**
 * The SQL that creates the PL/pgSQL functions of the schema.
 *
 * When a newer program has migrated the schema, an older program that is still running calls the functions that it
 * knows. Therefore a function whose parameters or answers change gets a new name.
 */
export const FUNCTIONS: string = [FIND_EVENT_AT, LOCK_AND_LOOK_UP, APPEND, ADVANCE_READ_MODEL].join('\n');

/**
 * Refuses a session that must not write:
 * - a standby, or a session that may only read, because its data may be outdated;
 * - a transaction above READ COMMITTED, because its statements do not see what was committed before it got the lock;
 * - a `client_encoding` other than UTF8, because the driver always sends UTF-8.
 */
export const CHECK_SESSION = `
  IF current_setting('transaction_read_only') = 'on' THEN
    RAISE EXCEPTION 'a standby, or a session that may only read' USING ERRCODE = 'read_only_sql_transaction';
  END IF;
  IF current_setting('transaction_isolation') <> 'read committed' OR current_setting('client_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'what writes needs a transaction at READ COMMITTED, and client_encoding UTF8' USING ERRCODE = 'LP002';
  END IF;`;

const REFUSE_OMISSION = `
    RAISE EXCEPTION 'a rule or a trigger of another program leaves out what is written' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;`;

/** Fails if the last statement `changed` another number of rows: what was left out would be acknowledged. */
export function refuseOmission(expected: string): string {
  return `IF changed <> ${expected} THEN${REFUSE_OMISSION}`;
}

/** The tables that the writing functions write. */
const WRITTEN_TABLES = ['events', 'receipts', 'read_models', 'read_model_rows', 'read_model_entries'] as const;

const TABLES = WRITTEN_TABLES.map((table) => `'{schema}.${table}'::regclass`).join(', ');

/** The bits of `tgtype` of a trigger before each row. Only such a trigger, or a rule, can leave out a row. */
const BEFORE_ROW = 3;

/**
 * Refuses tables where a trigger or a rule of another program may leave out what is written. It takes longer than all
 * of {@link CHECK_SESSION}, so an append from the cache counts what it has written instead.
 */
export const CHECK_TABLES: string = `
  IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = ANY (ARRAY[${TABLES}]) AND tgtype & ${BEFORE_ROW} = ${BEFORE_ROW} AND tgenabled <> 'D')
    OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = ANY (ARRAY[${TABLES}])) THEN${REFUSE_OMISSION}`;

/**
 * The cache epoch: a program may plan from its cache only in the epoch in which it filled the cache. The epoch changes
 * - when the outcome of an append is unknown: it may still be in flight and commit later;
 * - when a rebuild replaces cached rows;
 * - when the server is restarted or replaced.
 *
 * A number drawn from the sequence `revocations` begins the next epoch. Sequences are not subject to MVCC, so a holder
 * of the writers' lock sees each change that was made under the lock before. The epoch is NULL if no number was ever
 * drawn (logical replication does not copy sequences), or if this role lacks the privilege.
 */
export const EPOCH =
  "pg_sequence_last_value('{schema}.revocations') || ' ' || (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint";

/** The server's time, in milliseconds since 1970. */
export const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

import { type Clock, type Observe, type OptionRules, rule } from '@login-policy/event-sourcing';
import type { Pool, ClientBase } from 'pg';
import { isSchemaName } from './schema.js';

/** The options of {@link migratePostgresStore}. */
export interface PostgresMigrationOptions {
  readonly pool: Pool;
  /** Default `login_policy`. */
  readonly schema?: string;
  /**
   * How long a change of a table waits for its users. Meanwhile, new users of the table wait, too. Default 5,000 ms.
   */
  readonly lockTimeoutMs?: number;
}

/** The options of a store on PostgreSQL. */
export interface PostgresStoreOptions {
  /** The program's own pool. The store borrows connections for the time of a statement or a transaction. */
  readonly pool: Pool;
  /** The schema of the store's tables: 1 to 63 letters, digits and underscores. Default `login_policy`. */
  readonly schema?: string;
  /**
   * What to do with a missing or older schema. `run` migrates it; `check` refuses it, for roles without the privilege,
   * or where migrations run separately: see `migratePostgresStore`. Default `run`.
   */
  readonly migrate?: 'run' | 'check';
  readonly clock?: Clock;
  /** The time-out of a statement. Default 10,000 ms. */
  readonly statementTimeoutMs?: number;
  /** How long an append waits for other writers. Default 5,000 ms. */
  readonly lockTimeoutMs?: number;
  /** How long to wait for a connection of the pool. Default 5,000 ms. */
  readonly connectTimeoutMs?: number;
  /** How long to look for an append whose answer was lost, before it is `outcome-unknown`. Default 10,000 ms. */
  readonly lostAnswerTimeoutMs?: number;
  /** How often to poll for changes of other processes while a caller waits for them. Default 100 ms. */
  readonly pollIntervalMs?: number;
  /**
   * The most text of events read at once: a page with more is read with fewer events, but a single event always.
   * Default 64,000,000 bytes.
   */
  readonly largestPageBytes?: number;
  /**
   * Whether connections keep prepared statements for writing: only on direct connections to the server, which the store
   * detects, or never. Default `when-direct`.
   */
  readonly preparedStatements?: 'when-direct' | 'never';
  /** Observes the number of appends in each transaction. */
  readonly observe?: Observe;
}

const DEFAULTS = {
  statementTimeoutMs: 10_000,
  lockTimeoutMs: 5000,
  connectTimeoutMs: 5000,
  lostAnswerTimeoutMs: 10_000,
  pollIntervalMs: 100,
  largestPageBytes: 64_000_000,
  preparedStatements: 'when-direct',
} as const;

/** The numeric options with their defaults, and whether statements are prepared. */
export type Settings = Required<Pick<PostgresStoreOptions, keyof typeof DEFAULTS>>;

const time = rule.optional(rule.wholeNumber(1, rule.LONGEST_TIMER_MS));

/** The options of stores and of migrations. */
const SHARED = {
  pool: rule.mustBe('a Pool of pg', isPool),
  schema: rule.optional(rule.mustBe('1 to 63 letters, digits and underscores, without pg_ in front', isSchemaName)),
  lockTimeoutMs: time,
};

/** A time-out must be at least 1, because PostgreSQL takes 0 as no time-out. */
export const STORE_OPTIONS: OptionRules<PostgresStoreOptions> = {
  ...SHARED,
  migrate: rule.optional(rule.oneOf('run', 'check')),
  clock: rule.optional(rule.aFunction),
  statementTimeoutMs: time,
  connectTimeoutMs: time,
  lostAnswerTimeoutMs: time,
  pollIntervalMs: time,
  largestPageBytes: time,
  preparedStatements: rule.optional(rule.oneOf('when-direct', 'never')),
  observe: rule.optional(rule.aFunction),
};

export const MIGRATION_OPTIONS: OptionRules<PostgresMigrationOptions> = SHARED;

/** The options of the SQL of a migration. */
export const SCRIPT_OPTIONS: OptionRules<{ readonly schema?: string; readonly from?: number }> = {
  schema: SHARED.schema,
  from: rule.optional(rule.wholeNumber(0, rule.LONGEST_TIMER_MS)),
};

/** The argument of `within`. Each statement of a pool runs on another connection, so outside of the transaction. */
export const WITHIN_RULES: OptionRules<{ readonly client: ClientBase }> = {
  client: rule.mustBe('a client of pg, and not a pool', isClient),
};

function isClient(client: unknown): boolean {
  return typeof client === 'object' && client !== null && 'query' in client && !('totalCount' in client);
}

/** The settings of parsed options, in which nothing is undefined. */
export function settingsOf(options: Partial<Settings>): Settings {
  return { ...DEFAULTS, ...options };
}

/** Whether it has what is used of a pool. A `Client` has its methods, too, and no options. */
function isPool(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const isFunction = (name: string): boolean => typeof Reflect.get(value, name) === 'function';
  return ['connect', 'on', 'off'].every(isFunction) && typeof Reflect.get(value, 'options') === 'object';
}

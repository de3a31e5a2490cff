import { type OptionRules, rule } from '@login-policy/event-sourcing';
import type { ClientBase } from 'pg';
import type { PostgresMigrationOptions } from './migrate.js';
import type { PostgresStoreOptions } from './postgres-store.js';
import { isSchemaName } from './schema.js';

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
  pool: rule.withMethods('connect', 'on', 'off'),
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

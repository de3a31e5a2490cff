import { type Clock, type Observe, type OptionRules, rule } from '@login-policy/event-sourcing';
import type { Durability } from './open-database.js';
import type { IntegrityCheck } from './file-check.js';
import type { BackupOptions } from './backup.js';

/** The options of a SQLite store; all but `path` have defaults. */
export interface SqliteStoreOptions {
  /** The file, created if it is missing; `:memory:` for a store that ends when it is closed. */
  readonly path: string;
  /**
   * `full`, the default: an acknowledged append survives a power loss. `normal`: appends are not synced, and a power
   * loss may undo the last ones; the rest is never damaged.
   */
  readonly durability?: Durability;
  readonly clock?: Clock;
  /**
   * Opens the file read-only beside its writers: nothing is created, migrated or caught up. Writes are refused with
   * `store-foreign`; read models are as the writers left them. Default false.
   */
  readonly readOnly?: boolean;
  /**
   * What to do with a missing or older file. `run`, the default, creates or migrates it, after which programs of the
   * older version can't use it. `check` refuses it, and leaves it as it is.
   */
  readonly migrate?: 'run' | 'check';
  /**
   * The check of a file before it is opened for writing. `quick` reads every page, `full` compares indexes too. `none`,
   * the default: damage is found when it is read, or by {@link SqliteStore.check}.
   */
  readonly integrityCheck?: IntegrityCheck;
  /** How long a write waits for another process's lock. 0 to 600,000 ms, default 5,000. */
  readonly busyTimeoutMs?: number;
  /** How often commits of other processes are polled for while a caller waits. 1 to 60,000 ms, default 50. */
  readonly pollIntervalMs?: number;
  /** Observes the number of appends in each transaction. */
  readonly observe?: Observe;
}

/**
 * The driver trims white space from a path, cuts it at NUL, and replaces a lone surrogate: it would open another file
 * than the one that was checked.
 */
const fileName = rule.mustBe(
  'the name of a file, without NUL, lone surrogates and white space at its ends',
  isFileName,
);

/** The options of a store. */
export const STORE_OPTIONS: OptionRules<SqliteStoreOptions> = {
  path: fileName,
  durability: rule.optional(rule.oneOf('full', 'normal')),
  clock: rule.optional(rule.aFunction),
  readOnly: rule.optional(rule.oneOf(true, false)),
  migrate: rule.optional(rule.oneOf('run', 'check')),
  integrityCheck: rule.optional(rule.oneOf('quick', 'full', 'none')),
  busyTimeoutMs: rule.optional(rule.numberBetween(0, 600_000)),
  pollIntervalMs: rule.optional(rule.numberBetween(1, 60_000)),
  observe: rule.optional(rule.aFunction),
};

/** The arguments of a backup. */
export const BACKUP_RULES: OptionRules<BackupOptions & { readonly path: string }> = {
  path: fileName,
  onProgress: rule.optional(rule.aFunction),
  signal: rule.optional(rule.aSignal),
};

/** The argument of a check. */
export const CHECK_RULES: OptionRules<{ readonly kind: 'quick' | 'full' }> = { kind: rule.oneOf('quick', 'full') };

function isFileName(path: unknown): boolean {
  return typeof path === 'string' && path !== '' && path === path.trim() && !path.includes('\0') && path.isWellFormed();
}

import { type OptionRules, rule } from '@login-policy/event-sourcing';
import type { BackupOptions } from './backup.js';
import type { SqliteStoreOptions } from './sqlite-store.js';

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

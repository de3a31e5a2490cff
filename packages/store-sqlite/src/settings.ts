import {
  aFunction,
  aSignal,
  mustBe,
  numberBetween,
  oneOf,
  optional,
  type OptionRules,
} from '@login-policy/event-sourcing/options';
import type { BackupOptions } from './backup.js';
import type { SqliteStoreOptions } from './sqlite-store.js';

/**
 * The driver trims white space from a path, cuts it at NUL, and replaces a lone surrogate: it would open another file
 * than the one that was checked.
 */
const fileName = mustBe('the name of a file, without NUL, lone surrogates and white space at its ends', isFileName);

/** The options of a store. */
export const STORE_OPTIONS: OptionRules<SqliteStoreOptions> = {
  path: fileName,
  durability: optional(oneOf('full', 'normal')),
  clock: optional(aFunction),
  readOnly: optional(oneOf(true, false)),
  migrate: optional(oneOf('run', 'check')),
  integrityCheck: optional(oneOf('quick', 'full', 'none')),
  busyTimeoutMs: optional(numberBetween(0, 600_000)),
  pollIntervalMs: optional(numberBetween(1, 60_000)),
  observe: optional(aFunction),
};

/** The arguments of a backup. */
export const BACKUP_RULES: OptionRules<BackupOptions & { readonly path: string }> = {
  path: fileName,
  onProgress: optional(aFunction),
  signal: optional(aSignal),
};

/** The argument of a check. */
export const CHECK_RULES: OptionRules<{ readonly kind: 'quick' | 'full' }> = { kind: oneOf('quick', 'full') };

function isFileName(path: unknown): boolean {
  return typeof path === 'string' && path !== '' && path === path.trim() && !path.includes('\0') && path.isWellFormed();
}

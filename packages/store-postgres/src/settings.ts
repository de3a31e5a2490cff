import type { PostgresStoreOptions } from './postgres-store.js';
import type { Preparation } from './prepared-statements.js';

/** All that may be set of a store by a number, with its default. */
const DEFAULTS = {
  statementTimeoutMs: 10_000,
  lockTimeoutMs: 5000,
  connectTimeoutMs: 5000,
  lostAnswerTimeoutMs: 10_000,
  pollIntervalMs: 100,
  largestPageBytes: 64_000_000,
} as const;

type Name = keyof typeof DEFAULTS;

/** What was set, or the defaults. */
export type Settings = Readonly<Record<Name, number>> & { readonly preparedStatements: Preparation };

/** Timers know no longer one, and neither does the server. */
const LARGEST = 2 ** 31 - 1;
const NAMES: readonly Name[] = [
  'statementTimeoutMs',
  'lockTimeoutMs',
  'connectTimeoutMs',
  'lostAnswerTimeoutMs',
  'pollIntervalMs',
  'largestPageBytes',
];

/** @throws RangeError for what is not a whole number from 1 to 2,147,483,647: a time-out of 0 would be none at all. */
export function settingsOf(options: PostgresStoreOptions): Settings {
  for (const name of NAMES) {
    const value = options[name] ?? DEFAULTS[name];
    if (!Number.isInteger(value) || value < 1 || value > LARGEST) {
      throw new RangeError(`${name} is a whole number from 1 to ${LARGEST}, not ${String(value)}`);
    }
  }
  const given = Object.fromEntries(
    NAMES.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  );
  return { ...DEFAULTS, ...given, preparedStatements: options.preparedStatements ?? 'when-direct' };
}

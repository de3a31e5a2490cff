import { oneOfOption, refuseUnknownOptions } from '@login-policy/event-sourcing/store';
import type { PostgresStoreOptions } from './postgres-store.js';

/** What was set of a store by a number, or its default; and whether statements are prepared. */
export type Settings = Readonly<
  Required<
    Pick<
      PostgresStoreOptions,
      | 'statementTimeoutMs'
      | 'lockTimeoutMs'
      | 'connectTimeoutMs'
      | 'lostAnswerTimeoutMs'
      | 'pollIntervalMs'
      | 'largestPageBytes'
      | 'preparedStatements'
    >
  >
>;

/** Timers know no longer one, and neither does the server. */
const LARGEST = 2 ** 31 - 1;

const OPTIONS: readonly (keyof PostgresStoreOptions)[] = [
  'pool',
  'schema',
  'migrate',
  'clock',
  'statementTimeoutMs',
  'lockTimeoutMs',
  'connectTimeoutMs',
  'lostAnswerTimeoutMs',
  'pollIntervalMs',
  'listen',
  'largestPageBytes',
  'preparedStatements',
  'observe',
];

/**
 * @throws RangeError for what is not an option, for none of the values an option has, and for what is not a whole number from 1 to
 *   2,147,483,647: a time-out of 0 would be none at all.
 */
export function settingsOf(options: PostgresStoreOptions): Settings {
  refuseUnknownOptions(options, OPTIONS);
  oneOfOption('migrate', options.migrate ?? 'run', ['run', 'check']);
  oneOfOption('listen', options.listen ?? 'on', ['on', 'off']);
  const numbers = {
    statementTimeoutMs: options.statementTimeoutMs ?? 10_000,
    lockTimeoutMs: options.lockTimeoutMs ?? 5000,
    connectTimeoutMs: options.connectTimeoutMs ?? 5000,
    lostAnswerTimeoutMs: options.lostAnswerTimeoutMs ?? 10_000,
    pollIntervalMs: options.pollIntervalMs ?? 100,
    largestPageBytes: options.largestPageBytes ?? 64_000_000,
  };
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isInteger(value) || value < 1 || value > LARGEST)
      throw new RangeError(`${name} is a whole number from 1 to ${LARGEST}, not ${String(value)}`);
  }
  const preparedStatements = options.preparedStatements ?? 'when-direct';
  return {
    ...numbers,
    preparedStatements: oneOfOption('preparedStatements', preparedStatements, ['when-direct', 'never']),
  };
}

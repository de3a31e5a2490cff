import { mustBe, numberBetween, oneOf, optional, wholeNumber } from '../options/option-rules.js';
import { parseOptions, type OptionRules } from '../options/parse-options.js';
import type { EventShape } from '../streams/event.js';
import type { CloseOptions, RunnerOptions } from './running.js';

const [DEFAULT_MAX_AGE_MS, DEFAULT_CLOSE_MS] = [10_000, 5000];

const isStore = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['eventStore', 'readModels'].every((port) => typeof Reflect.get(value, port) === 'object');

/** The projection is checked where it is opened. */
const OPTIONS: OptionRules<RunnerOptions<never, never>> = {
  store: mustBe('a store', isStore),
  projection: () => undefined,
  maxAgeMs: optional(numberBetween(0, Infinity)),
  pageSize: optional(wholeNumber(1, 10_000)),
  follows: optional(oneOf('always', 'on-demand')),
};

/** The options of a runner with their defaults. */
export type ParsedOptions<Event extends EventShape, Row> = RunnerOptions<Event, Row> & { readonly maxAgeMs: number };

/** Parses the options of a runner, with their defaults. @throws RangeError that names an unknown or malformed option */
export function parseRunnerOptions<Event extends EventShape, Row>(
  options: RunnerOptions<Event, Row>,
): ParsedOptions<Event, Row> {
  const { maxAgeMs = DEFAULT_MAX_AGE_MS, ...given } = parseOptions<typeof options>(
    options,
    'ProjectionRunner.open',
    OPTIONS,
  );
  return { ...given, maxAgeMs };
}

/** How long closing waits. @throws RangeError that names an unknown or malformed option */
export function closeMsOf(options: CloseOptions | undefined): number {
  if (options === undefined) return DEFAULT_CLOSE_MS;
  const rules = { closeMs: optional(numberBetween(0, Infinity)) };
  return parseOptions(options, 'ProjectionRunner.close', rules).closeMs ?? DEFAULT_CLOSE_MS;
}

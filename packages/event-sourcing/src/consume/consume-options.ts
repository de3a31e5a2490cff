import { aFunction, aSignal, listOf, mustBe, optional, optionsWith, wholeNumber } from '../options/option-rules.js';
import { parseOptions, type OptionRules } from '../options/parse-options.js';
import type { ConsumeOptions } from './consumer.js';

const LONGEST_NAME = 200;
const LONGEST_HANDLE_MS = 86_400_000;
const LARGEST_PAGE = 10_000;

const OPTIONS: OptionRules<ConsumeOptions> = {
  name: mustBe('a text of 1 to 200 characters, not blank and without control characters', isName),
  handle: aFunction,
  filter: optional(optionsWith({ categories: listOf('categories', (category) => typeof category === 'string') })),
  from: optional(mustBe('a position', (from) => typeof from === 'bigint' && from >= 0n)),
  pageSize: optional(wholeNumber(1, LARGEST_PAGE)),
  handleTimeoutMs: optional(wholeNumber(1, LONGEST_HANDLE_MS)),
  signal: optional(aSignal),
};

/** Parses the options of `store.consume`. @throws RangeError that names an unknown or malformed option. */
export function parseConsumeOptions(options: ConsumeOptions): ConsumeOptions {
  return parseOptions(options, 'consume', OPTIONS);
}

function isName(name: unknown): boolean {
  return (
    typeof name === 'string' &&
    name.trim() !== '' &&
    name.length <= LONGEST_NAME &&
    name.isWellFormed() &&
    !/\p{Cc}/u.test(name)
  );
}

/** Option parsing for all packages: names, types and ranges are checked when something is opened. */
export { hintFor, nearestName } from './nearest-name.js';
export {
  aFunction,
  aSignal,
  leftOutOr,
  listOf,
  LONGEST_TIMER_MS,
  mustBe,
  nonEmptyString,
  numberBetween,
  oneOf,
  optional,
  optionsWith,
  wholeNumber,
  withMethods,
} from './option-rules.js';
export { isPlainObject, parseOptions, type OptionRule, type OptionRules } from './parse-options.js';
export { joinInWords, shown } from './shown.js';

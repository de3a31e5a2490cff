import * as rules from './option-rules.js';

/** The rules that options are parsed by: `rule.optional(rule.wholeNumber(1, 10))`. */
export const rule: typeof rules = rules;

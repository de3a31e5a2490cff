import {
  aFunction,
  leftOutOr,
  LONGEST_TIMER_MS,
  mustBe,
  numberBetween,
  oneOf,
  optional,
  optionsWith,
  parseOptions,
  wholeNumber,
  withMethods,
  type OptionRules,
} from '@login-policy/event-sourcing/options';
import type { ApiOptions, OperationalPages } from './api.js';

/** Without `isAllowed`, the caller's grants decide. An `undefined` value by mistake must not have that effect. */
const PORTS: OptionRules<ApiOptions['ports']> = {
  authenticate: aFunction,
  isAllowed: leftOutOr(aFunction),
  instanceOf: aFunction,
  organizations: withMethods('exists'),
};

/** Origins as browsers send them. `null` is excluded, because every sandboxed page has it. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\sA-Z]+$/;

const origins = mustBe(
  '"any", a function, or a list of origins like "https://app.example.com"',
  (value) =>
    value === 'any' ||
    typeof value === 'function' ||
    (Array.isArray(value) && value.every((origin) => typeof origin === 'string' && ORIGIN.test(origin))),
);

const PAGES: OptionRules<OperationalPages> = {
  prefix: mustBe(
    'a path like /internal, or empty',
    (value) => typeof value === 'string' && /^(?:\/[\w.~-]+)*$/.test(value),
  ),
};

const OPTIONS: OptionRules<ApiOptions> = {
  loginPolicies: mustBe('what openLoginPolicies resolves to', isOpened),
  auditLog: optional(mustBe('what openAuditLog resolves to', isAuditLog)),
  proposals: optional(withMethods('needsApproval', 'rolloutNeedsApproval', 'propose', 'approve', 'list')),
  people: optional(withMethods('population')),
  demandsApproval: optional(oneOf(true, false)),
  signIns: optional(aFunction),
  ports: optionsWith(PORTS),
  absent: optional(oneOf('page', 'zitadel')),
  unknownNames: optional(oneOf('refuse', 'ignore')),
  origins: optional(origins),
  operational: optional((given) => given.value === false || optionsWith(PAGES)(given)),
  maxSecondsBehind: optional(numberBetween(0, LONGEST_TIMER_MS)),
  maxBodyBytes: optional(wholeNumber(1, 2 ** 30)),
  bodyTimeoutMs: optional(numberBetween(1, LONGEST_TIMER_MS)),
  around: optional(aFunction),
  onAnswered: optional(aFunction),
  onFailure: optional(aFunction),
};

/** Parses the options of `createApi`. @throws RangeError that names an unknown or malformed option */
export function parseApiOptions(given: ApiOptions): ApiOptions {
  const options = parseOptions(given, 'createApi', OPTIONS);
  return { ...options, ports: { ...options.ports } };
}

/** Refuses a promise of them, whose `await` was forgotten. */
function isOpened(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'readModel' in value;
}

function isAuditLog(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'entries' in value && 'export' in value;
}

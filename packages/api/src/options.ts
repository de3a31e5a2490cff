import { type OptionRules, parseOptions, rule } from '@login-policy/event-sourcing';
import type { ApiOptions, OperationalPages } from './api.js';

/** Without `isAllowed`, the caller's grants decide. An `undefined` value by mistake must not have that effect. */
const PORTS: OptionRules<ApiOptions['ports']> = {
  authenticate: rule.aFunction,
  isAllowed: rule.leftOutOr(rule.aFunction),
  instanceOf: rule.aFunction,
  organizations: rule.withMethods('exists'),
};

/** Origins as browsers send them. `null` is excluded, because every sandboxed page has it. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\sA-Z]+$/;

const origins = rule.mustBe(
  '"any", a function, or a list of origins like "https://app.example.com"',
  (value) =>
    value === 'any' ||
    typeof value === 'function' ||
    (Array.isArray(value) && value.every((origin) => typeof origin === 'string' && ORIGIN.test(origin))),
);

const PAGES: OptionRules<OperationalPages> = {
  prefix: rule.mustBe(
    'a path like /internal, or empty',
    (value) => typeof value === 'string' && /^(?:\/[\w.~-]+)*$/.test(value),
  ),
};

const OPTIONS: OptionRules<ApiOptions> = {
  loginPolicies: rule.mustBe('what openLoginPolicies resolves to', isOpened),
  auditLog: rule.optional(rule.mustBe('what openAuditLog resolves to', isAuditLog)),
  proposals: rule.optional(rule.withMethods('needsApproval', 'rolloutNeedsApproval', 'propose', 'approve', 'list')),
  people: rule.optional(rule.withMethods('population')),
  demandsApproval: rule.optional(rule.oneOf(true, false)),
  signIns: rule.optional(rule.aFunction),
  ports: rule.optionsWith(PORTS),
  absent: rule.optional(rule.oneOf('page', 'zitadel')),
  unknownNames: rule.optional(rule.oneOf('refuse', 'ignore')),
  origins: rule.optional(origins),
  operational: rule.optional((given) => given.value === false || rule.optionsWith(PAGES)(given)),
  maxSecondsBehind: rule.optional(rule.numberBetween(0, rule.LONGEST_TIMER_MS)),
  maxBodyBytes: rule.optional(rule.wholeNumber(1, 2 ** 30)),
  bodyTimeoutMs: rule.optional(rule.numberBetween(1, rule.LONGEST_TIMER_MS)),
  around: rule.optional(rule.aFunction),
  onAnswered: rule.optional(rule.aFunction),
  onFailure: rule.optional(rule.aFunction),
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

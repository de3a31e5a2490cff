import type { AbsentAnswer } from './errors/status.js';
import type { AllowedOrigins } from './server/cors.js';
import type { AuditLog } from '@login-policy/domain/audit';
import type { Hooks } from './server/exchange.js';
import type { LoginPolicies } from '@login-policy/domain';
import type { People } from '@login-policy/domain/people';
import type { Ports } from './ports/ports.js';
import type { ProposalsPort } from './ports/proposals.js';
import type { SignIns } from './ports/sign-ins.js';
import type { UnknownNames } from './contract/enum-names.js';
import { type OptionRules, parseOptions, rule } from '@login-policy/event-sourcing';

/** Limits on what a client may send. */
export interface BodyOptions {
  /** Default 262,144: the largest body in bytes, as sent and decompressed. */
  readonly maxBodyBytes?: number;
  /** Default 10,000: how long a body may take to arrive. */
  readonly bodyTimeoutMs?: number;
}

/** The paths of the operator's pages. */
export interface OperationalPages {
  /** The prefix of `/debug/healthz`, `/debug/ready` and `/openapi.json`. Default: none. */
  readonly prefix: string;
}

/** The options of the API. */
export interface ApiOptions extends Hooks, BodyOptions {
  readonly loginPolicies: LoginPolicies;
  /** Served at `/admin/v1/policies/login/audit`, and searched by ZITADEL's `ListEvents`. Default: not served. */
  readonly auditLog?: AuditLog;
  /**
   * What others approve first (docs/how-to/four-eyes.md): their routes, and which changes are refused until then.
   * Default: nothing needs approval.
   */
  readonly proposals?: ProposalsPort;
  /** Counts the users (`openPeople`), for `…/policies/login/population`. Default: not served. */
  readonly people?: Pick<People, 'population'>;
  /** With `proposals`: whether a change that needs approval is refused when it is given directly. Default true. */
  readonly demandsApproval?: boolean;
  /** The recorded sign-ins of an instance, for `…/policies/login/_backtest`. Default: not served. */
  readonly signIns?: SignIns;
  /** The hooks that authenticate callers, authorize them, find the instance and look up organizations. */
  readonly ports: Omit<Ports, 'isAllowed'> & Partial<Pick<Ports, 'isAllowed'>>;
  /** The answer to removing what is not on a policy. Default `page`: 400 with code 9. */
  readonly absent?: AbsentAnswer;
  /**
   * What happens to unknown names in a JSON body. Default `refuse`: 400, with the name that was probably meant. With
   * `ignore`, a misspelt setting is silently not changed.
   */
  readonly unknownNames?: UnknownNames;
  /** The other origins whose web pages may call the API. Default: none. */
  readonly origins?: AllowedOrigins;
  /**
   * The paths of health, readiness and the OpenAPI document, which are open to all callers: `prefix` is put before
   * them. `false` serves none of them, and no `grpc.health.v1`. Default: no prefix.
   */
  readonly operational?: false | OperationalPages;
  /** Default 30: how far the read model may lag before the service reports that it is not ready. */
  readonly maxSecondsBehind?: number;
}

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

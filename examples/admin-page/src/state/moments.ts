import { signal, type ReadonlySignal } from '@preact/signals';
import type { Policy } from '../wire/policy.js';
import type { PolicyChange } from '../wire/policy-change.js';
import { readDiff, readPolicy, type Moment } from '../wire/reads.js';
import { INSTANCE, organization, type Scope } from '../wire/scope.js';

/** What was allowed at a moment. */
export interface Then {
  readonly moment: Moment;
  /** The default policy as it was; `undefined` when there was none yet. */
  readonly policy: Policy | undefined;
  /** The last sequence recorded in the same act; up to it nobody met what lies between. */
  readonly actEnd: string | undefined;
  /** What changed in the default policy from then to now. */
  readonly since: readonly PolicyChange[];
  /** What was effective for the organization that was chosen. */
  readonly effective: Effective | undefined;
}

/** What was effective for an organization. */
export interface Effective {
  readonly organizationId: string;
  /** The moment as an instant. */
  readonly instant: Moment;
  readonly policy: Policy | undefined;
  readonly since: readonly PolicyChange[];
}

/** Where somebody looks back to. */
export interface LookBack {
  readonly moment: Moment;
  /** Empty for none. */
  readonly organizationId: string;
}

const current = signal<Then | undefined>(undefined);
let underWay = new AbortController();

/** What was allowed at the moment that was chosen last. */
export const lookedAt: ReadonlySignal<Then | undefined> = current;

/** Looks back to a moment. An earlier look that is still under way is given up. */
export async function lookBack({ moment, organizationId }: LookBack): Promise<void> {
  underWay.abort();
  underWay = new AbortController();
  const { signal: aborted } = underWay;
  const [policy, since] = await stateThen(INSTANCE, moment, aborted);
  const instant = instantOf(moment, policy);
  const [settled, effective] = await Promise.all([
    instant === undefined ? undefined : readPolicy(INSTANCE, { asOf: instant, signal: aborted }),
    effectiveThen(organizationId, instant, aborted),
  ]);
  current.value = { moment, policy, since, effective, actEnd: settled?.details.sequence };
}

async function effectiveThen(
  organizationId: string,
  instant: Moment | undefined,
  aborted: AbortSignal,
): Promise<Effective | undefined> {
  if (organizationId === '' || instant === undefined) return undefined;
  const [policy, since] = await stateThen(organization(organizationId), instant, aborted);
  return { organizationId, instant, policy, since };
}

async function stateThen(
  scope: Scope,
  moment: Moment,
  aborted: AbortSignal,
): Promise<readonly [Policy | undefined, readonly PolicyChange[]]> {
  const policy = await readPolicy(scope, { asOf: moment, signal: aborted });
  return [policy, policy === undefined ? [] : await readDiff(scope, { from: moment }, aborted)];
}

/** A sequence counts the default policy's events only: for an organization it has to be the instant of that event. */
function instantOf(moment: Moment, policy: Policy | undefined): Moment | undefined {
  return /^\d+$/.test(moment) ? policy?.details.changeDate : moment;
}

/** Forgets what was looked at. */
export function forgetMoment(): void {
  underWay.abort();
  current.value = undefined;
}

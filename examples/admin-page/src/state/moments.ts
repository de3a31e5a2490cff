import { signal, type ReadonlySignal } from '@preact/signals';
import type { Policy } from '../wire/policy.js';
import type { PolicyChange } from '../wire/policy-change.js';
import { Refused } from '../wire/failure.js';
import { readDiff, readPolicy, type Moment } from '../wire/reads.js';
import { INSTANCE, organization, type Scope } from '../wire/scope.js';

/** What was allowed at a moment. */
export interface Then {
  readonly moment: Moment;
  /** The default policy at that moment; `undefined` if there was none yet. */
  readonly policy: Policy | undefined;
  /** The changes of the default policy since then. */
  readonly since: readonly PolicyChange[];
  /** The effective policy of the chosen organization. */
  readonly effective: Effective | undefined;
}

/** The effective policy of an organization. */
export interface Effective {
  readonly organizationId: string;
  /** The moment as an instant. */
  readonly instant: Moment;
  readonly policy: Policy | undefined;
  readonly since: readonly PolicyChange[];
}

/** The moment and organization to look back to. */
export interface LookBack {
  readonly moment: Moment;
  /** Empty for none. */
  readonly organizationId: string;
}

const current = signal<Then | undefined>(undefined);
const coming = signal<Moment | undefined>(undefined);
let underWay = new AbortController();

/** The result of the last look back. */
export const lookedAt: ReadonlySignal<Then | undefined> = current;

/** The instant that the server refused because it is not past. The clock of the browser may be wrong. */
export const notPast: ReadonlySignal<Moment | undefined> = coming;

/** Loads the state at a moment, unless the server says that it is not past. An earlier load that is still running is dropped. */
export async function lookBack({ moment, organizationId }: LookBack): Promise<void> {
  underWay.abort();
  underWay = new AbortController();
  const { signal: aborted } = underWay;
  try {
    const [policy, since] = await stateThen(INSTANCE, moment, aborted);
    const effective = await effectiveThen(organizationId, instantOf(moment, policy), aborted);
    current.value = { moment, policy, since, effective };
  } catch (caught) {
    if (!(caught instanceof Refused) || caught.status !== 400 || isSequence(moment)) throw caught;
    coming.value = moment;
  }
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

/**
 * The instant of a moment. A sequence counts only the default policy's events, so an organization needs the instant of
 * that event.
 */
function instantOf(moment: Moment, policy: Policy | undefined): Moment | undefined {
  return isSequence(moment) ? policy?.details.changeDate : moment;
}

function isSequence(moment: Moment): boolean {
  return /^\d+$/.test(moment);
}

/** Clears the result. */
export function forgetMoment(): void {
  underWay.abort();
  current.value = undefined;
}

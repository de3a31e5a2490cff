import { deepFrozen, type Deadline } from '@login-policy/event-sourcing';
import { answerOf } from '../input/answer-of.js';
import type { OrganizationRef } from '../policy/owner.js';
import { parseUpcoming, type UpcomingPolicy } from '../sign-in/upcoming.js';
import type { PolicyFound } from './answers.js';

/** Tells what will apply to an organization's users later. */
export interface UpcomingPolicies {
  /** The policies of later instants, in any order. */
  of(
    organization: OrganizationRef,
    wait: Pick<Deadline, 'signal'>,
  ): Promise<readonly UpcomingPolicy[]> | readonly UpcomingPolicy[];
}

/** A sign-in waits no longer than this for what only its page shows. */
const PATIENCE_MS = 1000;

/** The upcoming policies of an organization; `unknown` when they can't be had: nobody is kept out for that. */
export async function upcomingFrom(
  policies: UpcomingPolicies,
  organization: OrganizationRef,
  signal: AbortSignal | undefined,
): Promise<NonNullable<PolicyFound['upcoming']>> {
  try {
    const wait = { given: signal, leftMs: PATIENCE_MS };
    const upcoming = await answerOf('upcoming', wait, (deadline) => policies.of(deepFrozen(organization), deadline));
    parseUpcoming(upcoming);
    return [...upcoming];
  } catch {
    return 'unknown';
  }
}

import {
  defaultSettings,
  freshInstance,
  type CommandInput,
  type OrganizationRef,
  type OwnerRef,
} from '@login-policy/domain';
import { loginPolicyEvents } from '@login-policy/domain/model';
import { toJsonObject, type JsonObject } from '@login-policy/event-sourcing';
import { Duration } from 'luxon';
import {
  decidePlain,
  emptyPolicy,
  fold,
  type PlainCommand,
  type PlainEvent,
  type PlainPolicy,
} from './plain-policy.js';

/** One command, for our library and by hand. */
export interface Step {
  readonly ours: CommandInput;
  readonly plain: PlainCommand;
}

/** The instance all organizations belong to. */
export const INSTANCE_ID = '69629023906488334';

const defaults = settingsIn(
  loginPolicyEvents.encode({ type: 'LoginPolicyAdded', data: { settings: defaultSettings } }).data,
);
const { secondFactors = [], multiFactors = [] } = freshInstance;

const ADD: Step = {
  ours: { type: 'add', policy: freshInstance },
  plain: { type: 'add', settings: defaults, secondFactors, multiFactors },
};

/** Five kinds of command on an existing policy, in rotation: done, then undone. */
const ROTATION: readonly Step[] = [
  change(true, 6),
  sameForBoth({ type: 'addSecondFactor', factor: 'OTP_EMAIL' }),
  sameForBoth({ type: 'removeMultiFactor', factor: 'U2F_WITH_VERIFICATION' }),
  sameForBoth({ type: 'addIdentityProvider', identityProvider: { id: 'google', ownerType: 'SYSTEM' } }),
  change(false, 12),
  sameForBoth({ type: 'removeSecondFactor', factor: 'OTP_EMAIL' }),
  sameForBoth({ type: 'addMultiFactor', factor: 'U2F_WITH_VERIFICATION' }),
  sameForBoth({ type: 'removeIdentityProvider', id: 'google' }),
];

/** The steps that add a policy, change it and change it back. */
export const STEPS: number = 1 + ROTATION.length;

/** The number of their events: four for the first, one for each other. */
export const EVENTS_OF_COURSE: number = STEPS + 3;

function settingsIn({ settings }: JsonObject): JsonObject {
  if (typeof settings !== 'object' || settings === null) throw new TypeError('a policy is added with settings');
  return toJsonObject(settings);
}

function change(forceMfa: boolean, hours: number): Step {
  return {
    ours: { type: 'change', settings: { forceMfa, lifetimes: { multiFactorCheck: Duration.fromObject({ hours }) } } },
    plain: { type: 'change', settings: { forceMfa, lifetimes: { multiFactorCheck: `PT${hours}H` } } },
  };
}

function sameForBoth(
  command: Exclude<CommandInput, { readonly type: 'add' | 'change' | 'customize' | 'remove' | 'revert' | 'set' }>,
): Step {
  return { ours: command, plain: command };
}

/** The n-th command of a policy, counted from 0. */
export function stepAt(number: number): Step {
  return (number === 0 ? undefined : ROTATION[(number - 1) % ROTATION.length]) ?? ADD;
}

/** A command on one of many policies. */
export interface Job {
  readonly policy: number;
  readonly step: number;
}

/** The course of many policies: commands of all kinds are mixed, and two on one policy are far apart. */
export function jobsOver(policies: number): readonly Job[] {
  const jobs: Job[] = [];
  for (let tick = 0; tick < 2 * STEPS; tick++) {
    for (let policy = 0; policy < policies; policy++) {
      const step = tick - (policy % STEPS);
      if (step >= 0 && step < STEPS) jobs.push({ policy, step });
    }
  }
  return jobs;
}

/** About two thousand commands: the first of a process. */
export const FIRST_JOBS: readonly Job[] = jobsOver(222);

/** The organization with a number. */
export function organization(number: number): OrganizationRef {
  return { instanceId: INSTANCE_ID, organizationId: `organization-${number}` };
}

/** The owner with a number where half of the policies are defaults: an instance, then an organization of it. */
export function mixedOwner(number: number): OwnerRef {
  const instance = { instanceId: `instance-${number >> 1}` };
  return number % 2 === 0 ? instance : { ...instance, organizationId: 'acme' };
}

/** The stream of its policy. */
export function streamOf(number: number): string {
  return `organizationLoginPolicy-${INSTANCE_ID}/organization-${number}`;
}

/** The stream of the instance's policy. */
export const DEFAULT_STREAM: string = `instanceLoginPolicy-${INSTANCE_ID}`;

/** The first events of a policy. */
export function historyOf(count: number): readonly PlainEvent[] {
  const [events, policy]: [PlainEvent[], PlainPolicy] = [[], emptyPolicy()];
  for (let step = 0; events.length < count; step++) {
    for (const event of decidePlain(stepAt(step).plain, policy)) {
      fold(policy, event, 0);
      events.push(event);
    }
  }
  return events.slice(0, count);
}

/** The policy after its first events. */
export function policyAfter(count: number): PlainPolicy {
  return historyOf(count).reduce((policy, event) => fold(policy, event, Date.now()), emptyPolicy());
}
/** The number of concurrent commands. */
export const AT_ONCE = 32;

/** Runs all items in order, with a limited number in flight. @throws Error with the first failure. */
export async function runConcurrently<Item>(
  items: readonly Item[],
  atATime: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await run(item);
  };
  const ended = await Promise.allSettled(Array.from({ length: atATime }, worker));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw new Error(String(failed.reason), { cause: failed.reason });
}

/** Runs a command once those on the same policy that were asked for before it are through: a peer need not order them. */
export function inOrder(command: (job: Job) => Promise<void>): (job: Job) => Promise<void> {
  const answers = new Map<number, Promise<void>>();
  return (job) => {
    const before = answers.get(job.policy) ?? Promise.resolve();
    const answer = before.then(() => command(job));
    answers.set(job.policy, answer);
    return answer;
  };
}

/** The jobs in groups of a size. */
export function groupsOf(jobs: readonly Job[], size: number): readonly (readonly Job[])[] {
  return Array.from({ length: Math.ceil(jobs.length / size) }, (_, index) =>
    jobs.slice(index * size, (index + 1) * size),
  );
}

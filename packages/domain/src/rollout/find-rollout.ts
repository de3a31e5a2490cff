import type { LoginPolicies } from '../login-policies.js';
import { partsOf, type PolicyParts } from '../policy-parts.js';
import { Deadline } from '@login-policy/event-sourcing';
import type { DateTime } from 'luxon';
import type { RecordedLoginPolicyEvent } from '../policy/events.js';
import type { Instance, InstanceRef, Owner } from '../policy/owner.js';
import type { ReadAnswer } from '../reads/answers.js';
import { toDateTime } from '../reads/details.js';
import { forEachConcurrently } from './concurrently.js';
import { parseFindRollout, type FindRolloutOptions, type RolloutCommand, type WantedRollout } from './rollout-input.js';
import { commandOf, decoded } from './recorded-command.js';
import { rolledOut, type RolledOut } from './rolled-out.js';

const POLICIES_PER_PAGE = 1000;
const CONCURRENCY = 32;

/** A rollout, reconstructed from its events. */
export interface FoundRollout {
  readonly id: string;
  /** The command. For a `change`: only the settings that its events changed, so a report leaves more policies pending. */
  readonly command: RolloutCommand;
  /** The actor of its first event. */
  readonly actor: string;
  readonly reason: string | undefined;
  /** When its first event was recorded. */
  readonly recordedAt: DateTime<true>;
}

/**
 * Finds a rollout by its id, also one that another process carried out. Answers with its command and its actor, as its
 * events have them; `rollout` is `undefined` if no policy in force has such an event. To report on the rollout or revert
 * it, pass the command and the id to `rollOut`.
 */
export function findRollout(
  policies: LoginPolicies,
  instance: InstanceRef,
  id: string,
  options: FindRolloutOptions = {},
): Promise<ReadAnswer<{ readonly rollout: FoundRollout | undefined }>> {
  const parts = partsOf(policies, 'findRollout');
  return parts.calls.answer(
    'findRollout',
    () => parseFindRollout(instance, id, options),
    async (request) => ({ outcome: 'found', rollout: await rolloutBy(request.instance, request.wanted, parts) }),
  );
}

/** Finds the events of a rollout; `undefined` when none is on a current policy. */
async function rolloutBy(
  instance: Instance,
  { id, maySee, freshness }: WantedRollout,
  { handler, instancePolicies }: Pick<PolicyParts, 'handler' | 'instancePolicies'>,
): Promise<FoundRollout | undefined> {
  return Deadline.run(`the rollout ${id}`, freshness, async (deadline) => {
    const soFar = new RolloutSoFar(id);
    const readPolicy = async (owner: Owner): Promise<void> => {
      deadline.throwIfOver();
      if (maySee !== undefined && !(await maySee(owner, deadline))) return;
      const found = await rolledOut({ store: handler.states.store, deadline }, owner, id);
      if (found !== undefined) soFar.add(found);
    };
    await readPolicy(instance);
    for await (const page of instancePolicies.owners(instance, POLICIES_PER_PAGE, freshness))
      await forEachConcurrently(page, CONCURRENCY, readPolicy);
    return soFar.rollout;
  });
}

/** A rollout as far as the events read so far show it. */
class RolloutSoFar {
  readonly #id: string;
  #command: RolloutCommand | undefined;
  #fingerprint: string | undefined;
  #first: RecordedLoginPolicyEvent | undefined;

  constructor(id: string) {
    this.#id = id;
  }

  get rollout(): FoundRollout | undefined {
    if (this.#command === undefined || this.#first === undefined) return undefined;
    const { actor, reason } = this.#first.metadata;
    return { id: this.#id, command: this.#command, actor, reason, recordedAt: toDateTime(this.#first.recordedAt) };
  }

  /** Leaves out the events of another command that was given under the same id. */
  add({ event: recorded, fingerprint }: RolledOut): void {
    const event = recorded && decoded(recorded);
    const command = event && commandOf(event);
    if (event === undefined || command === undefined) return;
    this.#fingerprint ??= fingerprint;
    if (fingerprint !== this.#fingerprint) return;
    this.#command = combined(this.#command, command);
    if (this.#first === undefined || event.position < this.#first.position) this.#first = event;
  }
}

/** Combines two commands of a rollout: a change covers the settings of either. */
function combined(one: RolloutCommand | undefined, other: RolloutCommand): RolloutCommand {
  if (one?.type !== 'change' || other.type !== 'change') return one ?? other;
  const lifetimes = { ...one.settings.lifetimes, ...other.settings.lifetimes };
  const settings = { ...one.settings, ...other.settings };
  return { type: 'change', settings: Object.keys(lifetimes).length === 0 ? settings : { ...settings, lifetimes } };
}

import { isFault, type RecordedEvent } from '@login-policy/event-sourcing';
import { Deadline } from '@login-policy/event-sourcing/domain';
import type { DateTime } from 'luxon';
import type { RecordedLoginPolicyEvent } from '../events/events.js';
import { loginPolicyEvents } from '../events/event-codec.js';
import type { Instance, Owner } from '../policy/owner.js';
import { toDateTime } from '../reads/details.js';
import { inLanes } from './in-lanes.js';
import type { RolloutCommand, WantedRollout } from './rollout-input.js';
import { rolledOut } from './rolled-out.js';
import type { RolloutParts } from './rollout.js';

const AT_A_TIME = 1000;
const AT_ONCE = 32;

/** A rollout as its events tell of it. */
export interface FoundRollout {
  readonly id: string;
  /** The command. Of a `change`, the settings that its events changed. */
  readonly command: RolloutCommand;
  /** Who gave it, as the first of its events says. */
  readonly actor: string;
  readonly reason: string | undefined;
  /** When the first of its events was recorded. */
  readonly recordedAt: DateTime<true>;
}

/** Looks for the events of a rollout, on the default policy first; `undefined` where it has none on the policies that are there now. */
export async function findRollout(
  of: Instance,
  { id, maySee, signal }: WantedRollout,
  { handler, met }: Pick<RolloutParts, 'handler' | 'met'>,
): Promise<FoundRollout | undefined> {
  const deadline = new Deadline(`the rollout ${id}`, { signal });
  const seen = new SeenRollout(id);
  const look = async (owner: Owner): Promise<void> => {
    deadline.refuse();
    if (seen.isKnown || (maySee !== undefined && !(await maySee(owner)))) return;
    const event = await rolledOut(handler.states.store, owner, id);
    if (event !== undefined) seen.add(event);
  };
  try {
    await look(of);
    if (seen.isKnown) return seen.rollout;
    for await (const page of met.owners(of, AT_A_TIME)) {
      await inLanes(page, AT_ONCE, look);
      if (seen.isKnown) break;
    }
    return seen.rollout;
  } finally {
    deadline.end();
  }
}

/** What the events of a rollout that were looked at tell of it. */
class SeenRollout {
  readonly #id: string;
  #command: RolloutCommand | undefined;
  #first: RecordedLoginPolicyEvent | undefined;

  constructor(id: string) {
    this.#id = id;
  }

  /** Whether no other event tells more: each event of a change names the settings that it changed on its own policy. */
  get isKnown(): boolean {
    return this.#command !== undefined && this.#command.type !== 'change';
  }

  get rollout(): FoundRollout | undefined {
    if (this.#command === undefined || this.#first === undefined) return undefined;
    const { actor, reason } = this.#first.metadata;
    return { id: this.#id, command: this.#command, actor, reason, recordedAt: toDateTime(this.#first.recordedAt) };
  }

  add(recorded: RecordedEvent): void {
    const event = decoded(recorded);
    const command = event && commandOf(event);
    if (event === undefined || command === undefined) return;
    this.#command = bothOf(this.#command, command);
    if (this.#first === undefined || event.position < this.#first.position) this.#first = event;
  }
}

/** An event that this program can't read tells it nothing. */
function decoded(event: RecordedEvent): RecordedLoginPolicyEvent | undefined {
  try {
    return loginPolicyEvents.decode(event);
  } catch (caught) {
    if (isFault(caught, 'written-by-newer-program') || isFault(caught, 'unreadable-event')) return undefined;
    throw caught;
  }
}

/** The command that recorded an event; `undefined` of one that no rollout records. */
function commandOf(event: RecordedLoginPolicyEvent): RolloutCommand | undefined {
  switch (event.type) {
    case 'LoginPolicyChanged':
      return { type: 'change', settings: event.data.settings };
    case 'SecondFactorAdded':
      return { type: 'addSecondFactor', factor: event.data.factor };
    case 'SecondFactorRemoved':
      return { type: 'removeSecondFactor', factor: event.data.factor };
    case 'MultiFactorAdded':
      return { type: 'addMultiFactor', factor: event.data.factor };
    case 'MultiFactorRemoved':
      return { type: 'removeMultiFactor', factor: event.data.factor };
    case 'IdentityProviderAdded':
      return { type: 'addIdentityProvider', identityProvider: event.data.identityProvider };
    case 'IdentityProviderRemoved':
      return { type: 'removeIdentityProvider', id: event.data.id };
    case 'LoginPolicyAdded':
    case 'LoginPolicyRemoved':
      return undefined;
  }
}

/** A change is of the settings that either of them changes. */
function bothOf(one: RolloutCommand | undefined, other: RolloutCommand): RolloutCommand {
  if (one?.type !== 'change' || other.type !== 'change') return one ?? other;
  const lifetimes = { ...one.settings.lifetimes, ...other.settings.lifetimes };
  const settings = { ...one.settings, ...other.settings };
  return { type: 'change', settings: Object.keys(lifetimes).length === 0 ? settings : { ...settings, lifetimes } };
}

import { listOf, objectOf, optionalText, textOf, type JsonObject } from './json.js';
import { lockedOutOf, peopleIn, sumOfPeople, type People } from './people.js';

/** A policy that was not changed although it needed a change, and why. */
export interface RolloutRefusal {
  /** Empty for the default policy. */
  readonly organizationId: string;
  readonly message: string;
}

/** The plan of a rollout. */
export interface Plan {
  /** The organizations whose policies would change; `''` for the default policy. */
  readonly changing: readonly string[];
  /** The number of policies that need no change. */
  readonly unchanged: number;
  readonly refused: readonly RolloutRefusal[];
  /** Those in `changing` that would lock users out. The server refuses them unless that is acknowledged. */
  readonly lockingOut: readonly string[];
  /** What the steps would have to acknowledge for that: the lock-outs by name, and the most users of one policy. */
  readonly lockOuts: readonly string[];
  /** The users whom all steps affect. */
  readonly people: People | undefined;
  /** How many in `changing` would let users in with one factor who needed two before. */
  readonly weaker: number;
  /** What the default and each step depended on. The rollout is bound to all of it. */
  readonly seen: readonly string[];
  /** The default policy that it depended on. A proposal is bound to it. */
  readonly seenDefault: string;
}

const WEAKER = 'weaker-sign-in';
const USERS = 'users-locked-out';

/** Sums up the steps of a plan, in the form of the API. */
export function planOf(steps: readonly JsonObject[], seenDefault: string): Plan {
  const changing = steps.filter(({ outcome }) => outcome === 'would-change');
  const introduced = changing.map((step) => ({ id: ownerIn(step), warnings: introducedIn(step) }));
  const people = changing.map((step) => peopleIn(step['people']));
  const names = new Set(
    introduced.flatMap(({ warnings }) => warnings.filter((one) => one !== WEAKER && one !== USERS)),
  );
  const most = people.reduce((highest, one) => Math.max(highest, lockedOutOf(one).users), 0);
  return {
    changing: introduced.map(({ id }) => id),
    unchanged: steps.filter(({ outcome }) => outcome === 'nothing-to-do').length,
    refused: steps.filter(({ outcome }) => outcome === 'would-be-refused').map(refusalIn),
    lockingOut: introduced.filter(({ warnings }) => warnings.some((one) => one !== WEAKER)).map(({ id }) => id),
    lockOuts: [...names, ...(most > 0 ? [`${USERS}=${most}`] : [])],
    people: people.reduce(sumOfPeople, undefined),
    weaker: introduced.filter(({ warnings }) => warnings.includes(WEAKER)).length,
    seenDefault,
    seen: [...new Set([seenDefault, ...steps.flatMap((step) => optionalText(step['seen'], 'seen') ?? [])])],
  };
}

/** Parses a refusal of a rollout. A step of a plan has one, too. */
export function refusalIn(about: JsonObject): RolloutRefusal {
  const { refusal } = about;
  const { message } = refusal === undefined ? about : objectOf(refusal, 'refusal');
  return { organizationId: ownerIn(about), message: textOf(message, 'message') };
}

function ownerIn(about: JsonObject): string {
  return optionalText(objectOf(about['owner'], 'owner')['organizationId'], 'organizationId') ?? '';
}

function introducedIn(step: JsonObject): readonly string[] {
  return listOf(objectOf(step['warnings'], 'warnings')['introduced'], 'introduced', (one) =>
    textOf(objectOf(one, 'a warning')['warning'], 'warning'),
  );
}

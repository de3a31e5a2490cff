import type { Acknowledgement, CommandInput, InstanceRef, OwnerRef } from '@login-policy/domain';
import {
  ACKNOWLEDGED_BY_NAME,
  InvalidValue,
  isOrganization,
  parseCommand,
  parseId,
  parseObject,
  parseOwner,
  policyStream,
  seenOf,
  type Instance,
  type LoginPolicyCommand,
  type Owner,
  type Parser,
} from '@login-policy/domain/model';
import { canBeRolledOut, type RolloutCommand } from '@login-policy/domain/rollout';
import { positionToString, toJsonObject, type Json, type JsonObject } from '@login-policy/event-sourcing';

/** One command for one policy, and that policy as the proposer saw it. */
export interface ProposedStep {
  readonly owner: OwnerRef;
  readonly command: CommandInput;
  /** The `seen` of the preview, or of the policy. */
  readonly seen: string;
}

/** What can be proposed: a command, a plan of several policies of one instance, or a rollout. */
export type ProposedChange =
  | ({ readonly type: 'command' } & ProposedStep)
  | { readonly type: 'plan'; readonly steps: readonly ProposedStep[] }
  | ({ readonly type: 'rollout' } & ProposedRollout);

/** A rollout, and the default policy as the proposer saw it. */
export interface ProposedRollout {
  readonly command: RolloutCommand;
  /** The `seen` of its plan. */
  readonly seen: string;
  /** Only the custom policies of these organizations; otherwise the default and every custom policy. */
  readonly organizationIds?: readonly string[];
  /** With `organizationIds`: whether it includes the default. */
  readonly withDefault?: boolean;
}

/** A step as it is recorded: the command in its canonical form, and the organization; without one, the instance. */
export interface RecordedStep {
  readonly organizationId?: string;
  readonly command: JsonObject;
}

/** A plan as it is recorded; a command is a plan of one step. */
export interface RecordedPlan {
  readonly type: 'plan';
  readonly steps: readonly RecordedStep[];
  /** What the guard lets pass, which the approval is of, too. */
  readonly acknowledge?: readonly Acknowledgement[];
}

/** A rollout as it is recorded. */
export interface RecordedRollout {
  readonly type: 'rollout';
  readonly command: JsonObject;
  readonly organizationIds?: readonly string[];
  readonly withDefault?: boolean;
  readonly acknowledge?: readonly Acknowledgement[];
}

/** A proposed change as it is recorded: all of it JSON. */
export type RecordedChange = RecordedPlan | RecordedRollout;

/** A checked change, and what its proposer saw of each policy; of a rollout, of the default. */
export interface ParsedChange {
  readonly change: RecordedChange;
  readonly seen: readonly string[];
}

/** More steps than this are a rollout. */
const MOST_STEPS = 100;

/** Parses a proposed change of an instance. */
export function changeIn(instance: Instance): Parser<ParsedChange> {
  return (value, field) => {
    const type: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'type') : undefined;
    switch (type) {
      case 'command':
        return planOf([parseStep(instance)(parseObject(value, field, ['type', ...STEP]), field)]);
      case 'plan':
        return parsePlan(instance)(value, field);
      case 'rollout':
        return parseRollout(instance)(value, field);
      default:
        throw new InvalidValue(`${field}.type`, 'command, plan or rollout', type);
    }
  };
}

interface ParsedStep {
  readonly owner: Owner;
  readonly command: LoginPolicyCommand;
  readonly seen: string;
  /** Whether the proposer saw a policy of this owner. */
  readonly isThere: boolean;
}

const STEP = ['owner', 'command', 'seen'];

function parseStep(instance: Instance): Parser<ParsedStep> {
  return (value, field) => {
    const given = parseObject(value, field, ['type', ...STEP]);
    const owner = parseOwner(given['owner'], `${field}.owner`);
    if (owner.instanceId !== instance.instanceId)
      throw new InvalidValue(`${field}.owner.instanceId`, 'the instance of the proposal', owner.instanceId);
    const seen = parseSeen(given['seen'], `${field}.seen`);
    const isThere = seenOf(owner)(seen, `${field}.seen`).own !== undefined;
    return { owner, command: parseCommand(given['command'], owner), seen, isThere };
  };
}

function parsePlan(instance: Instance): Parser<ParsedChange> {
  return (value, field) => {
    const { steps } = parseObject(value, field, ['type', 'steps']);
    const at = `${field}.steps`;
    if (!Array.isArray(steps) || steps.length === 0 || steps.length > MOST_STEPS)
      throw new InvalidValue(at, `a list of 1 to ${MOST_STEPS} steps`, Array.isArray(steps) ? steps.length : steps);
    const parsed = Array.from(steps, (step: unknown, index) =>
      parseStep(instance)(parseObject(step, `${at}[${index}]`, STEP), `${at}[${index}]`),
    );
    const streams = parsed.map(({ owner }) => policyStream(owner));
    const twice = streams.findIndex((stream, index) => streams.indexOf(stream) < index);
    if (twice >= 0) throw new InvalidValue(`${at}[${twice}].owner`, 'another one than in the steps before', 'it again');
    return planOf(inOrder(parsed));
  };
}

/**
 * New custom policies, which may copy the default, are added before the default changes, and others are removed after
 * it: no user meets a policy that is neither the one before the plan nor the one after it. A new default comes first.
 */
function inOrder(steps: readonly ParsedStep[]): readonly ParsedStep[] {
  const isDefaultThere = steps.some(({ isThere, owner }) => isThere && !isOrganization(owner));
  const placeOf = ({ command, isThere, owner }: ParsedStep): number => {
    if (!isOrganization(owner)) return 1;
    return isDefaultThere && !isThere && command.type !== 'remove' ? 0 : 2;
  };
  return steps.toSorted((one, other) => placeOf(one) - placeOf(other));
}

function planOf(steps: readonly ParsedStep[]): ParsedChange {
  return {
    change: {
      type: 'plan',
      steps: steps.map(({ owner, command }) => ({
        ...(isOrganization(owner) && { organizationId: owner.organizationId }),
        command: commandToJson(command),
      })),
    },
    seen: steps.map(({ seen }) => seen),
  };
}

function parseRollout(instance: Instance): Parser<ParsedChange> {
  return (value, field) => {
    const given = parseObject(value, field, ['type', 'command', 'seen', 'organizationIds', 'withDefault']);
    const command = parseCommand(given['command'], instance);
    const seen = parseSeen(given['seen'], `${field}.seen`);
    seenOf(instance)(seen, `${field}.seen`);
    if (!canBeRolledOut(command))
      throw new InvalidValue(`${field}.command.type`, 'a command that can be rolled out', command.type);
    const { organizationIds, withDefault } = given;
    // A list that is present but undefined must never mean all organizations.
    if ('organizationIds' in given && !isIds(organizationIds))
      throw new InvalidValue(`${field}.organizationIds`, 'a list of 1 to 1,000 ids of organizations', organizationIds);
    if (withDefault !== undefined && typeof withDefault !== 'boolean')
      throw new InvalidValue(`${field}.withDefault`, 'true or false', withDefault);
    return {
      change: {
        type: 'rollout',
        command: commandToJson(command),
        ...(isIds(organizationIds) && { organizationIds }),
        ...(withDefault !== undefined && { withDefault }),
      },
      seen: [seen],
    };
  };
}

function isIds(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 1000) return false;
  return value.every((id) => typeof id === 'string' && isId(id));
}

function isId(value: string): boolean {
  try {
    return parseId(value, 'id') === value;
  } catch {
    return false;
  }
}

const LONGEST_SEEN = 5000;

const parseSeen: Parser<string> = (value, field) => {
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_SEEN) return value;
  throw new InvalidValue(field, 'the seen of an answer', value);
};

/** Parses what somebody saw of each policy. */
export const parseAllSeen: Parser<readonly string[]> = (value, field) => {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_STEPS)
    throw new InvalidValue(field, 'the list of what was seen', value);
  return Array.from(value, (one: unknown, index) => parseSeen(one, `${field}[${index}]`));
};

/** Parses what the guard lets pass. */
export const parseAcknowledge: Parser<readonly Acknowledgement[]> = (value, field) => {
  if (!Array.isArray(value)) throw new InvalidValue(field, 'a list of what the guard lets pass', value);
  return Array.from(value, (one: unknown, index) => {
    const name = ACKNOWLEDGED_BY_NAME.find((known) => known === one);
    if (name !== undefined) return name;
    const at = `${field}[${index}]`;
    if (typeof one !== 'object') throw new InvalidValue(at, `one of ${ACKNOWLEDGED_BY_NAME.join(', ')}`, one);
    const { lockedOut } = parseObject(one, at, ['lockedOut']);
    if (typeof lockedOut === 'number' && Number.isSafeInteger(lockedOut) && lockedOut >= 0) return { lockedOut };
    throw new InvalidValue(`${at}.lockedOut`, 'a whole number of users from 0 on', lockedOut);
  });
};

/** The owners whose policies a change names; the instance for a rollout. */
export function ownersOf({ instanceId }: InstanceRef, change: RecordedChange): readonly OwnerRef[] {
  if (change.type === 'rollout') return [{ instanceId }];
  return change.steps.map(({ organizationId }) =>
    organizationId === undefined ? { instanceId } : { instanceId, organizationId },
  );
}

/** A command as JSON, in its canonical form. */
function commandToJson(command: LoginPolicyCommand): JsonObject {
  return command.type === 'revert' ? { type: 'revert', to: momentToJson(command.to) } : toJsonObject(command);
}

function momentToJson(to: Extract<LoginPolicyCommand, { readonly type: 'revert' }>['to']): Json {
  if ('sequence' in to) return { sequence: String(to.sequence) };
  return 'position' in to
    ? { position: positionToString(to.position) }
    : { instant: new Date(to.instant).toISOString() };
}

/**
 * A recorded command, as the policies take it. They check it again: their rules may have become stricter.
 *
 * @throws TypeError when it is not a command.
 */
export function commandFromJson(stored: JsonObject): CommandInput {
  const { to } = stored;
  const command: object = stored['type'] === 'revert' ? { type: 'revert', to: momentFromJson(to) } : stored;
  if (isCommand(command)) return command;
  throw new TypeError('a recorded command has a type');
}

/** The same, for a rollout, whose plan refuses other commands. */
export function rolloutCommandFromJson(stored: JsonObject): RolloutCommand {
  const command = commandFromJson(stored);
  if (canBeRolledOut(command)) return command;
  throw new TypeError(`${command.type} can't be rolled out`);
}

function momentFromJson(to: Json | undefined): object {
  if (typeof to !== 'object' || to === null || Array.isArray(to)) return {};
  const { sequence, position, instant } = toJsonObject(to);
  if (typeof sequence === 'string') return { sequence: BigInt(sequence) };
  if (typeof position === 'string') return { position: BigInt(position) };
  return { instant };
}

function isCommand(command: object): command is CommandInput {
  return 'type' in command && typeof command.type === 'string';
}

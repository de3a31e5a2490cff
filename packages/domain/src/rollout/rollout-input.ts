import { deepFrozen, type Deadline, type Freshness, type StreamId } from '@login-policy/event-sourcing';
import { optional, parseSignal, wholeNumberTo } from '../input/options.js';
import { parseAcknowledged, type Acknowledged, type Acknowledgement } from '../commands/acknowledge.js';
import type { CommandInput, LoginPolicyCommand } from '../commands/commands.js';
import { parseCommand } from '../commands/parse-command.js';
import { InvalidValue, parseObject, type Parser, parseEach } from '../input/invalid-value.js';
import { answerOf } from '../input/answer-of.js';
import { isYes } from '../input/yes.js';
import { parseId, parseProse } from '../input/text.js';
import { parseInstance, type Instance, type Owner, policyStream } from '../policy/owner.js';
import { parseFreshness, READ_MEMBERS, type ReadOptions } from '../reads/read-input.js';
import { parseReach, REACH_MEMBERS, type Reach, type ReachOptions } from './reach.js';
import { seenTextOf, seenWithin, seenText } from '../policy/seen.js';

/** A command that can be rolled out, because it means the same for every policy. */
export type RolloutCommand = Exclude<
  CommandInput,
  { readonly type: 'add' | 'customize' | 'remove' | 'revert' | 'set' }
>;

/** The id of a rollout, its policies, who does it, and why. */
export interface RolloutOptions extends ReachOptions {
  /**
   * The caller's id for it, up to 180 characters: the same id resumes the same rollout. It is the correlation id of its
   * events.
   */
  readonly id: string;
  /** The id of the user or machine. */
  readonly actor: string;
  /** The reason, for readers of the histories. */
  readonly reason?: string;
  /** What the guard lets pass on each policy, as for a command; a number of users is counted for each policy alone. */
  readonly acknowledge?: Acknowledged;
  /**
   * Refuse the whole rollout unless the default policy is as the caller saw it: the `seen` of its plan, or of a read of
   * the default. With a list of the `seen` of all steps of its plan, a custom policy is refused, too, unless it is as its
   * step saw it, and so is one without a step. What this rollout recorded counts as seen.
   */
  readonly ifSeen?: string | readonly string[];
  /** Whether the caller may change a policy. Called before each policy is looked at. Default: every policy. */
  readonly mayChange?: (owner: Owner) => boolean | Promise<boolean>;
}

/** The options of carrying out a rollout. */
export interface CarryOutOptions {
  /**
   * When it fires, no further policy is begun, the running commands end as by their own signal, and the iteration ends
   * with what is known to be done.
   */
  readonly signal?: AbortSignal;
  /** How many policies are changed at a time, 1 to 256. Default 32. */
  readonly concurrency?: number;
}

/** The options of reverting a rollout. */
export interface RevertRolloutOptions
  extends CarryOutOptions, Pick<RolloutOptions, 'acknowledge' | 'actor' | 'reason'> {}

/** The options of finding a rollout by its id. */
export interface FindRolloutOptions extends ReadOptions {
  /** Whether the caller may see a policy. Called before each policy is looked at. Default: every policy. */
  readonly maySee?: (owner: Owner) => boolean | Promise<boolean>;
}

/** Whether the caller may change or see a policy. */
export type Permission = (owner: Owner, deadline: Deadline) => Promise<boolean>;

/** A checked request to find a rollout. */
export interface WantedRollout {
  readonly id: string;
  readonly freshness: Freshness;
  readonly maySee?: Permission;
}

/** A checked rollout. */
export interface ParsedRollout {
  readonly instance: Instance;
  readonly parsed: Extract<LoginPolicyCommand, RolloutCommand>;
  readonly reach: Reach;
  readonly options: Pick<RolloutOptions, 'actor' | 'id' | 'reason'> & {
    readonly ifSeen?: RolloutSeen;
    readonly acknowledge?: readonly Acknowledgement[];
    readonly mayChange?: Permission;
  };
}

/** Limited because the idempotency key is derived from it. */
const LONGEST_ID = 180;
const TAKEN: Readonly<Record<RolloutCommand['type'], true>> = {
  change: true,
  addSecondFactor: true,
  removeSecondFactor: true,
  addMultiFactor: true,
  removeMultiFactor: true,
  addIdentityProvider: true,
  removeIdentityProvider: true,
};

/** Parses a rollout. @throws InvalidValue */
export function parseRollout(givenInstance: unknown, command: unknown, options: unknown): ParsedRollout {
  const instance = parseInstance(givenInstance, 'instance');
  const parsed = parseCommand(command, instance);
  if (!canBeRolledOut(parsed))
    throw new InvalidValue('command.type', `one of ${Object.keys(TAKEN).join(', ')}`, parsed.type);
  const members = ['id', 'actor', 'reason', 'acknowledge', 'ifSeen', 'mayChange', ...REACH_MEMBERS];
  const given = parseObject(options, 'options', members);
  return {
    instance,
    parsed,
    reach: parseReach(given, instance),
    options: {
      id: parseRolloutId(given['id'], 'options.id'),
      actor: parseId(given['actor'], 'options.actor'),
      ...present('reason', optional(given, 'reason', parseProse)),
      ...present('acknowledge', optional(given, 'acknowledge', parseAcknowledged)),
      ...present('ifSeen', optional(given, 'ifSeen', parseRolloutSeen(instance))),
      ...present('mayChange', optional(given, 'mayChange', parseAnswering('mayChange'))),
    },
  };
}

/** Whether a command can be rolled out: whether it means the same for every policy. */
export function canBeRolledOut<Command extends { readonly type: string }>(
  command: Command,
): command is Extract<Command, { readonly type: RolloutCommand['type'] }> {
  return Object.hasOwn(TAKEN, command.type);
}

/** Parses a request to find a rollout. @throws InvalidValue */
export function parseFindRollout(
  givenInstance: unknown,
  id: unknown,
  options: unknown,
): { readonly instance: Instance; readonly wanted: WantedRollout } {
  const instance = parseInstance(givenInstance, 'instance');
  const given = parseObject(options, 'options', ['maySee', ...READ_MEMBERS]);
  return {
    instance,
    wanted: {
      id: parseRolloutId(id, 'id'),
      freshness: parseFreshness(given),
      ...present('maySee', optional(given, 'maySee', parseAnswering('maySee'))),
    },
  };
}

const parseRolloutId: Parser<string> = (value, field) => {
  const id = parseId(value, field);
  if (id.length <= LONGEST_ID) return id;
  throw new InvalidValue(field, `an id of at most ${LONGEST_ID} characters`, value);
};

/** Wraps a hook of the caller: only `true` permits. */
function parseAnswering(name: 'mayChange' | 'maySee'): Parser<Permission> {
  return (value, field) => {
    if (!isFunction(value)) throw new InvalidValue(field, 'a function', value);
    return async (owner, deadline) => isYes(await answerOf(name, deadline, () => value(deepFrozen(owner))), name);
  };
}

/** An object with the member if it has a value, otherwise without. */
function present<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [N in Name]?: Value } {
  const member: { [N in Name]?: Value } = {};
  if (value !== undefined) member[name] = value;
  return member;
}

/** Parses the options of carrying out a rollout. @throws InvalidValue */
export function parseCarryOut(
  options: unknown,
): Required<Pick<CarryOutOptions, 'concurrency'>> & Pick<CarryOutOptions, 'signal'> {
  const given = parseObject(options, 'options', ['signal', 'concurrency']);
  return {
    ...present('signal', optional(given, 'signal', parseSignal)),
    concurrency: optional(given, 'concurrency', wholeNumberTo(256)) ?? 32,
  };
}

/** Parses the options of a revert, with its actor. @throws InvalidValue */
export function parseRevertRollout(
  options: unknown,
): ReturnType<typeof parseCarryOut> & Pick<RolloutOptions, 'acknowledge' | 'actor' | 'reason'> {
  const { signal, concurrency, ...given } = parseObject(options, 'options', [
    'signal',
    'concurrency',
    'actor',
    'reason',
    'acknowledge',
  ]);
  return {
    ...parseCarryOut({ signal, concurrency }),
    actor: parseId(given['actor'], 'options.actor'),
    ...present('reason', optional(given, 'reason', parseProse)),
    ...present('acknowledge', optional(given, 'acknowledge', parseAcknowledged)),
  };
}

function isFunction(value: unknown): value is (owner: Owner) => unknown {
  return typeof value === 'function';
}

/** A rollout as its caller gave it. */
export interface GivenRollout {
  readonly instance: unknown;
  readonly command: RolloutCommand;
  readonly options: unknown;
}

/** Parses what the caller gave at once, so that changing it later changes nothing. Each call reports what is malformed. */
export function parsedOnce({ instance, command, options }: GivenRollout): () => ParsedRollout {
  try {
    const parsed = parseRollout(instance, command, options);
    return () => parsed;
  } catch (caught) {
    return () => {
      throw caught;
    };
  }
}

/** What the caller of a rollout saw: the default policy and, if its plan was shown, each policy of a step. */
export interface RolloutSeen {
  readonly byDefault: string;
  readonly steps: ReadonlyMap<StreamId, string> | undefined;
}

const NONE = { own: undefined, byDefault: undefined };

/** Parses `ifSeen`: the `seen` of a plan, or of all its steps. */
export function parseRolloutSeen(instance: Instance): Parser<RolloutSeen> {
  return (value, field) => {
    if (!Array.isArray(value)) return { byDefault: seenTextOf(instance)(value, field), steps: undefined };
    const steps = new Map(parseEach(value, field, seenWithin(instance)));
    return { byDefault: steps.get(policyStream(instance)) ?? seenText(instance, NONE), steps };
  };
}

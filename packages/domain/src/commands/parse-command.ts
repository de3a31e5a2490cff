import type { CommandContext } from '@login-policy/event-sourcing';
import { parseCommandOptions, type CommandConditions } from './command-input.js';
import type { CommandInput, LoginPolicyCommand, PolicyToAdd } from './commands.js';
import { parseFactors, parseMultiFactor, parseSecondFactor } from '../policy/factors.js';
import { identityProviderFor, identityProvidersFor, parseIdentityProviderId } from '../policy/identity-provider.js';
import { InvalidValue, parseObject, parseOneOf, type Parser } from '../input/invalid-value.js';
import { parseOrganization, parseOwner, type Owner } from '../policy/owner.js';
import { parseMoment } from '../input/moment.js';
import { parseSettingsChange } from '../policy/settings.js';

/** The members of each command. */
const MEMBERS: { readonly [Type in CommandInput['type']]: readonly string[] } = {
  add: ['type', 'policy'],
  customize: ['type'],
  set: ['type', 'policy'],
  change: ['type', 'settings'],
  remove: ['type'],
  addSecondFactor: ['type', 'factor'],
  removeSecondFactor: ['type', 'factor'],
  addMultiFactor: ['type', 'factor'],
  removeMultiFactor: ['type', 'factor'],
  addIdentityProvider: ['type', 'identityProvider'],
  removeIdentityProvider: ['type', 'id'],
  revert: ['type', 'to'],
};

const parseType = parseOneOf(Object.keys(MEMBERS).filter((name): name is CommandInput['type'] => name in MEMBERS));

/** A checked command, its owner and its conditions. */
export interface CommandRequest {
  readonly owner: Owner;
  readonly parsed: LoginPolicyCommand;
  readonly context: CommandContext & CommandConditions;
}

/** The beginnings of the idempotency keys that rollouts give. */
const OF_ROLLOUTS = /^(?:rollout|revert of rollout|command of rollout|reverted rollout) /;

/** Who gives a command: a guest may use the idempotency keys of rollouts, a caller may not. */
type Giver = 'caller' | 'guest';

/** Parses a command, its owner and its conditions. @throws InvalidValue */
export function parseCommandRequest(
  [givenOwner, command, options]: readonly [owner: unknown, command: unknown, options: unknown],
  giver: Giver,
): CommandRequest {
  const owner = parseOwner(givenOwner, 'owner');
  const parsed = parseCommand(command, owner);
  const context = parseCommandOptions(options, owner);
  const { idempotencyKey } = context;
  if (giver === 'guest' || idempotencyKey === undefined || !OF_ROLLOUTS.test(idempotencyKey))
    return { owner, parsed, context };
  const expected = 'a key that does not begin as those of rollouts do';
  throw new InvalidValue('options.idempotencyKey', expected, idempotencyKey);
}

/** Parses a command for the owner's policy into its canonical form. @throws InvalidValue */
export function parseCommand(input: unknown, owner: Owner): LoginPolicyCommand {
  const type = parseType(typeGiven(input), 'command.type');
  const given = parseObject(input, 'command', MEMBERS[type]);
  switch (type) {
    case 'add':
      return { type, policy: parsePolicyToAdd(given['policy'], owner) };
    case 'set':
      return { type, policy: parsePolicyToSet(given['policy'], owner) };
    case 'change':
      return { type, settings: parseSettingsChange(given['settings'], 'settings') };
    case 'customize':
    case 'remove':
      parseOrganization(owner, 'owner');
      return { type };
    case 'addSecondFactor':
    case 'removeSecondFactor':
      return { type, factor: parseSecondFactor(given['factor'], 'factor') };
    case 'addMultiFactor':
    case 'removeMultiFactor':
      return { type, factor: parseMultiFactor(given['factor'], 'factor') };
    case 'addIdentityProvider':
      return { type, identityProvider: identityProviderFor(owner)(given['identityProvider'], 'identityProvider') };
    case 'removeIdentityProvider':
      return { type, id: parseIdentityProviderId(given['id'], 'id') };
    case 'revert':
      return { type, to: parseMoment(given['to'], 'to') };
  }
}

/** The name under which a call with this command is observed: the command's, if it is valid. */
export function callNameOf(input: unknown): string {
  const type = typeGiven(input);
  return typeof type === 'string' && Object.hasOwn(MEMBERS, type) ? type : 'execute';
}

function typeGiven(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'type' in input ? input.type : undefined;
}

/** Leaves out what names nothing, because the new policy has nothing to remove. */
function parsePolicyToAdd(value: unknown, owner: Owner): PolicyToAdd {
  const { settings, secondFactors = [], multiFactors = [], identityProviders = [] } = parsePolicyToSet(value, owner);
  return {
    ...(settings && { settings }),
    ...(secondFactors.length > 0 && { secondFactors }),
    ...(multiFactors.length > 0 && { multiFactors }),
    ...(identityProviders.length > 0 && { identityProviders }),
  };
}

function parsePolicyToSet(value: unknown, owner: Owner): PolicyToAdd {
  const given = parseObject(value, 'policy', ['settings', 'secondFactors', 'multiFactors', 'identityProviders']);
  const settings = memberIn(given, 'settings', parseSettingsChange);
  const secondFactors = memberIn(given, 'secondFactors', (list, field) => parseFactors(list, field, parseSecondFactor));
  const multiFactors = memberIn(given, 'multiFactors', (list, field) => parseFactors(list, field, parseMultiFactor));
  const identityProviders = memberIn(given, 'identityProviders', identityProvidersFor(owner));
  return {
    ...(settings && Object.keys(settings).length > 0 && { settings }),
    ...(secondFactors && { secondFactors }),
    ...(multiFactors && { multiFactors }),
    ...(identityProviders && { identityProviders }),
  };
}

function memberIn<Value>(
  given: Readonly<Record<string, unknown>>,
  name: string,
  parse: Parser<Value>,
): Value | undefined {
  return given[name] === undefined ? undefined : parse(given[name], name);
}

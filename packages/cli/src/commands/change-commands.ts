import { MULTI_FACTORS, SECOND_FACTORS } from '@login-policy/domain';
import { IDENTITY_PROVIDER_OWNERS, type IdentityProviderOwner } from '@login-policy/domain/model';
import type { RolloutCommand } from '@login-policy/domain/rollout';
import { changeEverywhere } from '../changes/change-everywhere.js';
import { changeOne } from '../changes/change-one.js';
import { CHANGE_OPTIONS } from '../changes/change-options.js';
import { hintFor } from '@login-policy/event-sourcing';
import { parseSettings, SETTINGS_HELP } from '../changes/parse-settings.js';
import type { ArgumentSpec, Command } from '../command-line/command.js';
import type { OptionSpecs } from '../command-line/option-specs.js';
import type { ParsedArguments } from '../command-line/parsed-arguments.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { PolicyCommand } from '../session/answers.js';
import { policyRefOf, withSession } from '../session/session.js';
import { MOMENT, momentText } from './moment.js';
import { factorNamed } from './who-allows.js';

/** Whose policy is changed. */
export const WHERE_OPTIONS: OptionSpecs = {
  org: {
    placeholder: 'ID',
    description: 'Changes the custom policy of this organization. Default: changes the default policy.',
  },
  everywhere: {
    description:
      'Changes the default policy and every custom policy (a rollout). Ctrl-C stops it; run the same command again to resume it.',
  },
  rollout: { placeholder: 'ID', description: 'Resumes the rollout with this id. Default: the latest one.' },
};

/** A command for one policy or for all. */
interface ChangeCommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly argument: ArgumentSpec;
  readonly options?: OptionSpecs;
  readonly example: string;
  readonly commandOf: (value: string, args: ParsedArguments) => RolloutCommand;
}

function changeCommand({ name, summary, argument, options = {}, example, commandOf }: ChangeCommandSpec): Command {
  return {
    name,
    section: 'Change',
    summary,
    details: ['Shows a preview, then asks for confirmation. Refused if the policy has changed since the preview.'],
    arguments: [argument],
    options: { ...WHERE_OPTIONS, ...options, ...CHANGE_OPTIONS },
    examples: [
      `login-policy ${name} ${example} --store sqlite:iam.db`,
      `login-policy ${name} ${example} --everywhere --dry-run`,
    ],
    run: (invocation) => {
      const { args } = invocation;
      const value = args.requiredArgument(argument.name);
      const command = commandOf(value, args);
      const isEverywhere = args.flag('everywhere');
      if (isEverywhere && args.value('org') !== undefined)
        throw new Failure(EXIT.usage, 'Give --org or --everywhere, not both.');
      if (!isEverywhere && args.value('rollout') !== undefined)
        throw new Failure(EXIT.usage, '--rollout resumes a change of all policies. Add --everywhere.');
      return withSession(invocation, { purpose: 'write', guard: 'refuse' }, (session) =>
        isEverywhere
          ? changeEverywhere(invocation, session, { command, title: `${name} ${value}` })
          : changeOne(invocation, session, { ref: policyRefOf(session, args.value('org')), command }),
      );
    },
  };
}

const SECOND: ArgumentSpec = { name: 'FACTOR', description: `One of ${SECOND_FACTORS.join(', ')}.` };
const MULTI: ArgumentSpec = { name: 'FACTOR', description: `One of ${MULTI_FACTORS.join(', ')}.` };
const PROVIDER: ArgumentSpec = { name: 'ID', description: 'The id of the identity provider.' };

/** A command for one policy only. */
function changeOneCommand(
  spec: Pick<Command, 'name' | 'summary' | 'arguments' | 'options' | 'examples'>,
  parse: (args: ParsedArguments) => { readonly organizationId: string | undefined; readonly command: PolicyCommand },
): Command {
  return {
    ...spec,
    section: 'Change',
    options: { ...spec.options, ...CHANGE_OPTIONS },
    run: (invocation) => {
      const { organizationId, command } = parse(invocation.args);
      return withSession(invocation, { purpose: 'write', guard: 'refuse' }, (session) =>
        changeOne(invocation, session, { ref: policyRefOf(session, organizationId), command }),
      );
    },
  };
}

/** The commands for one policy or for all. */
const CHANGE_OF: Readonly<Record<RolloutCommand['type'], ChangeCommandSpec>> = {
  addSecondFactor: {
    name: 'add-second-factor',
    summary: 'Allows a second factor.',
    argument: SECOND,
    example: 'OTP_EMAIL',
    commandOf: (name) => ({ type: 'addSecondFactor', factor: factorNamed(name, SECOND_FACTORS) }),
  },
  removeSecondFactor: {
    name: 'remove-second-factor',
    summary: 'No longer allows a second factor.',
    argument: SECOND,
    example: 'OTP_SMS',
    commandOf: (name) => ({ type: 'removeSecondFactor', factor: factorNamed(name, SECOND_FACTORS) }),
  },
  addMultiFactor: {
    name: 'add-multi-factor',
    summary: 'Allows a multi-factor: passkeys.',
    argument: MULTI,
    example: 'U2F_WITH_VERIFICATION',
    commandOf: (name) => ({ type: 'addMultiFactor', factor: factorNamed(name, MULTI_FACTORS) }),
  },
  removeMultiFactor: {
    name: 'remove-multi-factor',
    summary: 'No longer allows a multi-factor: passkeys.',
    argument: MULTI,
    example: 'U2F_WITH_VERIFICATION',
    commandOf: (name) => ({ type: 'removeMultiFactor', factor: factorNamed(name, MULTI_FACTORS) }),
  },
  addIdentityProvider: {
    name: 'add-identity-provider',
    summary: 'Links an identity provider.',
    argument: PROVIDER,
    options: {
      'owner-type': {
        placeholder: 'TYPE',
        description: `Its owner: ${IDENTITY_PROVIDER_OWNERS.join(' or ')}. Default SYSTEM.`,
      },
    },
    example: 'google',
    commandOf: (id, args) => ({
      type: 'addIdentityProvider',
      identityProvider: { id, ownerType: ownerTypeOf(args) },
    }),
  },
  removeIdentityProvider: {
    name: 'remove-identity-provider',
    summary: 'Unlinks an identity provider.',
    argument: PROVIDER,
    example: 'google',
    commandOf: (id) => ({ type: 'removeIdentityProvider', id }),
  },
  change: {
    name: 'change',
    summary: 'Changes settings.',
    argument: { name: 'SETTINGS', description: SETTINGS_HELP },
    example: 'forceMfa=yes,lifetimes.passwordCheck=PT12H',
    commandOf: (text) => ({ type: 'change', settings: parseSettings(text) }),
  },
};
const CHANGES = Object.values(CHANGE_OF);

/**
 * The change in a text such as `remove-second-factor OTP_SMS`; settings may stand alone: `forceMfa=yes`.
 *
 * @throws Failure
 */
export function changeIn(text: string, args: ParsedArguments): RolloutCommand {
  const [first = '', ...others] = text.trim().split(/\s+/);
  const words = first.includes('=') ? ['change', first, ...others] : [first, ...others];
  const [name = '', value, ...more] = words;
  const found = CHANGES.find((change) => change.name === name);
  if (found !== undefined && value !== undefined && more.length === 0) return found.commandOf(value, args);
  const names = CHANGES.map((change) => change.name);
  const hint = found === undefined ? hintFor(name, names) : `${name} takes one word: ${found.argument.name}.`;
  throw new Failure(EXIT.usage, `--change must be a change like ${JSON.stringify(EXAMPLE)}. ${hint}`);
}

const EXAMPLE = 'remove-second-factor OTP_SMS';

/** The names of the changes that can be proposed. */
export const CHANGE_NAMES: readonly string[] = [...CHANGES.map(({ name }) => name), 'customize', 'reset', 'revert'];

/** A change by its name and its value. @throws Failure */
export function changeNamed(name: string, args: ParsedArguments): PolicyCommand {
  if (name === 'customize') return { type: 'customize' };
  if (name === 'reset') return { type: 'remove' };
  if (!CHANGE_NAMES.includes(name))
    throw new Failure(EXIT.usage, `CHANGE is a change like ${EXAMPLE}. ${hintFor(name, CHANGE_NAMES)}`);
  const value = args.argument('VALUE');
  if (value === undefined) throw new Failure(EXIT.usage, `${name} needs a value: login-policy ${name} --help`);
  const found = CHANGES.find((change) => change.name === name);
  return found === undefined ? { type: 'revert', to: momentText(value, 'VALUE') } : found.commandOf(value, args);
}

/** Every command that changes policies. */
export const CHANGE_COMMANDS: readonly Command[] = [
  ...CHANGES.map(changeCommand),
  changeOneCommand(
    {
      name: 'customize',
      summary: 'Gives an organization a custom policy that copies the current default.',
      arguments: [{ name: 'ORGANIZATION', description: 'Which organization.' }],
      options: {},
      examples: ['login-policy customize acme --store sqlite:iam.db'],
    },
    (args) => ({ organizationId: args.requiredArgument('ORGANIZATION'), command: { type: 'customize' } }),
  ),
  changeOneCommand(
    {
      name: 'reset',
      summary: 'Removes the custom policy of an organization, so that the default applies to it again.',
      arguments: [{ name: 'ORGANIZATION', description: 'Which organization.' }],
      options: {},
      examples: ['login-policy reset acme --store sqlite:iam.db'],
    },
    (args) => ({ organizationId: args.requiredArgument('ORGANIZATION'), command: { type: 'remove' } }),
  ),
  changeOneCommand(
    {
      name: 'revert',
      summary: 'Reverts a policy to its state at a moment, by new events.',
      arguments: [{ name: 'MOMENT', description: `${MOMENT}.` }],
      options: {
        org: {
          placeholder: 'ID',
          description: 'Reverts the custom policy of this organization. Default: reverts the default policy.',
        },
      },
      examples: ['login-policy revert 4 --org acme --store sqlite:iam.db'],
    },
    (args) => ({
      organizationId: args.value('org'),
      command: { type: 'revert', to: momentText(args.requiredArgument('MOMENT'), 'MOMENT') },
    }),
  ),
];

function ownerTypeOf(args: ParsedArguments): IdentityProviderOwner {
  const name = (args.hasOption('owner-type') ? args.value('owner-type') : undefined) ?? 'SYSTEM';
  const found = IDENTITY_PROVIDER_OWNERS.find((one) => one === name);
  if (found !== undefined) return found;
  throw new Failure(
    EXIT.usage,
    `--owner-type is ${IDENTITY_PROVIDER_OWNERS.join(' or ')}, not ${JSON.stringify(name)}.`,
  );
}

import { MULTI_FACTORS, SECOND_FACTORS, type RolloutCommand } from '@login-policy/domain';
import { IDENTITY_PROVIDER_OWNERS, type IdentityProviderOwner } from '@login-policy/domain/model';
import { changeEverywhere } from '../changes/change-everywhere.js';
import { changeOne } from '../changes/change-one.js';
import { CHANGE_OPTIONS } from '../changes/change-options.js';
import { parseSettings, SETTINGS_HELP } from '../changes/settings-words.js';
import type { ArgumentSpec, Command, OptionSpecs } from '../command-line/command.js';
import type { Given } from '../command-line/given.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { PolicyCommand } from '../session/answers.js';
import { policyRefOf, withSession } from '../session/session.js';
import { MOMENT, momentText } from './moment.js';
import { factorNamed } from './who-allows.js';

const ANYWHERE: OptionSpecs = {
  org: { value: 'ID', is: 'Changes the custom policy of this organization. Default: changes the default policy.' },
  everywhere: {
    is: 'Changes the default policy and every custom policy (a rollout). Ctrl-C stops it; run the same command again to resume it.',
  },
  rollout: { value: 'ID', is: 'Resumes the rollout with this id. Default: the latest one.' },
};

/** A command for one policy or for all. */
interface Changing {
  readonly name: string;
  readonly summary: string;
  readonly word: ArgumentSpec;
  readonly options?: OptionSpecs;
  readonly example: string;
  readonly commandOf: (word: string, given: Given) => RolloutCommand;
}

function changing({ name, summary, word, options = {}, example, commandOf }: Changing): Command {
  return {
    name,
    section: 'Change',
    summary,
    details: ['Shows a preview, then asks for confirmation. Refused if the policy has changed since the preview.'],
    arguments: [word],
    options: { ...ANYWHERE, ...options, ...CHANGE_OPTIONS },
    examples: [
      `login-policy ${name} ${example} --store sqlite:iam.db`,
      `login-policy ${name} ${example} --everywhere --dry-run`,
    ],
    run: (run) => {
      const { given } = run;
      const what = given.requiredWord(word.name);
      const command = commandOf(what, given);
      const isEverywhere = given.flag('everywhere');
      if (isEverywhere && given.text('org') !== undefined)
        throw new Failure(EXIT.usage, 'Give --org or --everywhere, not both.');
      if (!isEverywhere && given.text('rollout') !== undefined)
        throw new Failure(EXIT.usage, '--rollout resumes a change of all policies. Add --everywhere.');
      return withSession(run, { purpose: 'change', guard: 'refuse' }, (session) =>
        isEverywhere
          ? changeEverywhere(run, session, { command, title: `${name} ${what}` })
          : changeOne(run, session, { of: policyRefOf(session, given.text('org')), command }),
      );
    },
  };
}

const SECOND: ArgumentSpec = { name: 'FACTOR', is: `One of ${SECOND_FACTORS.join(', ')}.` };
const MULTI: ArgumentSpec = { name: 'FACTOR', is: `One of ${MULTI_FACTORS.join(', ')}.` };
const PROVIDER: ArgumentSpec = { name: 'ID', is: 'The id of the identity provider.' };

/** A command for one policy only. */
function ofOne(
  shape: Pick<Command, 'name' | 'summary' | 'arguments' | 'options' | 'examples'>,
  ask: (given: Given) => { readonly organizationId: string | undefined; readonly command: PolicyCommand },
): Command {
  return {
    ...shape,
    section: 'Change',
    options: { ...shape.options, ...CHANGE_OPTIONS },
    run: (run) => {
      const { organizationId, command } = ask(run.given);
      return withSession(run, { purpose: 'change', guard: 'refuse' }, (session) =>
        changeOne(run, session, { of: policyRefOf(session, organizationId), command }),
      );
    },
  };
}

/** Every command that changes policies. */
export const CHANGE_COMMANDS: readonly Command[] = [
  changing({
    name: 'add-second-factor',
    summary: 'Allows a second factor.',
    word: SECOND,
    example: 'OTP_EMAIL',
    commandOf: (word) => ({ type: 'addSecondFactor', factor: factorNamed(word, SECOND_FACTORS) }),
  }),
  changing({
    name: 'remove-second-factor',
    summary: 'No longer allows a second factor.',
    word: SECOND,
    example: 'OTP_SMS',
    commandOf: (word) => ({ type: 'removeSecondFactor', factor: factorNamed(word, SECOND_FACTORS) }),
  }),
  changing({
    name: 'add-multi-factor',
    summary: 'Allows a multi-factor: passkeys.',
    word: MULTI,
    example: 'U2F_WITH_VERIFICATION',
    commandOf: (word) => ({ type: 'addMultiFactor', factor: factorNamed(word, MULTI_FACTORS) }),
  }),
  changing({
    name: 'remove-multi-factor',
    summary: 'No longer allows a multi-factor: passkeys.',
    word: MULTI,
    example: 'U2F_WITH_VERIFICATION',
    commandOf: (word) => ({ type: 'removeMultiFactor', factor: factorNamed(word, MULTI_FACTORS) }),
  }),
  changing({
    name: 'add-identity-provider',
    summary: 'Links an identity provider.',
    word: PROVIDER,
    options: {
      'owner-type': { value: 'TYPE', is: `Its owner: ${IDENTITY_PROVIDER_OWNERS.join(' or ')}. Default SYSTEM.` },
    },
    example: 'google',
    commandOf: (id, given) => ({
      type: 'addIdentityProvider',
      identityProvider: { id, ownerType: ownerTypeOf(given) },
    }),
  }),
  changing({
    name: 'remove-identity-provider',
    summary: 'Unlinks an identity provider.',
    word: PROVIDER,
    example: 'google',
    commandOf: (id) => ({ type: 'removeIdentityProvider', id }),
  }),
  changing({
    name: 'change',
    summary: 'Changes settings.',
    word: { name: 'SETTINGS', is: SETTINGS_HELP },
    example: 'forceMfa=yes,lifetimes.passwordCheck=PT12H',
    commandOf: (words) => ({ type: 'change', settings: parseSettings(words) }),
  }),
  ofOne(
    {
      name: 'customize',
      summary: 'Gives an organization a custom policy that copies the current default.',
      arguments: [{ name: 'ORGANIZATION', is: 'Which organization.' }],
      options: {},
      examples: ['login-policy customize acme --store sqlite:iam.db'],
    },
    (given) => ({ organizationId: given.requiredWord('ORGANIZATION'), command: { type: 'customize' } }),
  ),
  ofOne(
    {
      name: 'reset',
      summary: 'Removes the custom policy of an organization, so that the default applies to it again.',
      arguments: [{ name: 'ORGANIZATION', is: 'Which organization.' }],
      options: {},
      examples: ['login-policy reset acme --store sqlite:iam.db'],
    },
    (given) => ({ organizationId: given.requiredWord('ORGANIZATION'), command: { type: 'remove' } }),
  ),
  ofOne(
    {
      name: 'revert',
      summary: 'Reverts a policy to its state at a moment, by new events.',
      arguments: [{ name: 'MOMENT', is: `${MOMENT}.` }],
      options: {
        org: {
          value: 'ID',
          is: 'Reverts the custom policy of this organization. Default: reverts the default policy.',
        },
      },
      examples: ['login-policy revert 4 --org acme --store sqlite:iam.db'],
    },
    (given) => ({
      organizationId: given.text('org'),
      command: { type: 'revert', to: momentText(given.requiredWord('MOMENT'), 'MOMENT') },
    }),
  ),
];

function ownerTypeOf(given: Given): IdentityProviderOwner {
  const name = given.text('owner-type') ?? 'SYSTEM';
  const found = IDENTITY_PROVIDER_OWNERS.find((one) => one === name);
  if (found !== undefined) return found;
  throw new Failure(
    EXIT.usage,
    `--owner-type is ${IDENTITY_PROVIDER_OWNERS.join(' or ')}, not ${JSON.stringify(name)}.`,
  );
}

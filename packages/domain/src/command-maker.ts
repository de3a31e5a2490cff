import { parseNewPolicy, type CommandInput } from './command-input.js';
import type { IdentityProviderLink, LoginPolicyCommand, RevertTarget } from './commands.js';
import { parseMultiFactor, parseSecondFactor } from './factors.js';
import {
  identityProviderFor,
  parseIdentityProviderId,
  type IdentityProvider,
  type IdentityProviderDirectory,
} from './identity-provider.js';
import { InvalidValue, parseObject, parseOneOf } from './invalid-value.js';
import type { LoginPolicy } from './login-policy.js';
import { isOrganization, parseOrganization, type Owner } from './owner.js';
import { parseAsOf, type ParsedAsOf } from './read-input.js';
import { parseSettingsChange } from './settings.js';

/** Makes the command once its input was parsed: only then are others asked. */
export type MakeCommand = () => LoginPolicyCommand | Promise<LoginPolicyCommand>;

/** What a command may have to ask. */
export interface CommandSources {
  readonly identityProviders: IdentityProviderDirectory | undefined;
  /** The owner's own policy as it was at a moment. */
  readonly past: (owner: Owner, asOf: ParsedAsOf) => Promise<LoginPolicy>;
}

/** The members of each input. */
const MEMBERS: { readonly [Type in CommandInput['type']]: readonly string[] } = {
  add: ['type', 'policy'],
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

/** Turns commands as callers give them into commands that can be decided. */
export class CommandMaker {
  readonly #sources: CommandSources;

  constructor(sources: CommandSources) {
    this.#sources = sources;
  }

  /** Parses all of the input, before anything else is done. @throws InvalidValue */
  parse(input: unknown, owner: Owner): MakeCommand {
    const type = typeIn(input);
    const given = parseObject(input, 'command', MEMBERS[type]);
    switch (type) {
      case 'add':
        return this.#add(given['policy'], owner);
      case 'change': {
        const settings = parseSettingsChange(given['settings'], 'settings');
        return () => ({ type: 'ChangeLoginPolicy', data: { settings } });
      }
      case 'remove':
        parseOrganization(owner, 'owner');
        return () => ({ type: 'RemoveLoginPolicy' });
      case 'addSecondFactor':
      case 'removeSecondFactor':
      case 'addMultiFactor':
      case 'removeMultiFactor':
        return factorCommand(type, given['factor']);
      case 'addIdentityProvider': {
        const provider = identityProviderFor(owner)(given['identityProvider'], 'identityProvider');
        return async () => ({ type: 'AddIdentityProvider', data: await this.#lookUp(owner, provider) });
      }
      case 'removeIdentityProvider': {
        const id = parseIdentityProviderId(given['id'], 'id');
        return () => ({ type: 'RemoveIdentityProvider', data: { id } });
      }
      case 'revert':
        return this.#revert(parseAsOf(given['to'], 'to'), owner);
    }
  }

  #add(policy: unknown, owner: Owner): MakeCommand {
    const { identityProviders, ...rest } = parseNewPolicy(policy, owner);
    return async () => ({
      type: 'AddLoginPolicy',
      data: { ...rest, identityProviders: await this.#lookUpAll(owner, identityProviders) },
    });
  }

  #revert(moment: ParsedAsOf, owner: Owner): MakeCommand {
    return async () => {
      const then = await this.#sources.past(owner, moment);
      if (then.stage === 'absent' && !isOrganization(owner)) {
        throw new InvalidValue(moment.field, 'a moment at which the instance had its policy', describe(moment));
      }
      return { type: 'RevertLoginPolicy', data: { to: await this.#target(owner, then) } };
    };
  }

  async #target(owner: Owner, policy: LoginPolicy): Promise<RevertTarget> {
    if (policy.stage === 'absent') return policy;
    return { ...policy, identityProviders: await this.#lookUpAll(owner, policy.identityProviders) };
  }

  #lookUpAll(owner: Owner, providers: readonly IdentityProvider[]): Promise<readonly IdentityProviderLink[]> {
    return Promise.all(providers.map((provider) => this.#lookUp(owner, provider)));
  }

  async #lookUp(owner: Owner, identityProvider: IdentityProvider): Promise<IdentityProviderLink> {
    const directory = this.#sources.identityProviders;
    if (directory === undefined) return { identityProvider, existence: 'unchecked' };
    const exists = await directory.exists(owner, identityProvider);
    return { identityProvider, existence: exists ? 'exists' : 'unknown' };
  }
}

function typeIn(input: unknown): CommandInput['type'] {
  const isNamed = typeof input === 'object' && input !== null && 'type' in input;
  return parseType(isNamed ? input.type : undefined, 'command.type');
}

type FactorInput = 'addSecondFactor' | 'removeSecondFactor' | 'addMultiFactor' | 'removeMultiFactor';

function factorCommand(type: FactorInput, given: unknown): MakeCommand {
  if (type === 'addSecondFactor' || type === 'removeSecondFactor') {
    const factor = parseSecondFactor(given, 'factor');
    return () => ({ type: type === 'addSecondFactor' ? 'AddSecondFactor' : 'RemoveSecondFactor', data: { factor } });
  }
  const factor = parseMultiFactor(given, 'factor');
  return () => ({ type: type === 'addMultiFactor' ? 'AddMultiFactor' : 'RemoveMultiFactor', data: { factor } });
}

function describe(moment: ParsedAsOf): unknown {
  switch (moment.by) {
    case 'sequence':
      return moment.sequence;
    case 'position':
      return moment.position;
    case 'instant':
      return new Date(moment.instant).toISOString();
  }
}

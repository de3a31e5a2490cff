import { answering, fromHandled } from './answering.js';
import type { CommandHandler } from '@login-policy/event-sourcing';
import type { CommandAnswer } from './answers.js';
import { parseCommandOptions, parseNewPolicy } from './command-input.js';
import type { IdentityProviderLink, LoginPolicyCommand, MultiFactorCommand, SecondFactorCommand } from './commands.js';
import type { LoginPolicyEvent } from './events.js';
import { parseMultiFactor, parseSecondFactor } from './factors.js';
import {
  parseIdentityProvider,
  parseIdentityProviderId,
  type IdentityProvider,
  type IdentityProviderDirectory,
} from './identity-provider.js';
import { parseOrganization, parseOwner, policyStream, type Owner } from './owner.js';
import type { PolicyState } from './policy-state.js';
import type { PolicyRejection } from './rejections.js';
import { parseSettingsChange } from './settings.js';

type Handler = CommandHandler<LoginPolicyCommand, LoginPolicyEvent, PolicyState, PolicyRejection>;

/** Makes the command once the owner is known; its input is parsed before anything else is done. */
type MakeCommand = (owner: Owner) => LoginPolicyCommand | Promise<LoginPolicyCommand>;

/** Takes commands as callers give them: checks the input, then has them decided and recorded. */
export class CommandDesk {
  readonly #handler: Handler;
  readonly #directory: IdentityProviderDirectory | undefined;

  constructor(handler: Handler, directory: IdentityProviderDirectory | undefined) {
    this.#handler = handler;
    this.#directory = directory;
  }

  add(owner: unknown, policy: unknown, options: unknown): Promise<CommandAnswer> {
    return this.#carryOut(owner, options, () => {
      const { identityProviders, ...rest } = parseNewPolicy(policy);
      return async (of) => {
        const links = await Promise.all(identityProviders.map((provider) => this.#lookUp(of, provider)));
        return { type: 'AddLoginPolicy', data: { ...rest, identityProviders: links } };
      };
    });
  }

  change(owner: unknown, settings: unknown, options: unknown): Promise<CommandAnswer> {
    return this.#carryOut(owner, options, () => {
      const change = parseSettingsChange(settings, 'settings');
      return () => ({ type: 'ChangeLoginPolicy', data: { settings: change } });
    });
  }

  async remove(organization: unknown, options: unknown): Promise<CommandAnswer> {
    return this.#carryOut(organization, options, () => {
      parseOrganization(organization, 'owner');
      return () => ({ type: 'RemoveLoginPolicy' });
    });
  }

  secondFactor(
    type: SecondFactorCommand['type'],
    [owner, factor]: readonly [unknown, unknown],
    options: unknown,
  ): Promise<CommandAnswer> {
    return this.#carryOut(owner, options, () => {
      const data = { factor: parseSecondFactor(factor, 'factor') };
      return () => ({ type, data });
    });
  }

  multiFactor(
    type: MultiFactorCommand['type'],
    [owner, factor]: readonly [unknown, unknown],
    options: unknown,
  ): Promise<CommandAnswer> {
    return this.#carryOut(owner, options, () => {
      const data = { factor: parseMultiFactor(factor, 'factor') };
      return () => ({ type, data });
    });
  }

  addIdentityProvider(owner: unknown, identityProvider: unknown, options: unknown): Promise<CommandAnswer> {
    return this.#carryOut(owner, options, () => {
      const provider = parseIdentityProvider(identityProvider, 'identityProvider');
      return async (of) => ({ type: 'AddIdentityProvider', data: await this.#lookUp(of, provider) });
    });
  }

  removeIdentityProvider(owner: unknown, id: unknown, options: unknown): Promise<CommandAnswer> {
    return this.#carryOut(owner, options, () => {
      const data = { id: parseIdentityProviderId(id, 'id') };
      return () => ({ type: 'RemoveIdentityProvider', data });
    });
  }

  async #carryOut(given: unknown, options: unknown, parse: () => MakeCommand): Promise<CommandAnswer> {
    return answering(
      () => ({ owner: parseOwner(given, 'owner'), makeCommand: parse(), context: parseCommandOptions(options) }),
      async ({ owner, makeCommand, context }) => {
        const made = makeCommand(owner);
        const command = made instanceof Promise ? await made : made;
        return fromHandled(await this.#handler.handle(policyStream(owner), command, context), owner);
      },
    );
  }

  async #lookUp(owner: Owner, identityProvider: IdentityProvider): Promise<IdentityProviderLink> {
    if (this.#directory === undefined) return { identityProvider, existence: 'unchecked' };
    const exists = await this.#directory.exists(owner, identityProvider);
    return { identityProvider, existence: exists ? 'exists' : 'unknown' };
  }
}

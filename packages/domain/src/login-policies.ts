import { ProjectionRunner, type Consumer } from '@login-policy/event-sourcing';
import type { CommandOptions } from './commands/command-input.js';
import type { CommandInput } from './commands/commands.js';
import type { NewLoginPolicy } from './policy/new-login-policy.js';
import { callNameOf, parseCommandRequest, type CommandRequest } from './commands/parse-command.js';
import { loginPolicyProjection } from './login-policy-projection.js';
import type { MultiFactor, SecondFactor } from './policy/factors.js';
import type { IdentityProviderRef } from './policy/identity-provider.js';
import { policyStream, type InstanceRef, type OrganizationRef, type OwnerRef } from './policy/owner.js';
import type { LoginSettingsInput } from './policy/settings.js';
import { organizationIds } from './reads/affected.js';
import { commandAnswerOf, rejectedAnswer } from './reads/answering.js';
import type { CommandAnswer, ReadAnswer } from './reads/answers.js';
import { InstancePolicies } from './reads/instance-policies.js';
import { Calls } from './calls.js';
import { LoginPolicyReads, type ReadSources } from './reads/login-policy-reads.js';
import type { CountingSources } from './sign-in/count-people.js';
import { listOnDefault, parseOnDefault, type OnDefault, type OnDefaultOptions } from './reads/on-default.js';
import { explained } from './reads/changes-since.js';
import { PolicyReader } from './reads/policy-reader.js';
import { notePartsOf, type PolicyParts, policyHandler } from './policy-parts.js';
import type { AsOf } from './input/moment.js';
import { type LoginPoliciesOptions, parsePoliciesOptions } from './login-policies-options.js';

/**
 * The login policies of instances and organizations: every command and every read (docs/reference/login-policies.md).
 *
 * A refused call does not throw. It returns `{ outcome: 'rejected', rejection, message }`, also for malformed input
 * (`invalid-argument`, which names the field). A thrown error is a `Fault` of the store or a defect of the program.
 *
 * The reasons for a refusal are checked in this order: malformed input, the idempotency key, `ifSequence`, `ifEventId`,
 * `ifSeen`, whether the policy exists, the rule of the command.
 *
 * A change to an instance's default policy applies to every organization without a custom policy.
 */
export class LoginPolicies extends LoginPolicyReads {
  readonly #parts: PolicyParts;

  /**
   * For {@link openLoginPolicies}, which parses the options.
   *
   * @internal
   */
  static async open(options: LoginPoliciesOptions): Promise<LoginPolicies> {
    const { store, maxAgeMs } = options;
    const follows = store.readModelUpdates === 'followed' ? options.follows : undefined;
    return new LoginPolicies(
      options,
      await ProjectionRunner.open({ store, projection: loginPolicyProjection, maxAgeMs, follows }),
    );
  }

  private constructor(options: LoginPoliciesOptions, readModel: ReadSources['readModel']) {
    const { observe, organizations, store } = options;
    const instancePolicies = new InstancePolicies(readModel);
    const counting = countingSources(options, instancePolicies);
    // The handler and the reader need each other, so the handler gets the reader on its first command.
    const handler = policyHandler(options, { policies: () => policies, counting, rows: readModel.rows });
    const policies = new PolicyReader(store, { model: readModel, states: handler.states });
    const calls = new Calls('the login policies', observe);
    const consumers = new Set<Consumer>();
    const { identityProviders, upcoming } = options;
    super({ readModel, policies, calls, instancePolicies, consumers, identityProviders, upcoming });
    this.#parts = {
      store,
      calls,
      handler,
      policies,
      instancePolicies,
      organizations,
      consumers,
      isGuarded: options.guard === 'refuse',
      counting,
      execute: (owner, command, given) =>
        calls.answer(
          callNameOf(command),
          () => parseCommandRequest([owner, command, given], 'guest'),
          (request) => carryOut(request, this.#parts),
        ),
    };
    notePartsOf(this, this.#parts);
  }

  /** Adds a policy: an instance's default, or an organization's custom one. */
  add(owner: OwnerRef, policy: NewLoginPolicy, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'add', policy }, options);
  }

  /**
   * Adds the policy if it does not exist. Otherwise changes the settings, factors and identity providers that differ
   * from `policy`, in one step. Omitted fields stay unchanged; an empty list clears its field. When nothing differs,
   * nothing is recorded.
   */
  set(owner: OwnerRef, policy: NewLoginPolicy, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'set', policy }, options);
  }

  /** Changes some settings. When nothing differs, the command is accepted and nothing is recorded. */
  change(owner: OwnerRef, settings: LoginSettingsInput, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'change', settings }, options);
  }

  /** Removes an organization's custom policy, so that the instance's default applies again. */
  remove(organization: OrganizationRef, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(organization, { type: 'remove' }, options);
  }

  /** Allows a second factor. */
  addSecondFactor(owner: OwnerRef, factor: SecondFactor, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'addSecondFactor', factor }, options);
  }

  /** Removes a second factor from the allowed ones. */
  removeSecondFactor(owner: OwnerRef, factor: SecondFactor, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'removeSecondFactor', factor }, options);
  }

  /** Allows a multi-factor: a passkey, which is first and second factor in one step. */
  addMultiFactor(owner: OwnerRef, factor: MultiFactor, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'addMultiFactor', factor }, options);
  }

  /** Removes a multi-factor from the allowed ones. */
  removeMultiFactor(owner: OwnerRef, factor: MultiFactor, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'removeMultiFactor', factor }, options);
  }

  /** Allows sign-in through an identity provider. */
  addIdentityProvider(
    owner: OwnerRef,
    identityProvider: IdentityProviderRef,
    options: CommandOptions,
  ): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'addIdentityProvider', identityProvider }, options);
  }

  /** Removes an identity provider from the allowed ones. */
  removeIdentityProvider(owner: OwnerRef, id: string, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'removeIdentityProvider', id }, options);
  }

  /**
   * Restores the owner's own policy as it was at a moment. It records ordinary events under the ordinary rules, so the
   * history stays. Restored factors are appended to the end of the list. When nothing differs, nothing is recorded.
   */
  revert(owner: OwnerRef, to: AsOf, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'revert', to }, options);
  }

  /**
   * Gives an organization a custom policy that copies the current default: settings, factors and identity providers.
   * Later changes of the default do not affect it. It is the default at the moment of the append (on EventStoreDB: just
   * before it); with `ifSeen`, the one that the caller saw.
   */
  customize(organization: OrganizationRef, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(organization, { type: 'customize' }, options);
  }

  /** Runs a command given as an object. Its `type` is the name of the corresponding method. */
  async execute(owner: OwnerRef, command: CommandInput, options: CommandOptions): Promise<CommandAnswer> {
    return this.#parts.calls.answer(
      callNameOf(command),
      () => parseCommandRequest([owner, command, options], 'caller'),
      (request) => carryOut(request, this.#parts),
    );
  }

  /** Whether {@link organizationsOnDefault} can be called: whether the policies were opened with `organizations`. */
  get listsOrganizations(): boolean {
    return this.#parts.organizations !== undefined;
  }

  /**
   * A page of the organizations without a custom policy, in the order of the directory of organizations. A change of the
   * default policy affects them all.
   *
   * @throws Error when the policies were opened without `organizations`.
   */
  organizationsOnDefault(instance: InstanceRef, options: OnDefaultOptions = {}): Promise<ReadAnswer<OnDefault>> {
    return this.#parts.calls.answer(
      'organizationsOnDefault',
      () => parseOnDefault(instance, options),
      (request) =>
        listOnDefault(request, { directory: this.#parts.organizations, policies: this.#parts.instancePolicies }),
    );
  }
}

/** Handles a command, and answers. */
async function carryOut(
  { context, owner, parsed }: CommandRequest,
  { handler, policies }: Pick<PolicyParts, 'handler' | 'policies'>,
): Promise<CommandAnswer> {
  const handled = await handler.handle(policyStream(owner), parsed, context);
  if (handled.outcome === 'accepted') return commandAnswerOf(handled, owner);
  const rejection = await explained(handled.rejection, policies, context);
  return rejectedAnswer({ ...handled, rejection }, owner);
}

/** What users are counted from. */
function countingSources(
  { identityProviders, organizations, people }: LoginPoliciesOptions,
  policies: InstancePolicies,
): CountingSources {
  return {
    people,
    identityProviders,
    customized: (instance, freshness) => policies.owners(instance, CUSTOMIZED_AT_ONCE, freshness),
    listed: organizations && ((instance, deadline) => organizationIds(organizations, instance, deadline)),
  };
}

const CUSTOMIZED_AT_ONCE = 1000;

/**
 * Opens the login policies of a store. Close them before the store.
 *
 * @throws Fault as the store does.
 * @throws RangeError that names an unknown or malformed option.
 */
export async function openLoginPolicies(given: LoginPoliciesOptions): Promise<LoginPolicies> {
  return LoginPolicies.open(parsePoliciesOptions(given));
}

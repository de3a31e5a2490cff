import { CommandHandler, Follower, type IdSource, type Store } from '@login-policy/event-sourcing';
import type { OrganizationList } from './reads/affected.js';
import type { CommandAnswer, LoginPolicyList, LoginPolicyView, ReadAnswer } from './reads/answers.js';
import { CommandDesk } from './commands/command-desk.js';
import type { CommandInput, CommandOptions, NewLoginPolicy } from './commands/command-input.js';
import { loginPolicyEvents } from './events/event-codec.js';
import type { LoginPolicyEvent } from './events/events.js';
import type { MultiFactor, SecondFactor } from './policy/factors.js';
import { policyFacts } from './commands/facts.js';
import { InvalidValue, parseObject } from './input/invalid-value.js';
import type { History } from './reads/history.js';
import type { IdentityProvider, IdentityProviderDirectory, IdentityProviderRef } from './policy/identity-provider.js';
import type { InstanceRef, OrganizationRef, OwnerRef } from './policy/owner.js';
import { loginPolicyDecider } from './commands/policy-state.js';
import { loginPolicyProjection, stateInRow, type LoginPolicyRow } from './login-policy-projection.js';
import type { Preview, PreviewOptions } from './reads/preview.js';
import { ReadDesk, type CustomizedOrganizations, type PolicyDiff } from './reads/read-desk.js';
import type { AsOf, HistoryOptions, ListOptions, PolicyReadOptions, ReadOptions, Span } from './reads/read-input.js';
import type { LoginSettingsInput } from './policy/settings.js';

/** What the login policies are kept in, and what else they may ask. */
export interface LoginPoliciesOptions {
  readonly store: Store;
  /** Asked whether an identity provider exists before it is linked. Default: none is looked up. */
  readonly identityProviders?: IdentityProviderDirectory;
  /** Names an instance's organizations, for a preview to say which are affected. Default: a preview says of none. */
  readonly organizations?: OrganizationList;
  /**
   * Where read models are followed (EventStoreDB): how old, in milliseconds, what is known of the end of the store may be when a
   * read is answered. Older, the read asks for it, and rejects with `projection-behind` when it can't be had: sign-in fails
   * closed when the process is cut off. Default 10,000.
   */
  readonly maxAgeMs?: number;
  /** Default: ULIDs of the machine's clock. */
  readonly ids?: IdSource;
  /** How many policies are kept in memory to decide by. Default 10,000. */
  readonly keptStates?: number;
}

const OPEN_OPTIONS: readonly (keyof LoginPoliciesOptions)[] = [
  'store',
  'identityProviders',
  'organizations',
  'maxAgeMs',
  'ids',
  'keptStates',
];

function parseOpenOptions(options: unknown): void {
  const { store } = parseObject(options, 'options', OPEN_OPTIONS);
  const isStore = typeof store === 'object' && store !== null && 'eventStore' in store && 'readModels' in store;
  if (!isStore) throw new InvalidValue('options.store', 'an opened store', store);
}

/**
 * Opens the login policies kept in a store. Close them before the store.
 *
 * @throws Fault as the store does.
 * @throws InvalidValue for options that are not of their form.
 */
export async function openLoginPolicies(options: LoginPoliciesOptions): Promise<LoginPolicies> {
  parseOpenOptions(options);
  const { store, maxAgeMs } = options;
  const readModel = await Follower.open({
    store,
    projection: loginPolicyProjection,
    ...(maxAgeMs !== undefined && { maxAgeMs }),
  });
  return new LoginPolicies(options, readModel);
}

/**
 * The login policies of instances and organizations: every command and every read (docs/reference/login-policies.md).
 *
 * A refusal is an answer, `{ outcome: 'rejected', rejection, message }`, also for input that is not of the right form
 * (`invalid-argument`, naming the field); what is thrown is a `Fault` of the store or a defect. A command is refused for
 * the first of: input, idempotency key, `ifSequence`, policy exists or not, the rule itself.
 */
export class LoginPolicies {
  /** What keeps the read model up: its state, its lag, its rebuild. */
  readonly readModel: Follower<LoginPolicyEvent, LoginPolicyRow>;
  readonly #commands: CommandDesk;
  readonly #reads: ReadDesk;

  /** For {@link openLoginPolicies} only. */
  constructor(options: LoginPoliciesOptions, readModel: Follower<LoginPolicyEvent, LoginPolicyRow>) {
    const { ids, keptStates, store } = options;
    const handler = new CommandHandler({
      eventStore: store.eventStore,
      decider: loginPolicyDecider,
      events: loginPolicyEvents,
      facts: policyFacts({
        identityProviders: options.identityProviders,
        past: (owner, asOf) => this.#reads.past(owner, asOf),
      }),
      remembered: async (stream) => stateInRow((await readModel.rows.read([stream])).rows.get(stream)),
      ...(ids !== undefined && { ids }),
      ...(keptStates !== undefined && { keptStates }),
    });
    this.readModel = readModel;
    this.#reads = new ReadDesk(store.eventStore, { model: readModel, states: handler.states });
    this.#commands = new CommandDesk(handler, {
      organizations: options.organizations,
      defaultPolicy: (instance, read) => this.#reads.defaultPolicy(instance, read),
      customized: (instance, read) => this.#reads.allCustomized(instance, read),
    });
  }

  /** Brings a policy into force: an instance's default, or an organization's custom one. */
  add(owner: OwnerRef, policy: NewLoginPolicy, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'add', policy }, options);
  }

  /** Changes the settings that are named. When nothing differs it is granted, and nothing is recorded. */
  change(owner: OwnerRef, settings: LoginSettingsInput, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'change', settings }, options);
  }

  /** Gives up an organization's custom policy: the instance's default holds for it again. */
  remove(organization: OrganizationRef, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(organization, { type: 'remove' }, options);
  }

  /** Allows a second factor. */
  addSecondFactor(owner: OwnerRef, factor: SecondFactor, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'addSecondFactor', factor }, options);
  }

  /** No longer allows a second factor. */
  removeSecondFactor(owner: OwnerRef, factor: SecondFactor, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'removeSecondFactor', factor }, options);
  }

  /** Allows a multi-factor. */
  addMultiFactor(owner: OwnerRef, factor: MultiFactor, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'addMultiFactor', factor }, options);
  }

  /** No longer allows a multi-factor: for an instance, in every organization without a custom policy. */
  removeMultiFactor(owner: OwnerRef, factor: MultiFactor, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'removeMultiFactor', factor }, options);
  }

  /** Allows signing in through an identity provider. */
  addIdentityProvider(
    owner: OwnerRef,
    identityProvider: IdentityProviderRef,
    options: CommandOptions,
  ): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'addIdentityProvider', identityProvider }, options);
  }

  /** No longer allows signing in through an identity provider. */
  removeIdentityProvider(owner: OwnerRef, id: string, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'removeIdentityProvider', id }, options);
  }

  /**
   * Makes the owner's own policy what it was at a moment, by ordinary events under the ordinary rules: the past stays.
   * Factors that are put on again come behind those that stayed. When nothing differs, nothing is recorded.
   */
  revert(owner: OwnerRef, to: AsOf, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(owner, { type: 'revert', to }, options);
  }

  /** Carries out a command given as data: what the method its `type` names does. */
  execute(owner: OwnerRef, command: CommandInput, options: CommandOptions): Promise<CommandAnswer> {
    return this.#commands.carryOut(owner, command, options);
  }

  /** What a command would do if it were given now, by the same decision; refused as it would be. Nothing is written. */
  preview(owner: OwnerRef, command: CommandInput, options: PreviewOptions = {}): Promise<ReadAnswer<Preview>> {
    return this.#commands.preview(owner, command, options);
  }

  /** The owner's own policy, now or as it was; refused with `policy-not-found` when it has none. */
  policy(owner: OwnerRef, options: PolicyReadOptions = {}): Promise<ReadAnswer<{ readonly policy: LoginPolicyView }>> {
    return this.#reads.policy(owner, options);
  }

  /**
   * What an organization's users meet, now or as it was: its custom policy as a whole, else the instance's default
   * (`isDefault`). As of a sequence means one of the organization's own stream.
   */
  effectivePolicy(
    organization: OrganizationRef,
    options: PolicyReadOptions = {},
  ): Promise<ReadAnswer<{ readonly policy: LoginPolicyView }>> {
    return this.#reads.effectivePolicy(organization, options);
  }

  /** What differs in what the owner's users met at two moments, or at one and now; refused when neither had a policy. */
  diff(owner: OwnerRef, span: Span, options: ReadOptions = {}): Promise<ReadAnswer<PolicyDiff>> {
    return this.#reads.diff(owner, span, options);
  }

  /** The second factors the owner's users may use: those of the effective policy, in the order they were added. */
  secondFactors(owner: OwnerRef, options: PolicyReadOptions = {}): Promise<ReadAnswer<LoginPolicyList<SecondFactor>>> {
    return this.#reads.list(owner, options, (policy) => policy.secondFactors);
  }

  /** The multi-factors the owner's users may sign in with: those of the effective policy, in the order added. */
  multiFactors(owner: OwnerRef, options: PolicyReadOptions = {}): Promise<ReadAnswer<LoginPolicyList<MultiFactor>>> {
    return this.#reads.list(owner, options, (policy) => policy.multiFactors);
  }

  /** The identity providers of the owner's effective policy, in the order they were added. */
  identityProviders(
    owner: OwnerRef,
    options: PolicyReadOptions = {},
  ): Promise<ReadAnswer<LoginPolicyList<IdentityProvider>>> {
    return this.#reads.list(owner, options, (policy) => policy.identityProviders);
  }

  /** Every event of the owner's own policy, also after its removal: who, when, why, and what changed. */
  history(owner: OwnerRef, options: HistoryOptions = {}): Promise<ReadAnswer<History>> {
    return this.#reads.history(owner, options);
  }

  /** The organizations that have a custom policy, and so are *not* affected by a change to the instance's default. */
  organizationsWithCustomPolicy(
    instance: InstanceRef,
    options: ListOptions = {},
  ): Promise<ReadAnswer<CustomizedOrganizations>> {
    return this.#reads.customized(instance, options);
  }

  /** Stops what runs in the background. The store stays open: it belongs to whoever opened it. */
  async close(): Promise<void> {
    await this.readModel.close();
  }
}

import type { Follower } from '@login-policy/event-sourcing';
import type { CommandInput, CommandOptions, NewLoginPolicy } from './commands/command-input.js';
import { parseOrder } from './commands/parse-command.js';
import { policyHandler, type PolicyHandler } from './commands/policy-handler.js';
import type { LoginPolicyEvent } from './events/events.js';
import type { LoginPolicyRow } from './login-policy-projection.js';
import type { LoginPoliciesOptions } from './open-login-policies.js';
import type { MultiFactor, SecondFactor } from './policy/factors.js';
import type { IdentityProvider, IdentityProviderRef } from './policy/identity-provider.js';
import {
  instanceOf,
  parseOrganization,
  parseOwner,
  policyStream,
  type InstanceRef,
  type OrganizationRef,
  type OwnerRef,
} from './policy/owner.js';
import type { LoginSettingsInput } from './policy/settings.js';
import type { OrganizationList } from './reads/affected.js';
import { answering, foundDiff, foundList, foundPolicy, fromHandled, refused } from './reads/answering.js';
import type {
  CommandAnswer,
  CustomizedOrganizations,
  LoginPolicyList,
  LoginPolicyView,
  PolicyDiff,
  ReadAnswer,
} from './reads/answers.js';
import type { History } from './reads/history.js';
import { PolicyReader } from './reads/policy-reader.js';
import { parsePreview, previewOf, type Preview, type PreviewOptions } from './reads/preview.js';
import {
  parseHistoryRead,
  parseListing,
  parseNow,
  parsePolicyRead,
  parseSpan,
  type AsOf,
  type HistoryOptions,
  type ListOptions,
  type PolicyReadOptions,
  type ReadOptions,
  type Span,
} from './reads/read-input.js';

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
  readonly #handler: PolicyHandler;
  readonly #policies: PolicyReader;
  readonly #organizations: OrganizationList | undefined;

  /** For {@link openLoginPolicies} only. */
  constructor(options: LoginPoliciesOptions, readModel: Follower<LoginPolicyEvent, LoginPolicyRow>) {
    this.readModel = readModel;
    this.#organizations = options.organizations;
    this.#handler = policyHandler(options, { rows: readModel.rows, policies: () => this.#policies });
    this.#policies = new PolicyReader(options.store.eventStore, { model: readModel, states: this.#handler.states });
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

  /**
   * Gives an organization a custom policy that is what holds for it by default now, settings, factors and identity providers: from
   * then on it stays so, whatever becomes of the default.
   */
  customize(organization: OrganizationRef, options: CommandOptions): Promise<CommandAnswer> {
    return this.execute(organization, { type: 'customize' }, options);
  }

  /** Carries out a command given as data: what the method its `type` names does. */
  execute(owner: OwnerRef, command: CommandInput, options: CommandOptions): Promise<CommandAnswer> {
    return answering(
      () => parseOrder(owner, command, options),
      async ({ of, parsed, context }) => fromHandled(await this.#handler.handle(policyStream(of), parsed, context), of),
    );
  }

  /** What a command would do if it were given now, by the same decision; refused as it would be. Nothing is written. */
  preview(owner: OwnerRef, command: CommandInput, options: PreviewOptions = {}): Promise<ReadAnswer<Preview>> {
    return answering(
      () => parsePreview(owner, command, options),
      async ({ of, parsed, context, read }) => {
        const considered = await this.#handler.consider(policyStream(of), parsed, context);
        if (considered.outcome === 'rejected') return refused(considered, of);
        return previewOf(considered, { of, read, policies: this.#policies, organizations: this.#organizations });
      },
    );
  }

  /** The owner's own policy, now or as it was; refused with `policy-not-found` when it has none. */
  policy(owner: OwnerRef, options: PolicyReadOptions = {}): Promise<ReadAnswer<{ readonly policy: LoginPolicyView }>> {
    return answering(
      () => ({ of: parseOwner(owner, 'owner'), read: parsePolicyRead(options) }),
      async ({ of, read }) => foundPolicy(await this.#policies.own(of, read), { of, read }),
    );
  }

  /**
   * What an organization's users meet, now or as it was: its custom policy as a whole, else the instance's default
   * (`isDefault`). As of a sequence means one of the organization's own stream.
   */
  effectivePolicy(
    organization: OrganizationRef,
    options: PolicyReadOptions = {},
  ): Promise<ReadAnswer<{ readonly policy: LoginPolicyView }>> {
    return answering(
      () => ({ of: parseOrganization(organization, 'owner'), read: parsePolicyRead(options) }),
      async ({ of, read }) => foundPolicy(await this.#policies.effective(of, read), { of: instanceOf(of), read }),
    );
  }

  /** What differs in what the owner's users met at two moments, or at one and now; refused when neither had a policy. */
  diff(owner: OwnerRef, span: Span, options: ReadOptions = {}): Promise<ReadAnswer<PolicyDiff>> {
    return answering(
      () => ({ of: parseOwner(owner, 'owner'), moments: parseSpan(span), read: parseNow(options) }),
      async ({ of, moments, read }) => {
        const before = await this.#policies.effective(of, { ...read, asOf: moments.from });
        const after = await this.#policies.effective(of, { ...read, asOf: moments.to });
        return foundDiff(before, after, { of, read: { asOf: moments.to } });
      },
    );
  }

  /** The second factors the owner's users may use: those of the effective policy, in the order they were added. */
  secondFactors(owner: OwnerRef, options: PolicyReadOptions = {}): Promise<ReadAnswer<LoginPolicyList<SecondFactor>>> {
    return this.#list(owner, options, (policy) => policy.secondFactors);
  }

  /** The multi-factors the owner's users may sign in with: those of the effective policy, in the order added. */
  multiFactors(owner: OwnerRef, options: PolicyReadOptions = {}): Promise<ReadAnswer<LoginPolicyList<MultiFactor>>> {
    return this.#list(owner, options, (policy) => policy.multiFactors);
  }

  /** The identity providers of the owner's effective policy, in the order they were added. */
  identityProviders(
    owner: OwnerRef,
    options: PolicyReadOptions = {},
  ): Promise<ReadAnswer<LoginPolicyList<IdentityProvider>>> {
    return this.#list(owner, options, (policy) => policy.identityProviders);
  }

  /** Every event of the owner's own policy, also after its removal: who, when, why, and what changed. */
  history(owner: OwnerRef, options: HistoryOptions = {}): Promise<ReadAnswer<History>> {
    return answering(
      () => ({ of: parseOwner(owner, 'owner'), wanted: parseHistoryRead(options) }),
      async ({ of, wanted }) => ({ outcome: 'found', ...(await this.#policies.history(of, wanted)) }),
    );
  }

  /** The organizations that have a custom policy, and so are *not* affected by a change to the instance's default. */
  organizationsWithCustomPolicy(
    instance: InstanceRef,
    options: ListOptions = {},
  ): Promise<ReadAnswer<CustomizedOrganizations>> {
    return answering(
      () => parseListing(instance, options),
      async ({ of, wanted }) => ({ outcome: 'found', ...(await this.#policies.customizedPage(of, wanted)) }),
    );
  }

  /** Stops what runs in the background. The store stays open: it belongs to whoever opened it. */
  async close(): Promise<void> {
    await this.readModel.close();
  }

  #list<Item>(
    owner: OwnerRef,
    options: PolicyReadOptions,
    itemsOf: (policy: LoginPolicyView) => readonly Item[],
  ): Promise<ReadAnswer<LoginPolicyList<Item>>> {
    return answering(
      () => ({ of: parseOwner(owner, 'owner'), read: parsePolicyRead(options) }),
      async ({ of, read }) => foundList(await this.#policies.effective(of, read), itemsOf, { of, read }),
    );
  }
}

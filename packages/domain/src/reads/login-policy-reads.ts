import {
  type Consumer,
  Deadline,
  isFault,
  laterPosition,
  parseOptions,
  type ProjectionRunner,
  rule,
  START,
} from '@login-policy/event-sourcing';
import type { LoginPolicyEvent } from '../policy/events.js';
import type { LoginPolicyRow } from '../login-policy-projection.js';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { IdentityProvider, IdentityProviderRef } from '../policy/identity-provider.js';
import type { IdentityProviderDirectory, KnownIdentityProvider } from '../policy/identity-provider-directory.js';
import {
  instanceOf,
  parseInstance,
  parseOrganization,
  parseOwner,
  type InstanceRef,
  type Organization,
  type OrganizationRef,
  type OwnerRef,
} from '../policy/owner.js';
import type { InstancePolicies } from './instance-policies.js';
import { judgedBy, parseAskedAbout, type JudgedSignIn } from './judged-sign-in.js';
import type { SignInAttempt } from '../sign-in/sign-in.js';
import { foundDiff, foundList, foundPolicy, policyNotFound, type ListName } from './answering.js';
import type {
  CustomizedOrganizations,
  LoginPolicyList,
  LoginPolicyView,
  PolicyDiff,
  PolicyFound,
  ReadAnswer,
} from './answers.js';
import type { Calls } from '../calls.js';
import { customPoliciesOf, type CustomPolicies } from './custom-policies.js';
import type { History } from './history.js';
import { parseKnownRead, readKnown } from './known-identity-providers.js';
import type { PolicyReadModel } from './policy-read-model.js';
import type { PolicyReader } from './policy-reader.js';
import {
  withRemainingWait,
  parseHistoryRead,
  parseListing,
  parseCurrentRead,
  parsePage,
  parsePolicyRead,
  parseSpan,
  type HistoryOptions,
  type ListOptions,
  type ParsedRead,
  type PageOptions,
  type PolicyReadOptions,
  type ReadOptions,
  type Span,
} from './read-input.js';
import { upcomingFrom, type UpcomingPolicies } from './upcoming-policies.js';
import type { Rejected } from '../policy/rejections.js';

/** What the reads of login policies answer from. */
export interface ReadSources {
  readonly readModel: ProjectionRunner<LoginPolicyEvent, LoginPolicyRow>;
  readonly policies: PolicyReader;
  readonly calls: Calls;
  readonly instancePolicies: InstancePolicies;
  /** The consumers that are closed with the policies. */
  readonly consumers: ReadonlySet<Consumer>;
  readonly identityProviders: IdentityProviderDirectory | undefined;
  readonly upcoming: UpcomingPolicies | undefined;
}

const CLOSE_MS = 5000;

/** Every read of login policies. A refusal is an answer; a thrown error is a `Fault` of the store or a defect. */
export abstract class LoginPolicyReads {
  /** The runner of the read model: its state, its lag, its rebuild. */
  readonly readModel: PolicyReadModel;
  readonly #closeReadModel: ReadSources['readModel']['close'];
  readonly #policies: PolicyReader;
  readonly #calls: Calls;
  readonly #consumers: ReadonlySet<Consumer>;
  readonly #instancePolicies: InstancePolicies;
  readonly #identityProviders: IdentityProviderDirectory | undefined;
  readonly #upcomingPolicies: UpcomingPolicies | undefined;

  protected constructor(sources: ReadSources) {
    const { calls, consumers, identityProviders, instancePolicies, policies, readModel, upcoming } = sources;
    this.readModel = readModel;
    this.#upcomingPolicies = upcoming;
    this.#closeReadModel = (options) => readModel.close(options);
    this.#policies = policies;
    this.#calls = calls;
    this.#consumers = consumers;
    this.#instancePolicies = instancePolicies;
    this.#identityProviders = identityProviders;
  }

  /** The owner's own policy, now or in the past; refused with `policy-not-found` when it has none. */
  policy(owner: OwnerRef, options: PolicyReadOptions = {}): Promise<ReadAnswer<PolicyFound>> {
    return this.#calls.answer(
      'policy',
      () => ({ owner: parseOwner(owner, 'owner'), read: parsePolicyRead(options) }),
      async (asked) => foundPolicy(await this.#policies.own(asked.owner, asked.read), asked),
    );
  }

  /**
   * The policy that applies to an organization's users, now or in the past: its whole custom policy, otherwise the
   * instance's default (`isDefault`). A sequence in `asOf` is one of the organization's own stream.
   */
  effectivePolicy(organization: OrganizationRef, options: PolicyReadOptions = {}): Promise<ReadAnswer<PolicyFound>> {
    return this.#calls.answer(
      'effectivePolicy',
      () => ({ owner: parseOrganization(organization, 'owner'), read: parsePolicyRead(options) }),
      async ({ owner, read }) => {
        const found = await this.#policies.effective(owner, read);
        const answer = foundPolicy(found, { owner: instanceOf(owner), read }, owner);
        const upcoming = await this.#upcoming(owner, read);
        return answer.outcome === 'found' && upcoming !== undefined ? { ...answer, upcoming } : answer;
      },
    );
  }

  /** Whether {@link knownIdentityProviders} can be called: whether the policies were opened with `identityProviders`. */
  get namesIdentityProviders(): boolean {
    return this.#identityProviders !== undefined;
  }

  /**
   * What the directory knows of identity providers that a policy of this owner links: of those that exist, in the order
   * given.
   *
   * @throws Error when the policies were opened without `identityProviders`; what the directory throws.
   */
  knownIdentityProviders(
    owner: OwnerRef,
    identityProviders: readonly IdentityProviderRef[],
    options: Pick<ReadOptions, 'signal' | 'waitMs'> = {},
  ): Promise<ReadAnswer<{ readonly identityProviders: readonly KnownIdentityProvider[] }>> {
    return this.#calls.answer(
      'knownIdentityProviders',
      () => parseKnownRead(owner, identityProviders, options),
      async (lookedUp) => ({
        outcome: 'found',
        identityProviders: await readKnown(this.#identityProviders, lookedUp),
      }),
    );
  }

  /**
   * Judges a sign-in by the organization's effective policy, read fresh: now, or at the past instant `signIn.at` by the
   * policy at that time. Only the outcome `proceed` lets a user in; a rejection or a thrown error does not
   * (docs/how-to/sign-in.md). With `asOf`, the policy is the one at that moment, and `signIn.at` is required.
   */
  evaluateSignIn(
    organization: OrganizationRef,
    signIn: SignInAttempt,
    options: PolicyReadOptions = {},
  ): Promise<JudgedSignIn | Rejected> {
    return this.#calls.answer(
      'evaluateSignIn',
      () => parseAskedAbout(organization, signIn, options),
      async (asked) => {
        const found = await this.#policies.effective(asked.organization, asked.read);
        if (found === undefined) return policyNotFound({ owner: instanceOf(asked.organization), read: asked.read });
        const upcoming = await this.#upcoming(asked.organization, asked.read);
        const policy = upcoming === undefined ? found : { ...found, upcoming };
        return judgedBy(policy, asked.signIn, asked.at ?? this.#policies.now());
      },
    );
  }

  /**
   * The differences between the owner's effective policies at two moments, or at one and now; refused when neither has
   * one.
   */
  diff(owner: OwnerRef, span: Span, options: ReadOptions = {}): Promise<ReadAnswer<PolicyDiff>> {
    return this.#calls.answer(
      'diff',
      () => ({ owner: parseOwner(owner, 'owner'), moments: parseSpan(span), read: parseCurrentRead(options) }),
      async ({ moments, read, ...asked }) => {
        const begunAt = performance.now();
        const before = await this.#policies.effective(asked.owner, { ...read, asOf: moments.from });
        // Rows that are followed may lag behind the events: without this, now could be earlier than the first moment.
        const { moment } = moments.from;
        const from = before?.position ?? ('position' in moment ? moment.position : START);
        const { freshness } = withRemainingWait(read, begunAt);
        const atLeast = laterPosition(freshness.atLeast ?? START, from);
        const to = { freshness: { ...freshness, atLeast }, asOf: moments.to };
        const after = await this.#policies.effective(asked.owner, to);
        return foundDiff(before, after, { owner: asked.owner, read: { asOf: moments.to } });
      },
    );
  }

  /** The second factors of the owner's effective policy, in the order they were added. */
  secondFactors(owner: OwnerRef, options: PolicyReadOptions = {}): Promise<ReadAnswer<LoginPolicyList<SecondFactor>>> {
    return this.#list('secondFactors', owner, options);
  }

  /** The multi-factors of the owner's effective policy, in the order they were added. */
  multiFactors(owner: OwnerRef, options: PolicyReadOptions = {}): Promise<ReadAnswer<LoginPolicyList<MultiFactor>>> {
    return this.#list('multiFactors', owner, options);
  }

  /** The identity providers of the owner's effective policy, in the order they were added. */
  identityProviders(
    owner: OwnerRef,
    options: PolicyReadOptions = {},
  ): Promise<ReadAnswer<LoginPolicyList<IdentityProvider>>> {
    return this.#list('identityProviders', owner, options);
  }

  /**
   * The whole custom policies of an instance, by page: for exports, comparisons and reports. Unreadable ones are listed
   * separately.
   */
  customPolicies(instance: InstanceRef, options: PageOptions = {}): Promise<ReadAnswer<CustomPolicies>> {
    return this.#calls.answer(
      'customPolicies',
      () => {
        const parsed = parseInstance(instance, 'instance');
        return { instance: parsed, page: parsePage(options, parsed) };
      },
      (asked) => customPoliciesOf(asked.instance, asked.page, this.#instancePolicies),
    );
  }

  /** Every event of the owner's own policy, also after its removal: who, when, why, and what it changed. */
  history(owner: OwnerRef, options: HistoryOptions = {}): Promise<ReadAnswer<History>> {
    return this.#calls.answer(
      'history',
      () => ({ owner: parseOwner(owner, 'owner'), wanted: parseHistoryRead(options) }),
      async (asked) => ({ outcome: 'found', ...(await this.#policies.history(asked.owner, asked.wanted)) }),
    );
  }

  /**
   * The organizations with a custom policy, which a change to the instance's default does *not* affect: all of them, or
   * those whose policy allows a factor, links an identity provider or has a warning. The first page has their number.
   */
  organizationsWithCustomPolicy(
    instance: InstanceRef,
    options: ListOptions = {},
  ): Promise<ReadAnswer<CustomizedOrganizations>> {
    return this.#calls.answer(
      'organizationsWithCustomPolicy',
      () => parseListing(instance, options),
      async (asked) => ({
        outcome: 'found',
        ...(await this.#instancePolicies.customizedPage(asked.instance, asked.wanted)),
      }),
    );
  }

  /**
   * Stops the background work, including consumers of changes, within `closeMs` (default 5,000), whether or not the
   * store answers. Every later call rejects with `StoreClosed`. The store stays open, because it belongs to the program
   * that opened it. Idempotent.
   */
  async close(options: { readonly closeMs?: number | undefined } = {}): Promise<void> {
    const { closeMs = CLOSE_MS } = parseOptions(options, 'close', {
      closeMs: rule.optional(rule.numberBetween(0, Infinity)),
    });
    this.#calls.close();
    const deadline = new Deadline('closing the policies', { waitMs: closeMs });
    const consumersClosed = Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    await deadline.wait(consumersClosed).catch((caught: unknown) => {
      if (!isFault(caught, 'deadline-exceeded')) throw caught;
    });
    await this.#closeReadModel({ closeMs: deadline.leftMs });
  }

  /** Closes them at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The upcoming policies of an organization, for a read of now. */
  async #upcoming(organization: Organization, { asOf, freshness }: ParsedRead): Promise<PolicyFound['upcoming']> {
    if (this.#upcomingPolicies === undefined || asOf !== undefined) return undefined;
    return upcomingFrom(this.#upcomingPolicies, organization, freshness.signal);
  }

  #list<Name extends ListName>(
    name: Name,
    owner: OwnerRef,
    options: PolicyReadOptions,
  ): Promise<ReadAnswer<LoginPolicyList<LoginPolicyView[Name][number]>>> {
    return this.#calls.answer(
      name,
      () => ({ owner: parseOwner(owner, 'owner'), read: parsePolicyRead(options) }),
      async (asked) => foundList(await this.#policies.effective(asked.owner, asked.read), name, asked),
    );
  }
}

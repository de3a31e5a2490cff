import type { Consumer, ProjectionRunner } from '@login-policy/event-sourcing';
import type { Changes } from '../changes/changes.js';
import type { OnChangeOptions } from '../changes/policy-changed.js';
import type { LoginPolicyEvent } from '../events/events.js';
import type { LoginPolicyRow } from '../login-policy-projection.js';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import type { IdentityProvider } from '../policy/identity-provider.js';
import {
  instanceOf,
  parseInstance,
  parseOrganization,
  parseOwner,
  type InstanceRef,
  type OrganizationRef,
  type OwnerRef,
} from '../policy/owner.js';
import { MetPolicies } from '../rollout/met-policies.js';
import { judgedBy, parseAskedAbout } from '../sign-in/judged-sign-in.js';
import type { JudgedSignIn, SignInAttempt } from '../sign-in/sign-in.js';
import { foundDiff, foundList, foundPolicy, policyNotFound, type ListName } from './answering.js';
import type {
  CustomizedOrganizations,
  LoginPolicyList,
  LoginPolicyView,
  PolicyDiff,
  PolicyFound,
  ReadAnswer,
  Rejected,
} from './answers.js';
import type { Calls } from './calls.js';
import { customPoliciesOf, type CustomPolicies } from './custom-policies.js';
import type { History } from './history.js';
import type { PolicyReadModel } from './policy-read-model.js';
import type { PolicyReader } from './policy-reader.js';
import {
  leftOf,
  parseHistoryRead,
  parseListing,
  parseNow,
  parsePage,
  parsePolicyRead,
  parseSpan,
  type HistoryOptions,
  type ListOptions,
  type PageOptions,
  type PolicyReadOptions,
  type ReadOptions,
  type Span,
} from './read-input.js';

/** What the reads of login policies are answered from. */
export interface ReadSources {
  readonly readModel: ProjectionRunner<LoginPolicyEvent, LoginPolicyRow>;
  readonly policies: PolicyReader;
  readonly calls: Calls;
  readonly changes: Changes;
}

/** Every read of login policies. What is refused is an answer; what is thrown is a `Fault` of the store or a defect. */
export abstract class LoginPolicyReads {
  /** Its state, its lag, its rebuild. */
  readonly readModel: PolicyReadModel;
  readonly #closeReadModel: ReadSources['readModel']['close'];
  readonly #policies: PolicyReader;
  readonly #calls: Calls;
  readonly #changes: Changes;
  readonly #met: MetPolicies;

  protected constructor({ calls, changes, policies, readModel }: ReadSources) {
    this.readModel = readModel;
    this.#closeReadModel = (options) => readModel.close(options);
    this.#policies = policies;
    this.#calls = calls;
    this.#changes = changes;
    this.#met = new MetPolicies(readModel);
  }

  /** The owner's own policy, now or as it was; refused with `policy-not-found` when it has none. */
  policy(owner: OwnerRef, options: PolicyReadOptions = {}): Promise<ReadAnswer<PolicyFound>> {
    return this.#calls.answer(
      'policy',
      () => ({ of: parseOwner(owner, 'owner'), read: parsePolicyRead(options) }),
      async ({ of, read }) => foundPolicy(await this.#policies.own(of, read), { of, read }),
    );
  }

  /**
   * What an organization's users meet, now or as it was: its custom policy as a whole, else the instance's default
   * (`isDefault`). As of a sequence means one of the organization's own stream.
   */
  effectivePolicy(organization: OrganizationRef, options: PolicyReadOptions = {}): Promise<ReadAnswer<PolicyFound>> {
    return this.#calls.answer(
      'effectivePolicy',
      () => ({ of: parseOrganization(organization, 'owner'), read: parsePolicyRead(options) }),
      async ({ of, read }) => foundPolicy(await this.#policies.effective(of, read), { of: instanceOf(of), read }),
    );
  }

  /**
   * Judges a sign-in by the policy that holds for the organization, read fresh: now, or as of `signIn.at` by the policy of then. Only the
   * outcome `proceed` lets anybody in; what is `rejected` or thrown lets nobody in (docs/how-to/sign-in.md). With `asOf`, the policy
   * is the one of that moment, and `signIn.at` has to be given.
   */
  evaluateSignIn(
    organization: OrganizationRef,
    signIn: SignInAttempt,
    options: PolicyReadOptions = {},
  ): Promise<JudgedSignIn | Rejected> {
    return this.#calls.answer(
      'evaluateSignIn',
      () => parseAskedAbout(organization, signIn, options),
      async ({ at, of, read, signIn: asked }) => {
        const found = await this.#policies.effective(of, read);
        if (found === undefined) return policyNotFound({ of: instanceOf(of), read });
        return judgedBy(found, asked, at ?? this.#policies.now());
      },
    );
  }

  /** What differs in what the owner's users met at two moments, or at one and now; refused when neither had a policy. */
  diff(owner: OwnerRef, span: Span, options: ReadOptions = {}): Promise<ReadAnswer<PolicyDiff>> {
    return this.#calls.answer(
      'diff',
      () => ({ of: parseOwner(owner, 'owner'), moments: parseSpan(span), read: parseNow(options) }),
      async ({ of, moments, read }) => {
        const begunAt = performance.now();
        const before = await this.#policies.effective(of, { ...read, asOf: moments.from });
        const after = await this.#policies.effective(of, { ...leftOf(read, begunAt), asOf: moments.to });
        return foundDiff(before, after, { of, read: { asOf: moments.to } });
      },
    );
  }

  /** The second factors the owner's users may use: those of the effective policy, in the order they were added. */
  secondFactors(owner: OwnerRef, options: PolicyReadOptions = {}): Promise<ReadAnswer<LoginPolicyList<SecondFactor>>> {
    return this.#list('secondFactors', owner, options);
  }

  /** The multi-factors the owner's users may sign in with: those of the effective policy, in the order added. */
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
   * The custom policies of an instance, each as a whole, by page: for exports, comparisons and reports that look at all of them. Those that
   * can't be read are named apart.
   */
  customPolicies(instance: InstanceRef, options: PageOptions = {}): Promise<ReadAnswer<CustomPolicies>> {
    return this.#calls.answer(
      'customPolicies',
      () => {
        const of = parseInstance(instance, 'instance');
        return { of, page: parsePage(options, of) };
      },
      ({ of, page }) => customPoliciesOf(of, page, this.#met),
    );
  }

  /** Every event of the owner's own policy, also after its removal: who, when, why, and what changed. */
  history(owner: OwnerRef, options: HistoryOptions = {}): Promise<ReadAnswer<History>> {
    return this.#calls.answer(
      'history',
      () => ({ of: parseOwner(owner, 'owner'), wanted: parseHistoryRead(options) }),
      async ({ of, wanted }) => ({ outcome: 'found', ...(await this.#policies.history(of, wanted)) }),
    );
  }

  /**
   * The organizations that have a custom policy, and so are *not* affected by a change to the instance's default: all of them, or those
   * whose policy allows a factor, links an identity provider or stands under a warning; with their number beside the first page.
   */
  organizationsWithCustomPolicy(
    instance: InstanceRef,
    options: ListOptions = {},
  ): Promise<ReadAnswer<CustomizedOrganizations>> {
    return this.#calls.answer(
      'organizationsWithCustomPolicy',
      () => parseListing(instance, options),
      async ({ of, wanted }) => ({ outcome: 'found', ...(await this.#policies.customizedPage(of, wanted)) }),
    );
  }

  /**
   * Calls a handler with what every command changed, at least once and in the order of commits, by one process at a time, from where the
   * consumer of that name left off: what users met before and after, whom it reaches, and what it means for sign-ins
   * (docs/how-to/react-to-changes.md).
   *
   * @throws RangeError naming an option that is unknown or malformed.
   * @throws StoreClosed once the policies or the store are closed.
   */
  onChange(options: OnChangeOptions): Consumer {
    this.#calls.refuseClosed();
    return this.#changes.consume(options);
  }

  /**
   * Stops what runs in the background, consumers of changes among it, within `closeMs` (default 5,000) whether or not the store answers: every later call rejects with
   * `StoreClosed`. The store stays open, because it belongs to the program that opened it. Twice is once.
   */
  async close(options: { readonly closeMs?: number | undefined } = {}): Promise<void> {
    this.#calls.close();
    await this.#changes.close();
    await this.#closeReadModel(options);
  }

  /** Closes them where `await using` leaves its scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #list<Name extends ListName>(
    name: Name,
    owner: OwnerRef,
    options: PolicyReadOptions,
  ): Promise<ReadAnswer<LoginPolicyList<LoginPolicyView[Name][number]>>> {
    return this.#calls.answer(
      name,
      () => ({ of: parseOwner(owner, 'owner'), read: parsePolicyRead(options) }),
      async ({ of, read }) => foundList(await this.#policies.effective(of, read), name, { of, read }),
    );
  }
}

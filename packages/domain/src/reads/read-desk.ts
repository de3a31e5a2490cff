import type { EventStore } from '@login-policy/event-sourcing';
import { answering, rejected } from './answering.js';
import type { LoginPolicyList, LoginPolicyView, ReadAnswer, Rejected } from './answers.js';
import { diffPolicies, type PolicyChange } from './diff.js';
import { readHistory, type History } from './history.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import {
  instanceOf,
  parseInstance,
  parseOrganization,
  parseOwner,
  policyStream,
  type Instance,
  type Organization,
  type Owner,
} from '../policy/owner.js';
import { policyIn, PolicyReader, type ReadSources } from './policy-reader.js';
import {
  parseHistoryRead,
  parseListing,
  parseNow,
  parsePolicyRead,
  parseSpan,
  type ParsedAsOf,
  type ParsedRead,
} from './read-input.js';
import { parseId } from '../input/text.js';

/** A page of the organizations that have a custom policy. */
export interface CustomizedOrganizations {
  readonly organizations: readonly Organization[];
  /** Give it as `after` to get the next page; `undefined` when this is the last. */
  readonly next: string | undefined;
}

/** What differs in what an owner's users met at two moments. */
export interface PolicyDiff {
  /** What they met then; `undefined` when no policy held yet. */
  readonly before: LoginPolicyView | undefined;
  readonly after: LoginPolicyView | undefined;
  readonly changes: readonly PolicyChange[];
}

/** Takes reads as callers give them: checks the input, then answers. */
export class ReadDesk {
  readonly #store: EventStore;
  readonly #policies: PolicyReader;

  constructor(store: EventStore, sources: ReadSources) {
    this.#store = store;
    this.#policies = new PolicyReader(store, sources);
  }

  policy(owner: unknown, options: unknown): Promise<ReadAnswer<{ readonly policy: LoginPolicyView }>> {
    return this.#read(
      () => parseOwner(owner, 'owner'),
      options,
      async (of, read) => found(await this.#policies.own(of, read), of, read.asOf),
    );
  }

  effectivePolicy(organization: unknown, options: unknown): Promise<ReadAnswer<{ readonly policy: LoginPolicyView }>> {
    return this.#read(
      () => parseOrganization(organization, 'owner'),
      options,
      async (of, read) => found(await this.#policies.effective(of, read), instanceOf(of), read.asOf),
    );
  }

  list<Item>(
    owner: unknown,
    options: unknown,
    itemsOf: (policy: LoginPolicyView) => readonly Item[],
  ): Promise<ReadAnswer<LoginPolicyList<Item>>> {
    return this.#read(
      () => parseOwner(owner, 'owner'),
      options,
      async (of, read) => {
        const answer = found(await this.#policies.effective(of, read), instanceOf(of), read.asOf);
        if (answer.outcome === 'rejected') return answer;
        const { owner: answering_, isDefault, details, position } = answer.policy;
        return { outcome: 'found', owner: answering_, isDefault, details, position, items: itemsOf(answer.policy) };
      },
    );
  }

  diff(owner: unknown, span: unknown, options: unknown): Promise<ReadAnswer<PolicyDiff>> {
    return answering(
      () => ({ of: parseOwner(owner, 'owner'), ...parseSpan(span), read: parseNow(options) }),
      async ({ of, from, to, read }) => {
        const before = await this.#policies.effective(of, { ...read, asOf: from });
        const after = await this.#policies.effective(of, { ...read, asOf: to });
        if (before === undefined && after === undefined) return notFound(instanceOf(of), to);
        return { outcome: 'found', before, after, changes: diffPolicies(policyIn(before), policyIn(after)) };
      },
    );
  }

  history(owner: unknown, options: unknown): Promise<ReadAnswer<History>> {
    return answering(
      () => ({ of: parseOwner(owner, 'owner'), wanted: parseHistoryRead(options) }),
      async ({ of, wanted }) => ({ outcome: 'found', ...(await readHistory(this.#store, policyStream(of), wanted)) }),
    );
  }

  /** The instance's policy as it is now, for whoever has to know what organizations fall back to. */
  async defaultPolicy(instance: Instance, read: ParsedRead): Promise<LoginPolicy> {
    return policyIn(await this.#policies.own(instance, read));
  }

  /** The ids of all organizations with a custom policy. */
  async allCustomized(instance: Instance, read: ParsedRead): Promise<ReadonlySet<string>> {
    return this.#policies.allCustomized(instance, read.freshness);
  }

  /** The owner's own policy as it was at a moment. */
  past(owner: Owner, asOf: ParsedAsOf): Promise<LoginPolicy> {
    return this.#policies.past(owner, asOf);
  }

  customized(instance: unknown, options: unknown): Promise<ReadAnswer<CustomizedOrganizations>> {
    return answering(
      () => ({ of: parseInstance(instance, 'instance'), wanted: parseListing(options) }),
      async ({ of, wanted: { after, limit, ...read } }) => {
        const organizations = await this.#policies.customized(of, {
          limit,
          freshness: read.freshness,
          ...(after !== undefined && { after: parseAfter(after, of) }),
        });
        return {
          outcome: 'found',
          organizations,
          next: organizations.length < limit ? undefined : organizations.at(-1)?.organizationId,
        };
      },
    );
  }

  #read<Of, Answer>(
    parseOf: () => Of,
    options: unknown,
    answer: (of: Of, read: ParsedRead) => Promise<Answer>,
  ): Promise<Answer | Rejected> {
    return answering(
      () => ({ of: parseOf(), read: parsePolicyRead(options) }),
      ({ of, read }) => answer(of, read),
    );
  }
}

function parseAfter(value: unknown, instance: { readonly instanceId: string }): Organization {
  return parseOrganization({ ...instance, organizationId: parseId(value, 'options.after') }, 'options.after');
}

function found(
  policy: LoginPolicyView | undefined,
  owner: Owner,
  asOf: ParsedAsOf | undefined,
): ReadAnswer<{ readonly policy: LoginPolicyView }> {
  return policy === undefined ? notFound(owner, asOf) : { outcome: 'found', policy };
}

function notFound(owner: Owner, asOf: ParsedAsOf | undefined): Rejected {
  const when = asOf === undefined ? 'now' : 'then';
  return rejected({ reason: 'policy-not-found' }, { owner, sequence: 0n, when });
}

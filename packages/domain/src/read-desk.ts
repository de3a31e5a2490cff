import {
  parseStreamId,
  type EventStore,
  type ProjectionRunner,
  type ReadModel,
  type StateReader,
} from '@login-policy/event-sourcing';
import { answering, rejected } from './answering.js';
import type { LoginPolicyList, LoginPolicyView, ReadAnswer, Rejected } from './answers.js';
import type { LoginPolicyEvent } from './events.js';
import { readHistory, type History } from './history.js';
import {
  isOrganization,
  ownerOfStream,
  parseInstance,
  parseOrganization,
  parseOwner,
  policyStream,
  type Organization,
  type Owner,
} from './owner.js';
import type { PolicyState } from './policy-state.js';
import { PolicyReader } from './policy-reader.js';
import { CUSTOM_IN, type LoginPolicyRow } from './projections/login-policy-projection.js';
import { parseHistoryRead, parseListing, parsePolicyRead, type ParsedRead } from './read-input.js';
import { parseId } from './text.js';

/** A page of the organizations that have a custom policy. */
export interface CustomizedOrganizations {
  readonly organizations: readonly Organization[];
  /** Give it as `after` to get the next page; `undefined` when this is the last. */
  readonly next: string | undefined;
}

/** What reads are answered from. */
export interface ReadSources {
  readonly model: ReadModel<LoginPolicyRow>;
  readonly states: StateReader<LoginPolicyEvent, PolicyState>;
  readonly runner: ProjectionRunner<LoginPolicyEvent, LoginPolicyRow> | undefined;
}

/** Takes reads as callers give them: checks the input, then answers. */
export class ReadDesk {
  readonly #store: EventStore;
  readonly #sources: ReadSources;
  readonly #policies: PolicyReader;

  constructor(store: EventStore, sources: ReadSources) {
    this.#store = store;
    this.#sources = sources;
    this.#policies = new PolicyReader(sources.model, sources.states);
  }

  policy(owner: unknown, options: unknown): Promise<ReadAnswer<{ readonly policy: LoginPolicyView }>> {
    return this.#read(
      () => parseOwner(owner, 'owner'),
      options,
      async (of, read) => found(await this.#policies.own(of, read), of),
    );
  }

  effectivePolicy(organization: unknown, options: unknown): Promise<ReadAnswer<{ readonly policy: LoginPolicyView }>> {
    return this.#read(
      () => parseOrganization(organization, 'owner'),
      options,
      async (of, read) => found(await this.#policies.effective(of, read), { instanceId: of.instanceId }),
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
        const answer = found(await this.#policies.effective(of, read), { instanceId: of.instanceId });
        if (answer.outcome === 'rejected') return answer;
        const { owner: answering_, isDefault, details } = answer.policy;
        return { outcome: 'found', owner: answering_, isDefault, details, items: itemsOf(answer.policy) };
      },
    );
  }

  history(owner: unknown, options: unknown): Promise<ReadAnswer<History>> {
    return answering(
      () => ({ of: parseOwner(owner, 'owner'), wanted: parseHistoryRead(options) }),
      async ({ of, wanted }) => ({ outcome: 'found', ...(await readHistory(this.#store, policyStream(of), wanted)) }),
    );
  }

  customized(instance: unknown, options: unknown): Promise<ReadAnswer<CustomizedOrganizations>> {
    return answering(
      () => ({ of: parseInstance(instance, 'instance'), wanted: parseListing(options) }),
      async ({ of, wanted: { after, limit, ...read } }) => {
        this.#refuseWhenStopped();
        await this.#policies.waitFor(read);
        const rows = await this.#sources.model.query({
          index: CUSTOM_IN,
          value: of.instanceId,
          limit,
          ...(after !== undefined && { afterKey: policyStream({ ...of, ...parseAfter(after, of) }) }),
        });
        const organizations = rows.map(({ key }) => ownerOfStream(parseStreamId(key))).filter(isOrganization);
        return {
          outcome: 'found',
          organizations,
          next: rows.length < limit ? undefined : organizations.at(-1)?.organizationId,
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
      ({ of, read }) => {
        if (read.asOf === undefined) this.#refuseWhenStopped();
        return answer(of, read);
      },
    );
  }

  /** A read model that stands still must not answer as if it were up to date. */
  #refuseWhenStopped(): void {
    const { runner } = this.#sources;
    if (runner?.state === 'stopped') throw runner.failure;
  }
}

function parseAfter(value: unknown, instance: { readonly instanceId: string }): Organization {
  return parseOrganization({ ...instance, organizationId: parseId(value, 'options.after') }, 'options.after');
}

function found(policy: LoginPolicyView | undefined, owner: Owner): ReadAnswer<{ readonly policy: LoginPolicyView }> {
  if (policy !== undefined) return { outcome: 'found', policy };
  return rejected({ reason: 'policy-not-found' }, { owner, sequence: 0n });
}

import type { PolicyChange } from '@login-policy/domain';
import type { Backtest } from '@login-policy/domain/backtest';
import type { RolloutCommand } from '@login-policy/domain/rollout';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import {
  withMembers,
  type AuditPageJson,
  type PolicyCommand,
  type CustomizedJson,
  type DoneJson,
  type HistoryRead,
  type EvaluationJson,
  type PolicyRead,
  type PreviewJson,
  type WholePoliciesJson,
} from './answers.js';
import type { ApiClient } from './api-client.js';
import { acknowledgeHeader, queryOf, reasonHeader } from './api-headers.js';
import { proposalsOverApi } from './proposals-over-api.js';
import type { Proposing } from './proposing.js';
import type {
  AuditFilter,
  CustomListOptions,
  HistoryPart,
  ExecuteOptions,
  Policies,
  PreviewConditions,
  RolloutRunOptions,
  RolloutRun,
} from './policies.js';
import type { PolicyRef } from './policy-ref.js';
import { lookBackOverApi, type LookingBack } from './looking-back.js';
import { rolloutOverApi } from './rollout-over-api.js';

/** The number of policies per request. */
const PAGE = 1000;

/** The number of ids per request. With the longest ids, more would exceed the body size limit of a server. */
const IDS_PER_REQUEST = 200;

/** The login policies behind the API of a server. */
export class ApiPolicies implements Policies {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  policy(ref: PolicyRef, asOf?: string): Promise<PolicyRead> {
    return this.#api.json({ route: `whole${queryOf({ asOf })}`, ref }, withMembers<PolicyRead>('policy'));
  }

  async history(ref: PolicyRef, { direction, fromSequence, limit }: HistoryPart): Promise<HistoryRead> {
    const query = queryOf({ direction, limit, fromSequence: fromSequence?.toString() });
    const json = await this.#api.json(
      { route: `history${query}`, ref },
      withMembers<HistoryRead>('entries', 'lastSequence'),
    );
    return { ...HISTORY_MEMBERS, ...json };
  }

  async changes(ref: PolicyRef, from: string, to?: string): Promise<readonly PolicyChange[]> {
    const shape = withMembers<{ readonly changes: readonly PolicyChange[] }>('changes');
    return (await this.#api.json({ route: `diff${queryOf({ from, to })}`, ref }, shape)).changes;
  }

  customized(options: CustomListOptions): Promise<CustomizedJson> {
    const shape = withMembers<CustomizedJson>('organizationIds');
    return this.#api.json({ route: `organizations/custom${queryOf({ ...options })}` }, shape);
  }

  wholePolicies(after: string | undefined): Promise<WholePoliciesJson> {
    const shape = withMembers<WholePoliciesJson>('policies', 'unreadable');
    return this.#api.json({ route: `organizations/policies${queryOf({ after, limit: PAGE })}` }, shape);
  }

  evaluate(organizationId: string, attempt: object, asOf?: string): Promise<EvaluationJson> {
    const position = asOf === undefined ? undefined : /^@(\d+)$/.exec(asOf)?.[1];
    if (asOf !== undefined && position === undefined)
      throw new Failure(
        EXIT.usage,
        'Over the API --as-of must be a position (@1234). Or add at to the file, to use the policy at that instant.',
      );
    const body = { ...attempt, ...(position !== undefined && { position }) };
    const request = { verb: 'POST', route: '_evaluate_sign_in', ref: organizationId, body } as const;
    return this.#api.json(request, withMembers<EvaluationJson>('outcome', 'sentence', 'owner'));
  }

  async preview(ref: PolicyRef, command: PolicyCommand, conditions: PreviewConditions): Promise<PreviewJson> {
    const { acknowledge, beside, id, seen } = conditions;
    const headers = {
      ...acknowledgeHeader(acknowledge),
      ...(seen !== undefined && { 'login-policy-if-seen': seen }),
      ...(id !== undefined && { 'idempotency-key': id, 'x-request-id': id }),
    };
    const body = { command, ...(beside !== undefined && { beside }) };
    const request = { verb: 'POST', route: '_preview', ref, body, headers } as const;
    const shape = withMembers<PreviewJson>('seen', 'sequence', 'events', 'changes', 'warnings', 'affected');
    return { ...PREVIEW_MEMBERS, ...(await this.#api.json(request, shape)) };
  }

  execute(ref: PolicyRef, command: PolicyCommand, { acknowledge, by, id, seen }: ExecuteOptions): Promise<DoneJson> {
    const headers = {
      ...acknowledgeHeader(acknowledge),
      ...reasonHeader(by),
      'login-policy-if-seen': seen,
      ...(id !== undefined && { 'idempotency-key': id, 'x-request-id': id }),
    };
    const request = { verb: 'POST', route: '_execute', ref, body: { command }, headers } as const;
    return this.#api.json(request, withMembers<DoneJson>('details'));
  }

  rollOut(command: RolloutCommand, { acknowledge, by, id }: RolloutRunOptions): RolloutRun {
    const headers = { ...acknowledgeHeader(acknowledge), ...reasonHeader(by) };
    return rolloutOverApi(this.#api, { id, command, headers });
  }

  async lookBack(asked: LookingBack): Promise<Backtest> {
    return lookBackOverApi(this.#api, asked);
  }

  async forbidden(
    changes: readonly { readonly ref: PolicyRef; readonly removes: boolean }[],
  ): Promise<readonly PolicyRef[]> {
    const permitted = new Map<PolicyRef, Permitted>();
    const ids = changes.flatMap(({ ref }) => (ref === undefined ? [] : [ref]));
    for (let begin = 0; begin === 0 || begin < ids.length; begin += IDS_PER_REQUEST) {
      const body = { organizationIds: ids.slice(begin, begin + IDS_PER_REQUEST) };
      const request = { verb: 'POST', route: '_permissions', body } as const;
      const found = await this.#api.json(request, withMembers<Permissions>('default', 'organizations'));
      permitted.set(undefined, found.default);
      for (const { organizationId, ...one } of found.organizations) permitted.set(organizationId, one);
    }
    const isForbidden = ({ ref, removes }: (typeof changes)[number]): boolean =>
      permitted.get(ref)?.mayChange !== true || (removes && permitted.get(ref)?.mayRemove !== true);
    return changes.filter(isForbidden).map(({ ref }) => ref);
  }

  auditPage(filter: AuditFilter, page: { readonly limit: number; readonly after?: string }): Promise<AuditPageJson> {
    return this.#withAuditAdvice(() =>
      this.#api.json({ route: `audit${queryOf({ ...filter, ...page })}` }, withMembers<AuditPageJson>('entries')),
    );
  }

  async *auditExport(filter: AuditFilter, format: string): AsyncGenerator<string, void, undefined> {
    const route = `audit/export${queryOf({ ...filter, format })}`;
    yield* this.#api.texts(await this.#withAuditAdvice(() => this.#api.answer({ route })));
  }

  proposals(): Promise<Proposing> {
    return Promise.resolve(proposalsOverApi(this.#api));
  }

  /** A plan made over the API has no position: each of its steps names an event. */
  head(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  hasPosition(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async #withAuditAdvice<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (caught) {
      if (!(caught instanceof Failure) || !caught.message.includes(' answers 404')) throw caught;
      const advice = 'Open it with an audit log (createApi({ auditLog })), or use --store.';
      throw new Failure(EXIT.refused, `The server at ${this.#api.address.url} has no audit log. ${advice}`);
    }
  }
}

/** The members that the library adds to its JSON of an answer. */
const HISTORY_MEMBERS = { outcome: 'found', kind: 'history' };
const PREVIEW_MEMBERS = { outcome: 'found', kind: 'preview' };

interface Permitted {
  readonly mayChange: boolean;
  readonly mayRemove: boolean;
}

interface Permissions {
  readonly default: Permitted;
  readonly organizations: readonly (Permitted & { readonly organizationId: string })[];
}

import {
  describeSignIn,
  toJson,
  type Answer,
  type AsOf,
  type CommandInput,
  type InstanceRef,
  type LoginPolicies,
  type OwnerRef,
  type PolicyChange,
  type SignInAttempt,
} from '@login-policy/domain';
import type { Backtest } from '@login-policy/domain/backtest';
import { previewCommand } from '@login-policy/domain/preview';
import { type RolloutCommand, rollOut } from '@login-policy/domain/rollout';
import { parsePosition, positionToString, START, type Store } from '@login-policy/event-sourcing';
import { parseMoment } from '../commands/moment.js';
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
  type JsonCheck,
  type WholePoliciesJson,
} from './answers.js';
import { auditOfStore, type StoreAudit } from './audit-of-store.js';
import { proposalsInStore, type StoreProposing } from './proposals-in-store.js';
import type { Proposing } from './proposing.js';
import { customizedIn } from './customized-in-store.js';
import { accepted } from './accepted.js';
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
import { lookBackInStore, type LookingBack } from './looking-back.js';
import { rolloutInStore } from './rollout-in-store.js';

/** The parts of a session on a store. */
export interface StoreParts {
  readonly store: Store;
  readonly loginPolicies: LoginPolicies;
  readonly instance: InstanceRef;
  /** Brings the rows up to date. They may be in memory, and then that is a read of all events. */
  readonly rows: () => Promise<void>;
  /** Ends what reads all events. */
  readonly interrupted: AbortSignal;
}

/** The login policies of an instance in a store that this process opened. */
export class StorePolicies implements Policies {
  readonly #store: Store;
  readonly #policies: LoginPolicies;
  readonly #instance: InstanceRef;
  readonly #bringRows: () => Promise<void>;
  readonly #interrupted: AbortSignal;
  #rows: Promise<void> | undefined;
  #audit: Promise<StoreAudit> | undefined;
  #proposals: Promise<StoreProposing> | undefined;

  constructor({ instance, interrupted, loginPolicies, rows, store }: StoreParts) {
    this.#interrupted = interrupted;
    this.#bringRows = rows;
    this.#store = store;
    this.#policies = loginPolicies;
    this.#instance = instance;
  }

  async policy(ref: PolicyRef, asOf?: string): Promise<PolicyRead> {
    const moment = asOf === undefined ? await this.#now() : parseMoment(asOf);
    const options = moment === undefined ? {} : { asOf: moment };
    const read =
      ref === undefined
        ? this.#policies.policy(this.#instance, options)
        : this.#policies.effectivePolicy({ ...this.#instance, organizationId: ref }, options);
    return jsonOf(await read, withMembers<PolicyRead>('policy'));
  }

  async history(ref: PolicyRef, part: HistoryPart): Promise<HistoryRead> {
    return jsonOf(await this.#policies.history(this.#owner(ref), part), withMembers<HistoryRead>('entries'));
  }

  async changes(ref: PolicyRef, from: string, to?: string): Promise<readonly PolicyChange[]> {
    const end = to === undefined ? await this.#now() : parseMoment(to);
    const span = { from: parseMoment(from), ...(end !== undefined && { to: end }) };
    return accepted(await this.#policies.diff(this.#owner(ref), span)).changes;
  }

  async customized(options: CustomListOptions): Promise<CustomizedJson> {
    await this.#caughtUp();
    return customizedIn(this.#policies, this.#instance, options);
  }

  async wholePolicies(after: string | undefined): Promise<WholePoliciesJson> {
    await this.#caughtUp();
    const options = { limit: 1000, ...(after !== undefined && { after }) };
    const { next, policies, unreadable } = accepted(await this.#policies.customPolicies(this.#instance, options));
    const whole = policies.map((policy) => jsonOf({ outcome: 'found', kind: 'policy', policy }, IS_POLICY).policy);
    return { policies: whole, unreadable, ...(next !== undefined && { next }) };
  }

  async evaluate(organizationId: string, attempt: object, asOf?: string): Promise<EvaluationJson> {
    if (!isAttempt(attempt)) throw new Error('expected a sign-in as an object');
    await this.#caughtUp();
    const options = asOf === undefined ? {} : { asOf: parseMoment(asOf) };
    const judged = await this.#policies.evaluateSignIn({ ...this.#instance, organizationId }, attempt, options);
    const json = jsonOf(judged, withMembers<Omit<EvaluationJson, 'sentence'>>('owner', 'isDefault'));
    return { ...json, sentence: describeSignIn(judged) };
  }

  async preview(ref: PolicyRef, command: PolicyCommand, conditions: PreviewConditions): Promise<PreviewJson> {
    const { acknowledge, beside, id, seen } = conditions;
    // That of one organization is from its events and those of the default.
    if (ref === undefined || beside !== undefined) await this.#caughtUp();
    const options = {
      acknowledge,
      ...(beside !== undefined && { beside }),
      ...(seen !== undefined && { ifSeen: seen }),
      ...(id !== undefined && { correlationId: id, idempotencyKey: id }),
    };
    const preview = await previewCommand(this.#policies, this.#owner(ref), inputOf(command), options);
    return jsonOf(preview, withMembers<PreviewJson>('seen', 'sequence', 'events', 'changes', 'warnings', 'affected'));
  }

  async execute(
    ref: PolicyRef,
    command: PolicyCommand,
    { acknowledge, by, id, seen }: ExecuteOptions,
  ): Promise<DoneJson> {
    const options = {
      ...by,
      acknowledge,
      ifSeen: seen,
      ...(id !== undefined && { correlationId: id, idempotencyKey: id }),
    };
    return jsonOf(
      await this.#policies.execute(this.#owner(ref), inputOf(command), options),
      withMembers<DoneJson>('details'),
    );
  }

  rollOut(command: RolloutCommand, { by, ...how }: RolloutRunOptions): RolloutRun {
    return rolloutInStore(
      (bound) => rollOut(this.#policies, this.#instance, command, { ...by, ...how, ...bound }),
      () => this.#caughtUp(),
    );
  }

  async lookBack(asked: LookingBack): Promise<Backtest> {
    await this.#caughtUp();
    return lookBackInStore(this.#policies, this.#instance, asked);
  }

  /** A user who can open the store may change everything in it. */
  forbidden(): Promise<readonly PolicyRef[]> {
    return Promise.resolve([]);
  }

  async proposals(): Promise<Proposing> {
    await this.#caughtUp();
    const sources = { store: this.#store, loginPolicies: this.#policies, interrupted: this.#interrupted };
    return (this.#proposals ??= proposalsInStore(sources, this.#instance));
  }

  async auditPage(
    filter: AuditFilter,
    page: { readonly limit: number; readonly after?: string },
  ): Promise<AuditPageJson> {
    return (await this.#openAudit()).page(filter, page);
  }

  async *auditExport(filter: AuditFilter, format: string): AsyncGenerator<string, void, undefined> {
    yield* (await this.#openAudit()).export(filter, format);
  }

  async head(): Promise<string | undefined> {
    return positionToString(await this.#store.eventStore.head());
  }

  hasPosition(position: string): Promise<boolean> {
    return this.#store.eventStore.knows(parsePosition(position));
  }

  /** Closes only what this session opened. */
  async close(): Promise<void> {
    await (await this.#audit)?.close();
    await (await this.#proposals)?.end();
  }

  /** The end of a store without rows, up to which a policy's own events are read: that takes no other events. */
  async #now(): Promise<AsOf | undefined> {
    if (this.#store.readModelUpdates === 'inline') return undefined;
    const position = await this.#store.eventStore.head();
    return position === START ? undefined : { position };
  }

  #caughtUp(): Promise<void> {
    return (this.#rows ??= this.#bringRows());
  }

  #openAudit(): Promise<StoreAudit> {
    return (this.#audit ??= auditOfStore(this.#store, this.#instance, this.#interrupted));
  }

  #owner(ref: PolicyRef): OwnerRef {
    return ref === undefined ? this.#instance : { ...this.#instance, organizationId: ref };
  }
}

const IS_POLICY = withMembers<PolicyRead>('policy');

/** An answer of the library as JSON. @throws Refused */
function jsonOf<Json>(answer: Answer, shape: JsonCheck<Json>): Json & object {
  const json = toJson(accepted(answer));
  if (shape(json)) return json;
  throw new Error('unexpected shape of an answer of the library');
}

function inputOf(command: PolicyCommand): CommandInput {
  return command.type === 'revert' ? { type: 'revert', to: parseMoment(command.to) } : command;
}

/** Whether the value can be passed to the domain, which checks its members and reports errors. */
function isAttempt(attempt: object): attempt is SignInAttempt {
  return !Array.isArray(attempt);
}

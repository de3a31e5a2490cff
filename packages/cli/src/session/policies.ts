import type { Acknowledgement, CommandInput, MultiFactor, PolicyChange, SecondFactor } from '@login-policy/domain';
import type { LockOut } from '@login-policy/domain/model';
import type { RolloutCommand } from '@login-policy/domain/rollout';
import type { Backtest } from '@login-policy/domain/backtest';
import type { Actor } from './actor.js';
import type {
  AuditPageJson,
  PolicyCommand,
  CustomizedJson,
  DoneJson,
  HistoryRead,
  EvaluationJson,
  PolicyRead,
  PreviewJson,
  ProgressJson,
  ReportJson,
  StepJson,
  WholePoliciesJson,
} from './answers.js';
import type { LookingBack } from './looking-back.js';
import type { Proposing } from './proposing.js';
import type { PolicyRef } from './policy-ref.js';

/** Which part of a history to read. */
export interface HistoryPart {
  readonly direction?: 'backwards' | 'forwards';
  readonly limit: number;
  readonly fromSequence?: bigint;
}

/** Which organizations with a custom policy to list: those whose policy matches the filter, by page. */
export interface CustomListOptions {
  readonly allowing?: SecondFactor | MultiFactor;
  readonly warned?: LockOut;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** The actor and the conditions of a command. */
export interface ExecuteOptions {
  readonly by: Actor;
  readonly acknowledge: readonly Acknowledgement[];
  /** The `seen` of its preview. The command is refused if anything that the preview depended on has changed. */
  readonly seen: string;
  /** The idempotency key, which is also the correlation id in the history: visible ASCII. */
  readonly id?: string;
}

/** The conditions of a preview. */
export interface PreviewConditions {
  readonly acknowledge: readonly Acknowledgement[];
  /** The other steps of the same plan. */
  readonly beside?: {
    /** For an organization: the command on the default policy. */
    readonly byDefault?: CommandInput;
    /** For the default policy: the organizations that have a step of their own. */
    readonly organizationIds?: readonly string[];
  };
  /** As for the command. */
  readonly seen?: string;
  /** The id of the command: what it recorded counts as seen. */
  readonly id?: string;
}

/** Which rollout, and its actor. */
export interface RolloutRunOptions {
  readonly id: string;
  readonly by: Actor;
  readonly acknowledge: readonly Acknowledgement[];
}

/** One command for all policies. */
export interface RolloutRun {
  /** The steps of its plan, some policies at a time. */
  plan(): AsyncIterable<readonly StepJson[]>;
  /** Carries it out on the policies as its plan saw them, until the signal fires. */
  carryOut(seen: readonly string[], signal: AbortSignal): AsyncIterable<ProgressJson>;
  /** The report from its events; `undefined` without events. */
  report(): Promise<ReportJson | undefined>;
}

/** A filter of the audit log, with the names of the library. */
export type AuditFilter = Readonly<Record<string, string>>;

/**
 * The login policies of one instance, in a store or behind the API of a server. Commands do not depend on which.
 *
 * A refusal is thrown as `Refused`. Any other problem is a `Failure` with advice, or a fault of the store.
 */
export interface Policies {
  /** The default policy, or the effective policy of an organization, now or at a moment. */
  policy(ref: PolicyRef, asOf?: string): Promise<PolicyRead>;
  history(ref: PolicyRef, part: HistoryPart): Promise<HistoryRead>;
  /** The changes between two moments; without the second one, until now. */
  changes(ref: PolicyRef, from: string, to?: string): Promise<readonly PolicyChange[]>;
  customized(options: CustomListOptions): Promise<CustomizedJson>;
  /** A page of whole custom policies. */
  wholePolicies(after: string | undefined): Promise<WholePoliciesJson>;
  evaluate(organizationId: string, attempt: object, asOf?: string): Promise<EvaluationJson>;
  preview(ref: PolicyRef, command: PolicyCommand, conditions: PreviewConditions): Promise<PreviewJson>;
  execute(ref: PolicyRef, command: PolicyCommand, options: ExecuteOptions): Promise<DoneJson>;
  rollOut(command: RolloutCommand, options: RolloutRunOptions): RolloutRun;
  proposals(): Promise<Proposing>;
  /** What a change would have meant for recorded sign-ins. */
  lookBack(asked: LookingBack): Promise<Backtest>;
  /** Those policies that the caller may not change or, where requested, remove. */
  forbidden(changes: readonly { readonly ref: PolicyRef; readonly removes: boolean }[]): Promise<readonly PolicyRef[]>;
  auditPage(filter: AuditFilter, page: { readonly limit: number; readonly after?: string }): Promise<AuditPageJson>;
  auditExport(filter: AuditFilter, format: string): AsyncIterable<string>;
  /** The end of the log, if it is known. A plan names it. */
  head(): Promise<string | undefined>;
  /** Whether a position belongs to this history; `true` if that can't be checked. */
  hasPosition(position: string): Promise<boolean>;
}

import type { MultiFactor, PolicyChange, RolloutCommand, SecondFactor } from '@login-policy/domain';
import type { LockOut } from '@login-policy/domain/model';
import type { Actor } from '../changes/change-options.js';
import type {
  AuditPageJson,
  PolicyCommand,
  CustomizedJson,
  DoneJson,
  HistoryRead,
  JudgedJson,
  PolicyRead,
  PreviewJson,
  ProgressJson,
  ReportJson,
  StepJson,
  WholePoliciesJson,
} from './answers.js';

/** An organization, or `undefined` for the default policy. */
export type PolicyRef = string | undefined;

/** Which part of a history. */
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

/** Who gives a command, and on which conditions. */
export interface ExecuteOptions {
  readonly by: Actor;
  readonly acknowledge: readonly LockOut[];
  /** Where the policy stood: refused if it does not stand there any more. */
  readonly seen: { readonly sequence: string; readonly eventId?: string | undefined };
  /** Under which it is carried out once, and found again in the history: visible ASCII. */
  readonly id?: string;
}

/** Which rollout, and who gives it. */
export interface RolloutHow {
  readonly id: string;
  readonly by: Actor;
  readonly acknowledge: readonly LockOut[];
}

/** One command for all policies. */
export interface RolloutRun {
  /** What it would do, some policies at a time. */
  plan(): AsyncIterable<readonly StepJson[]>;
  /** Does it, until the signal fires. */
  carryOut(signal: AbortSignal): AsyncIterable<ProgressJson>;
  /** From its events; `undefined` where it has none. */
  report(): Promise<ReportJson | undefined>;
}

/** What a filter of the audit log holds, by the names of the library. */
export type AuditWanted = Readonly<Record<string, string>>;

/**
 * The login policies of one instance, wherever they are kept: in a store, or behind the API of a server. Commands don't know which.
 *
 * What is refused is thrown as `Refused`; what can't be answered as a `Failure` that says what to do, or as a fault of the store.
 */
export interface Policies {
  /** The default policy, or what holds for an organization, now or at a moment. */
  policy(of: PolicyRef, asOf?: string): Promise<PolicyRead>;
  history(of: PolicyRef, part: HistoryPart): Promise<HistoryRead>;
  /** What differs between two moments; without the second, until now. */
  changes(of: PolicyRef, from: string, to?: string): Promise<readonly PolicyChange[]>;
  customized(kind: CustomListOptions): Promise<CustomizedJson>;
  /** A page of whole custom policies. */
  wholePolicies(after: string | undefined): Promise<WholePoliciesJson>;
  evaluate(organizationId: string, attempt: object, asOf?: string): Promise<JudgedJson>;
  preview(of: PolicyRef, command: PolicyCommand, acknowledge: readonly LockOut[]): Promise<PreviewJson>;
  execute(of: PolicyRef, command: PolicyCommand, how: ExecuteOptions): Promise<DoneJson>;
  rollOut(command: RolloutCommand, how: RolloutHow): RolloutRun;
  /** Of some policies, those that the caller may not change or, where it is said, remove. */
  forbidden(changes: readonly { readonly of: PolicyRef; readonly removes: boolean }[]): Promise<readonly PolicyRef[]>;
  auditPage(filter: AuditWanted, page: { readonly limit: number; readonly after?: string }): Promise<AuditPageJson>;
  auditExport(filter: AuditWanted, format: string): AsyncIterable<string>;
  /** The end of the log, where that is known; a plan names it. */
  head(): Promise<string | undefined>;
  /** Whether a position is of this history, where that can be said. */
  knows(position: string): Promise<boolean>;
}

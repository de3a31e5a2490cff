import type { CommandInput, IdentityProvider, PolicyChange, PolicyCount } from '@login-policy/domain';
import type { ChangeWarnings, PeopleByChange, PeopleUnknown, WarningName } from '@login-policy/domain/model';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';

/** The owner of the policy in a result. */
export interface OwnerJson {
  readonly instanceId: string;
  /** Absent for the default policy. */
  readonly organizationId?: string;
}

/** A policy as JSON: sequences are text, instants and lifetimes are in ISO 8601. */
export interface PolicyJson {
  readonly owner: OwnerJson;
  readonly isDefault: boolean;
  readonly settings: SettingsJson;
  readonly secondFactors: readonly string[];
  readonly multiFactors: readonly string[];
  readonly identityProviders: readonly IdentityProvider[];
  readonly details: DetailsJson;
  readonly eventId: string;
}

/** The settings of a policy. */
export type SettingsJson = Readonly<Record<string, unknown>> & { readonly lifetimes: Readonly<Record<string, string>> };

interface DetailsJson {
  readonly sequence: string;
  readonly creationDate: string;
  readonly changeDate: string;
}

/** The result of reading a policy. */
export interface PolicyRead {
  readonly kind: 'policy';
  readonly policy: PolicyJson;
  /** What the answer depended on; absent for a policy in the past. */
  readonly seen?: string;
}

/** An event in a history. */
export interface HistoryEntryJson {
  readonly sequence: string;
  readonly eventId: string;
  readonly type: string;
  readonly recordedAt: string;
  readonly actor: string;
  readonly reason?: string;
  readonly correlationId: string;
  readonly changes: readonly PolicyChange[];
}

/** The history of a policy. */
export interface HistoryRead {
  readonly lastSequence: string;
  readonly entries: readonly HistoryEntryJson[];
}

/** The preview of a command. */
export interface PreviewJson {
  /** What the preview depended on. */
  readonly seen: string;
  readonly sequence: string;
  readonly eventId?: string;
  readonly events: readonly { readonly type: string }[];
  readonly changes: readonly PolicyChange[];
  readonly warnings: ChangeWarnings;
  /** Organizations. */
  readonly affected: { readonly count?: number };
  /** The users whom the change affects, or why that is unknown. */
  readonly people?: PeopleByChange | PeopleUnknown;
  /** Custom policies that still allow what the command removes from the default. */
  readonly stillAllowing?: PolicyCount | 'unknown';
}

/** The result of a command. */
export interface DoneJson {
  readonly details: DetailsJson;
}

/** A policy that could not be changed or read, and why. */
export interface RefusalJson {
  readonly owner: OwnerJson;
  readonly reason: string;
  readonly message: string;
}

/** The plan of a rollout for one policy. */
export type StepJson =
  | {
      readonly owner: OwnerJson;
      readonly outcome: 'would-change';
      readonly seen: string;
      readonly warnings: { readonly introduced: readonly { readonly warning: WarningName }[] };
      readonly people?: PeopleByChange | PeopleUnknown;
    }
  | { readonly owner: OwnerJson; readonly outcome: 'nothing-to-do'; readonly seen: string }
  | (RefusalJson & { readonly outcome: 'would-be-refused'; readonly seen?: string });

/** The report of a rollout. */
export interface ReportJson {
  readonly changed: number;
  readonly unchanged: number;
  readonly pending: number;
  readonly refused: readonly RefusalJson[];
  readonly stillAllowing?: PolicyCount | 'unknown';
}

/** The progress of a rollout. */
export interface ProgressJson {
  readonly done: number;
  readonly of: number;
  readonly changed: number;
  readonly refusals: readonly RefusalJson[];
}

/** The evaluation of a sign-in. */
export interface EvaluationJson {
  readonly outcome: string;
  readonly sentence: string;
  readonly validUntil?: string;
  readonly isDefault: boolean;
  readonly owner: OwnerJson;
}

/** An entry of the audit log. */
export interface AuditEntryJson {
  readonly recordedAt: string;
  readonly actor: string;
  readonly instanceId: string;
  readonly organizationId?: string;
  readonly sequence: string;
  readonly type: string;
  readonly data: object;
  readonly reason?: string;
}

/** A page of the audit log. */
export interface AuditPageJson {
  readonly entries: readonly AuditEntryJson[];
  readonly next?: string;
}

/** A page of the organizations with a custom policy. */
export interface CustomizedJson {
  readonly organizationIds: readonly string[];
  readonly next?: string;
  /** Only on the first page. */
  readonly total?: PolicyCount;
  readonly unreadable?: PolicyCount;
}

/** A page of custom policies. */
export interface WholePoliciesJson {
  readonly policies: readonly PolicyJson[];
  readonly unreadable: readonly RefusalJson[];
  readonly next?: string;
}

/** A command from a command line or a file, as JSON. */
export type PolicyCommand =
  Exclude<CommandInput, { readonly type: 'revert' }> | { readonly type: 'revert'; readonly to: string };

/** The policy refused the command, in a store or over the API. */
export class Refused extends Failure {
  /**
   * The library's reason, such as `policy-not-found` or `invalid-argument`. For an error that only the API reports, the
   * id of the error.
   */
  readonly reason: string;
  /** The input member that is malformed, if the refusal is about one. */
  readonly field: string | undefined;

  constructor(message: string, { field, reason }: { readonly reason: string; readonly field?: string | undefined }) {
    super(reason === 'invalid-argument' ? EXIT.usage : EXIT.refused, message);
    this.name = 'Refused';
    this.reason = reason;
    this.field = field;
  }
}

/** A check of the members that a kind of result must have. Nested members are not checked. */
export type JsonCheck<Json> = (value: object) => value is Json & object;

/** Creates a check that a result has these members. */
export function withMembers<Json>(...members: readonly (keyof Json & string)[]): JsonCheck<Json> {
  return (value): value is Json & object => members.every((name) => name in value);
}

import type { CommandInput, IdentityProvider, PolicyChange } from '@login-policy/domain';
import type { ChangeWarnings, WarningName } from '@login-policy/domain/model';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';

/** Whose policy an answer is of. */
export interface OwnerJson {
  readonly instanceId: string;
  /** Left out of the default policy. */
  readonly organizationId?: string;
}

/** A policy as JSON has it: sequences are text, instants ISO 8601, lifetimes ISO 8601. */
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

/** Its settings. */
export type SettingsJson = Readonly<Record<string, unknown>> & { readonly lifetimes: Readonly<Record<string, string>> };

interface DetailsJson {
  readonly sequence: string;
  readonly creationDate: string;
  readonly changeDate: string;
}

/** A policy that was read. */
export interface PolicyRead {
  readonly kind: 'policy';
  readonly policy: PolicyJson;
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

/** What happened to a policy. */
export interface HistoryRead {
  readonly lastSequence: string;
  readonly entries: readonly HistoryEntryJson[];
}

/** What a command would do. */
export interface PreviewJson {
  readonly sequence: string;
  readonly eventId?: string;
  readonly events: readonly { readonly type: string }[];
  readonly changes: readonly PolicyChange[];
  readonly warnings: ChangeWarnings;
  readonly affected: { readonly count?: number };
  readonly users?: { readonly having: number | 'unknown'; readonly havingNothingElse: number | 'unknown' };
}

/** What a command did. */
export interface DoneJson {
  readonly details: DetailsJson;
  readonly stillAllowing?: number | 'unknown';
}

/** A policy that a rollout does not change although it has something to do there. */
export interface RefusalJson {
  readonly owner: OwnerJson;
  readonly reason: string;
  readonly message: string;
}

/** What a rollout would do to one policy. */
export type StepJson =
  | {
      readonly owner: OwnerJson;
      readonly outcome: 'would-change';
      readonly warnings: { readonly introduced: readonly { readonly warning: WarningName }[] };
    }
  | { readonly owner: OwnerJson; readonly outcome: 'nothing-to-do' }
  | (RefusalJson & { readonly outcome: 'would-be-refused' });

/** Where a rollout stands. */
export interface ReportJson {
  readonly changed: number;
  readonly unchanged: number;
  readonly pending: number;
  readonly refused: readonly RefusalJson[];
  readonly stillAllowing?: number;
}

/** How far a rollout has come. */
export interface ProgressJson {
  readonly done: number;
  readonly of: number;
  readonly changed: number;
  readonly refusals: readonly RefusalJson[];
}

/** How a sign-in is judged. */
export interface JudgedJson {
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

/** A page of the organizations that have a custom policy. */
export interface CustomizedJson {
  readonly organizationIds: readonly string[];
  readonly next?: string;
  /** With the first page. */
  readonly total?: number;
  readonly unreadable?: number;
}

/** A page of custom policies. */
export interface WholePoliciesJson {
  readonly policies: readonly PolicyJson[];
  readonly unreadable: readonly RefusalJson[];
  readonly next?: string;
}

/** A command as a command line or a file gives it: nothing in it but JSON. */
export type PolicyCommand =
  Exclude<CommandInput, { readonly type: 'revert' }> | { readonly type: 'revert'; readonly to: string };

/** The policy refuses what was asked, wherever it is kept. */
export class Refused extends Failure {
  /** Why, as the library has it: `policy-not-found`, `invalid-argument`; of the API what stands for one of these, else its id. */
  readonly reason: string;
  /** Of input that is not of its form: which member. */
  readonly field: string | undefined;

  constructor(message: string, { field, reason }: { readonly reason: string; readonly field?: string | undefined }) {
    super(EXIT.refused, message);
    this.name = 'Refused';
    this.reason = reason;
    this.field = field;
  }
}

/** What an answer has to have to be one of a kind; what stands deeper is as the library writes it. */
export type Shape<Json> = (value: object) => value is Json & object;

/** A check that an answer has these members. */
export function having<Json>(...members: readonly (keyof Json & string)[]): Shape<Json> {
  return (value): value is Json & object => members.every((name) => name in value);
}

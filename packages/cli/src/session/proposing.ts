import type { Acknowledgement } from '@login-policy/domain';
import type { Actor } from './actor.js';
import type { PolicyCommand, PreviewJson } from './answers.js';
import type { PolicyRef } from './policy-ref.js';

/** What is proposed: a command on one policy, or on all. */
export interface ToPropose {
  readonly ref: PolicyRef;
  readonly command: PolicyCommand;
  readonly isEverywhere: boolean;
  /** What the proposer saw of the policy; of all, of the default. */
  readonly seen: string;
}

/** Who proposes, why, and for when. */
export interface ProposeConditions {
  readonly by: Actor;
  readonly acknowledge: readonly Acknowledgement[];
  readonly id?: string;
  readonly at?: string;
  readonly until?: string;
}

/** A proposal as JSON. */
export interface ProposalJson {
  readonly id: string;
  readonly stage: string;
  readonly change: {
    readonly type: string;
    readonly command?: object;
    readonly steps?: readonly { readonly organizationId?: string; readonly command: object }[];
  };
  readonly reason?: string;
  readonly proposer: { readonly actor: string };
  readonly proposedAt: string;
  readonly needed: number;
  readonly approvals: readonly { readonly actor: string; readonly at: string }[];
  readonly at?: string;
  readonly until?: string;
  readonly lateByMs?: number;
  readonly isEmergency: boolean;
  readonly problem?: { readonly message: string };
  readonly voided?: { readonly message: string };
}

/** What a proposal would do now, or why it would be refused. */
export interface ProposalNowJson {
  readonly seen?: readonly string[];
  readonly needed?: number;
  readonly steps?: readonly PreviewJson[];
  readonly message?: string;
}

/** One proposal. */
export interface LookedAtJson {
  readonly proposal: ProposalJson;
  /** While it is asked. */
  readonly now?: ProposalNowJson;
}

/** The proposals of an instance, in a store or behind an API. A refusal is thrown. */
export interface Proposing {
  propose(what: ToPropose, conditions: ProposeConditions): Promise<ProposalJson>;
  list(which: 'all' | 'waiting'): Promise<readonly ProposalJson[]>;
  look(id: string): Promise<LookedAtJson>;
  approve(id: string, seen: readonly string[], by: Actor): Promise<ProposalJson>;
  close(id: string, how: 'reject' | 'withdraw', by: Actor): Promise<ProposalJson>;
}

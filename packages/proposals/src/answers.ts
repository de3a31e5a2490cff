import type { JsonObject, Position } from '@login-policy/event-sourcing';
import type { ProposalRefused } from './refusals.js';
import type { ProposalView } from './view.js';

/** A command on a proposal was accepted. */
export interface ProposalAccepted {
  readonly outcome: 'accepted';
  readonly proposal: ProposalView;
  /** Pass it to a read as `atLeast` to see what was recorded. */
  readonly position: Position;
  /** Whether the same was proposed before under this id. This is then the first answer. */
  readonly isRepeated: boolean;
}

/** The outcome of a command on a proposal. */
export type ProposalAnswer = ProposalAccepted | ProposalRefused;

/** One proposal, and what it would do now. */
export interface ProposalFound {
  readonly outcome: 'found';
  readonly proposal: ProposalView;
  /** While it is asked: what it would do now, or why it would be refused now. */
  readonly now?: ProposalNow | ProposalRefused;
  readonly position: Position;
}

/** What a proposal would do now. All of it is JSON. */
export interface ProposalNow {
  /** Pass it to `approve`: the approval is of exactly this. */
  readonly seen: readonly string[];
  readonly needed: number;
  /** The preview of each step. */
  readonly steps: readonly JsonObject[];
  /** The first page of the plan of a rollout. */
  readonly plan?: JsonObject;
}

/** A page of proposals, by their ids. */
export interface ProposalList {
  readonly outcome: 'found';
  readonly proposals: readonly ProposalView[];
  /** Those of the page that can't be read, and why: a newer program wrote one, or it is damaged. */
  readonly unreadable: readonly { readonly id: string; readonly message: string }[];
  /** Pass it as `after` to get the next page; `undefined` on the last page. */
  readonly next: string | undefined;
  readonly position: Position;
}

/** How many others have to approve a command. */
export interface ApprovalsNeeded {
  readonly outcome: 'found';
  readonly needed: number;
  /** What this depends on: pass it to the command as `ifSeen`. */
  readonly seen: string;
}

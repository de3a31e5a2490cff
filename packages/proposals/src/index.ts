export { openProposals, type ProposalsOptions } from './open-proposals.js';
export type { Proposals } from './proposals.js';
export type {
  ApprovalsNeeded,
  ProposalAccepted,
  ProposalAnswer,
  ProposalFound,
  ProposalList,
  ProposalNow,
} from './answers.js';
export type {
  ProposedChange,
  ProposedRollout,
  ProposedStep,
  RecordedChange,
  RecordedPlan,
  RecordedRollout,
  RecordedStep,
} from './change.js';
export type { DueFailure, DueOptions, DueReport, Timer, TimerOptions } from './due-work.js';
export type { Problem, StepResult } from './events.js';
export type {
  ApproveOptions,
  ByOptions,
  CloseOptions,
  EmergencyOptions,
  ListOptions,
  ProposeOptions,
  ReadOptions,
} from './input.js';
export { oneForWhatMatters, type ChangePreview, type CommandPreview, type NeedsApproval } from './needs-approval.js';
export type { MayApprove } from './parts.js';
export type { Person, Stage } from './proposal.js';
export type { ProposalRefused, ProposalRejection } from './refusals.js';
export type { OnProposalOptions, ProposalTold } from './telling.js';
export type { ProposalView } from './view.js';

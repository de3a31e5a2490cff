import {
  type ConsumeOptions,
  type Consumer,
  type OptionRule,
  type OptionRules,
  parseOptions,
  type Position,
  positionToString,
  type RecordedEvent,
  rule,
} from '@login-policy/event-sourcing';
import { PROPOSAL_CATEGORY } from './events.js';
import type { ProposalParts } from './parts.js';
import { viewOf, type ProposalView } from './view.js';

/** One event of a proposal, and the proposal as it is by now. */
export interface ProposalTold {
  /** The type of the event, such as `ProposalApproved` (docs/reference/events.md). */
  readonly what: string;
  readonly actor: string;
  readonly reason?: string;
  /** ISO 8601 in UTC. */
  readonly recordedAt: string;
  /** `undefined` where this program can't read it. */
  readonly proposal: ProposalView | undefined;
  readonly position: Position;
  /** Different for each event: receivers recognise a repetition by it. */
  readonly messageId: string;
}

/** The options of a consumer of proposals. */
export interface OnProposalOptions extends Pick<ConsumeOptions, 'from' | 'handleTimeoutMs' | 'name' | 'signal'> {
  /** The events count as told once it resolves, and are told again when it rejects. */
  readonly handle: (
    told: ProposalTold,
    handling: { readonly attempt: number; readonly signal: AbortSignal },
  ) => unknown;
}

const checkedByStore: OptionRule = () => undefined;

const OPTIONS: OptionRules<OnProposalOptions> = {
  name: checkedByStore,
  from: checkedByStore,
  handleTimeoutMs: checkedByStore,
  signal: checkedByStore,
  handle: rule.aFunction,
};

/** Tells the events of proposals, one after another. */
export function consumeProposals(
  { readModel, store }: Pick<ProposalParts, 'readModel' | 'store'>,
  given: OnProposalOptions,
): Consumer {
  const { handle, ...options } = parseOptions(given, 'onProposal', OPTIONS);
  return store.consume({
    ...options,
    filter: { categories: [PROPOSAL_CATEGORY] },
    // One append, which is one command, in each call.
    pageSize: 1,
    async handle(events, { attempt, position, signal }) {
      const stream = events[0]?.streamId;
      if (stream === undefined) return;
      const { rows } = await readModel.read([stream], { atLeast: position, signal });
      const row = rows.get(stream);
      for (const event of events) await handle(toldOf(event, row && viewOf(row)), { attempt, signal });
    },
  });
}

function toldOf(
  { metadata, position, recordedAt, type }: RecordedEvent,
  proposal: ProposalView | undefined,
): ProposalTold {
  const { actor, reason } = metadata;
  return {
    what: type,
    actor,
    ...(reason !== undefined && { reason }),
    recordedAt: new Date(recordedAt).toISOString(),
    proposal,
    position,
    messageId: positionToString(position),
  };
}

import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  RejectedError,
  type CommandAnswer,
  type Details,
  type JudgedSignIn,
  type LoginPolicyList,
  type LoginPolicyView,
  type ReadAnswer,
  type Rejected,
} from '@login-policy/domain';
import { type PolicyFound, isOrganization } from '@login-policy/domain/model';
import { positionToString } from '@login-policy/event-sourcing';
import type { ListDetailsSchema, ListQuery } from '@zitadel/proto/zitadel/object_pb.js';
import type { ApiError } from '../errors/api-error.js';
import { fromRefusedProposal } from '../errors/proposal-refusals.js';
import { fromRejected, fromRejectedCommand, type AbsentAnswer } from '../errors/status.js';
import { listDetailsMessage } from '../messages/details.js';
import type { RefusedByProposals } from '../ports/proposals.js';
import type { Answer } from './call-context.js';

/** The message of every list in the v1 services. */
export interface ListMessage<Item> {
  readonly details: MessageInitShape<typeof ListDetailsSchema>;
  readonly result: Item[];
}

/** Returns the quoted entity tag of a policy. */
export type EtagOf = (policy: EtagParts) => string;

/** The parts of a policy that its tag is made from. */
type EtagParts = Pick<LoginPolicyView, 'owner' | 'details' | 'eventId'>;

/** Converts answers of the domain into answers of the API, and refusals into thrown errors. */
export class PolicyAnswers {
  readonly #absent: AbsentAnswer;
  readonly #refuse: typeof fromRejected;

  constructor(absent: AbsentAnswer, refuse: typeof fromRejected = fromRejected) {
    this.#absent = absent;
    this.#refuse = refuse;
  }

  /** The same conversion with refusals in the names of the library, for a command given as data. */
  get ofData(): PolicyAnswers {
    return new PolicyAnswers(this.#absent, fromRejectedCommand);
  }

  /** @throws ApiError when the command was refused. */
  ofCommand(answer: CommandAnswer): Answer<Details> {
    if (answer.outcome === 'rejected') throw this.#refuse(answer, this.#absent);
    return {
      message: answer.details,
      tag: entityTag(answer.details.sequence, answer.eventId),
      position: positionToString(answer.position),
    };
  }

  /** @throws ApiError when the read was refused. */
  async ofPolicy<Message>(
    answering: Promise<ReadAnswer<PolicyFound>>,
    toMessage: (policy: LoginPolicyView) => Message,
    etagOf: EtagOf = etagOfOwn,
  ): Promise<Answer<Message>> {
    const answer = await answering;
    if (answer.outcome === 'rejected') throw this.#refuse(answer, this.#absent);
    return { message: toMessage(answer.policy), tag: etagOf(answer.policy), seen: answer.seen };
  }

  /** @throws ApiError when the read was refused. */
  async ofList<Item, Content>(
    answering: Promise<ReadAnswer<LoginPolicyList<Item>>>,
    toMessage: (item: Item) => Content,
    { etagOf, query }: { readonly etagOf: EtagOf; readonly query?: ListQuery | undefined },
  ): Promise<Answer<ListMessage<Content>>> {
    const answer = await answering;
    if (answer.outcome === 'rejected') throw this.#refuse(answer, this.#absent);
    const { details, items } = answer;
    const message = { details: listDetailsMessage(details, items.length), result: pageOf(items, query).map(toMessage) };
    return { message, tag: etagOf(answer) };
  }

  /** The judgement of a sign-in, whatever its outcome. @throws ApiError when it was refused. */
  async ofJudgement(judging: Promise<JudgedSignIn | Rejected>): Promise<JudgedSignIn> {
    const answer = await judging;
    if (answer.outcome === 'rejected') throw this.#refuse(answer, this.#absent);
    return answer;
  }

  /** The refusal of a proposal, in the names of the library. */
  ofRefusedProposal(refused: RefusedByProposals): ApiError {
    return fromRefusedProposal(refused, this.#absent);
  }

  /** Converts a thrown error into the API's refusal. */
  ofThrown(caught: unknown): unknown {
    if (!(caught instanceof RejectedError)) return caught;
    const { message, rejection } = caught;
    return this.#refuse({ outcome: 'rejected', rejection, message }, this.#absent);
  }

  /** A successful answer as it is, for routes that format it themselves. @throws ApiError when it was refused. */
  async ofRead<Found extends object>(answering: Promise<ReadAnswer<Found>>): Promise<Found> {
    const answer = await answering;
    if (answer.outcome === 'rejected') throw this.#refuse(answer, this.#absent);
    return answer;
  }
}

/**
 * Always in the order added. `asc` has no effect: ZITADEL documents a descending default, but its server does not sort,
 * and clients rely on that. Without a limit, all items are returned, because the list is short.
 */
function pageOf<Item>(items: readonly Item[], query: ListQuery | undefined): readonly Item[] {
  if (query === undefined) return items;
  const first = Math.min(Number(query.offset), items.length);
  return items.slice(first, query.limit === 0 ? undefined : first + query.limit);
}

/** Increase it when the format of a policy, a list or a history changes, so that cached answers become outdated. */
const REPRESENTATION = 1;

/**
 * The entity tag of a policy at a sequence. It includes the event, because after a restore another event may have the
 * same sequence.
 */
export function entityTag(sequence: bigint, eventId: string | undefined, of = ''): string {
  return eventId === undefined ? `"${of}${sequence}"` : `"${of}${sequence}.${eventId}.${REPRESENTATION}"`;
}

/** The tag of the policy itself. */
export function etagOfOwn({ details, eventId }: EtagParts): string {
  return entityTag(details.sequence, eventId);
}

/**
 * The tag of an organization's effective policy. An inherited policy gets a tag that never matches a state of the
 * organization's own.
 */
export function etagOfEffective({ owner, details, eventId }: EtagParts): string {
  return entityTag(details.sequence, eventId, isOrganization(owner) ? '' : 'default-');
}

import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  isOrganization,
  type CommandAnswer,
  type Details,
  type LoginPolicyList,
  type LoginPolicyView,
  type ReadAnswer,
} from '@login-policy/domain';
import { positionToString } from '@login-policy/event-sourcing';
import type { ListDetailsSchema, ListQuery } from '@zitadel/proto/zitadel/object_pb.js';
import { fromRejected, type AbsentAnswer } from '../errors/status.js';
import { listDetailsMessage } from '../messages/details.js';
import type { Answer } from './call-context.js';

/** What every list of the v1 services answers. */
export interface ListMessage<Item> {
  readonly details: MessageInitShape<typeof ListDetailsSchema>;
  readonly result: Item[];
}

/** Gives the entity tag of the policy that answered, with its quotes. */
export type TagOf = (policy: Pick<LoginPolicyView, 'owner' | 'details'>) => string;

/** Turns the answers of the domain into answers of the API, and its refusals into thrown ones. */
export class PolicyAnswers {
  readonly #absent: AbsentAnswer;

  constructor(absent: AbsentAnswer) {
    this.#absent = absent;
  }

  /** @throws ApiError when the command was refused. */
  ofCommand(answer: CommandAnswer): Answer<Details> {
    if (answer.outcome === 'rejected') throw fromRejected(answer, this.#absent);
    return {
      message: answer.details,
      tag: `"${answer.details.sequence}"`,
      position: positionToString(answer.position),
    };
  }

  /** @throws ApiError when the read was refused. */
  async ofPolicy<Message>(
    answering: Promise<ReadAnswer<{ readonly policy: LoginPolicyView }>>,
    say: (policy: LoginPolicyView) => Message,
    tagOf: TagOf = ownTag,
  ): Promise<Answer<Message>> {
    const answer = await answering;
    if (answer.outcome === 'rejected') throw fromRejected(answer, this.#absent);
    return { message: say(answer.policy), tag: tagOf(answer.policy) };
  }

  /** @throws ApiError when the read was refused. */
  async ofList<Item, Said>(
    answering: Promise<ReadAnswer<LoginPolicyList<Item>>>,
    say: (item: Item) => Said,
    { tagOf, query }: { readonly tagOf: TagOf; readonly query?: ListQuery | undefined },
  ): Promise<Answer<ListMessage<Said>>> {
    const answer = await answering;
    if (answer.outcome === 'rejected') throw fromRejected(answer, this.#absent);
    const { details, items } = answer;
    const message = { details: listDetailsMessage(details, items.length), result: pageOf(items, query).map(say) };
    return { message, tag: tagOf(answer) };
  }

  /** The answer of a read that has no message of its own. @throws ApiError when it was refused. */
  async ofRead<Found extends object>(answering: Promise<ReadAnswer<Found>>): Promise<Found> {
    const answer = await answering;
    if (answer.outcome === 'rejected') throw fromRejected(answer, this.#absent);
    return answer;
  }
}

/**
 * Always in the order added. What `asc` says has no effect here, as it has none in ZITADEL: its documentation speaks of a
 * descending default, but its server does not sort, and clients are used to that. No limit means all there are: the list is
 * short.
 */
function pageOf<Item>(items: readonly Item[], query: ListQuery | undefined): readonly Item[] {
  if (query === undefined) return items;
  const first = Math.min(Number(query.offset), items.length);
  return items.slice(first, query.limit === 0 ? undefined : first + query.limit);
}

/** The tag of the policy that answered. */
export function ownTag({ details }: Pick<LoginPolicyView, 'owner' | 'details'>): string {
  return `"${details.sequence}"`;
}

/** The tag of an organization's effective policy: one it inherits is none of its own states, so its tag is never met. */
export function effectiveTag({ owner, details }: Pick<LoginPolicyView, 'owner' | 'details'>): string {
  return isOrganization(owner) ? `"${details.sequence}"` : `"default-${details.sequence}"`;
}

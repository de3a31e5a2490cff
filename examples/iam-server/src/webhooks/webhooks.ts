import type { LoginPolicies } from '@login-policy/domain';
import { type PolicyChangeTold, onChange } from '@login-policy/domain/changes';
import { positionToString, type Consumer, type ConsumerStatus, type Position } from '@login-policy/event-sourcing';
import type { Proposals, ProposalTold, ProposalView } from '@login-policy/proposals';
import type { Log } from '../log.js';
import { signedHeaders } from './signature.js';
import { loadReceivers, type Receiver } from './webhook-file.js';

/** The status of a receiver. */
export interface ReceiverStatus extends Omit<ConsumerStatus, 'name'> {
  readonly receiver: Receiver;
}

/** The parts of webhooks. */
export interface WebhooksOptions {
  readonly policies: LoginPolicies;
  readonly proposals: Proposals;
  readonly dataFolder: string;
  readonly log: Log;
  /** Where a new receiver begins. */
  readonly head: Position;
}

const ANSWER_MS = 10_000;

/**
 * Sends each policy change to the receivers, each in order and at its own pace: a receiver that fails delays only
 * itself, and is retried until it accepts the message. The receivers are those in `webhooks.json` at the start; their
 * secrets and addresses are read again for each message.
 */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #consumers = new Map<Receiver, Consumer>();
  readonly #ofProposals: Consumer[] = [];

  private constructor(options: WebhooksOptions, receivers: readonly Receiver[]) {
    this.#options = options;
    for (const receiver of receivers) {
      this.#consumers.set(receiver, this.#begin(receiver));
      this.#ofProposals.push(this.#beginProposals(receiver));
    }
  }

  /** @throws CannotStart when the file is malformed. */
  static async open(options: WebhooksOptions): Promise<Webhooks> {
    return new Webhooks(options, (await loadReceivers(options.dataFolder)) ?? []);
  }

  /** The status of all receivers, as this process knows it. */
  get statuses(): readonly ReceiverStatus[] {
    return [...this.#consumers].map(([receiver, consumer]) => ({ receiver, ...consumer.status() }));
  }

  #begin({ name, instanceId }: Receiver): Consumer {
    const { policies, head: from } = this.#options;
    return onChange(policies, {
      name: `iam-server.webhook.${name}`,
      from,
      ...(instanceId !== undefined && { instance: { instanceId } }),
      handle: (change, { attempt, signal }) => {
        const { owner, position } = change;
        const content = (now: Date): object => contentOf(change, now);
        const message = { id: positionToString(position), instanceId: owner.instanceId, content };
        return this.#told(name, message, { attempt, signal });
      },
    });
  }

  /** A consumer of its own: a proposal that a receiver does not take holds up no change. */
  #beginProposals({ name }: Receiver): Consumer {
    const { head: from, proposals } = this.#options;
    return proposals.onProposal({
      name: `iam-server.webhook.${name}.proposals`,
      from,
      handle: async (told, handling) => {
        const { messageId: id, proposal } = told;
        if (proposal === undefined) return;
        const content = (): object => proposalContent(told, proposal);
        await this.#told(name, { id, instanceId: proposal.instanceId, content }, handling);
      },
    });
  }

  async #told(
    name: string,
    message: Message,
    { attempt, signal }: { readonly attempt: number; readonly signal: AbortSignal },
  ): Promise<void> {
    try {
      await this.#send(name, message, signal);
    } catch (caught) {
      // Logged once per message; the receiver's status has the rest.
      if (attempt === 1) this.#options.log.note('warn', `Webhook ${name} did not take a message: ${messageOf(caught)}`);
      throw caught;
    }
  }

  async #send(name: string, { id, instanceId, content }: Message, signal: AbortSignal): Promise<void> {
    const receivers = await loadReceivers(this.#options.dataFolder);
    // A file that is away for a moment, while it is edited, removes nobody: the message waits for it.
    if (receivers === undefined) throw new Error('webhooks.json is gone');
    const receiver = receivers.find((one) => one.name === name);
    // A receiver removed from the file gets no more messages; after the next start it has no consumer. Nor does one get
    // messages of an instance that it is no longer for: its address may be another tenant's by now.
    if (receiver === undefined || (receiver.instanceId ?? instanceId) !== instanceId) return;
    const timestamp = new Date();
    const body = JSON.stringify(content(timestamp));
    const answer = await fetch(receiver.url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...signedHeaders({ id, timestamp, body }, receiver.secrets) },
      // The secrets belong to one address.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    // The body is ignored, however long it is: only the status counts.
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  }
}

/** A message to a receiver. */
interface Message {
  readonly id: string;
  readonly instanceId: string;
  readonly content: (now: Date) => object;
}

/** What became of a proposal. Without actors and reasons, as for a change. */
function proposalContent({ recordedAt, what }: ProposalTold, proposal: ProposalView): object {
  const { at, id, instanceId, isEmergency, needed, stage, until } = proposal;
  const data = { instanceId, id, what, stage, needed, approvals: proposal.approvals.length, isEmergency, at, until };
  return { type: 'login_policy.proposal', timestamp: recordedAt, data };
}

/**
 * Whose policy changed, and what that means. Without the actor and the reason: a receiver that may know them reads the
 * history.
 */
function contentOf(change: PolicyChangeTold, now: Date): object {
  const { isDefault, owner } = change;
  if (change.kind === 'unreadable')
    return { type: 'login_policy.unreadable', timestamp: now.toISOString(), data: { ...owner, isDefault } };
  const { lockedOut, recordedAt, sequence, strengthened, weakened } = change;
  const data = { ...owner, isDefault, sequence: String(sequence), weakened, strengthened, lockedOut };
  return { type: 'login_policy.changed', timestamp: recordedAt.toISO(), data };
}

/** The message of an error; `fetch` hides its reason in the cause. */
export function messageOf(caught: unknown): string {
  if (!(caught instanceof Error)) return 'it failed';
  return caught.cause instanceof Error ? `${caught.message} (${caught.cause.message})` : caught.message;
}

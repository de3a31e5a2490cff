import type { LoginPolicies, PolicyChangeTold } from '@login-policy/domain';
import { positionToString, type Consumer, type ConsumerStatus, type Position } from '@login-policy/event-sourcing';
import type { Log } from '../log.js';
import { signedHeaders } from './signature.js';
import { loadReceivers, type Receiver } from './webhook-file.js';

/** How a receiver is doing. */
export interface ReceiverStatus extends Omit<ConsumerStatus, 'name'> {
  readonly receiver: Receiver;
}

/** What webhooks are made of. */
export interface WebhooksOptions {
  readonly policies: LoginPolicies;
  readonly dataFolder: string;
  readonly log: Log;
  /** Where a receiver begins that is new. */
  readonly head: Position;
}

const ANSWER_MS = 10_000;

/**
 * Tells receivers of each change of a policy, each in order and at its own pace: a receiver that is down holds up itself alone, and is
 * tried again until it takes the message. Receivers are those of `webhooks.json` at the start; their secrets and addresses are read anew
 * for each message.
 */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #consumers = new Map<Receiver, Consumer>();

  private constructor(options: WebhooksOptions, receivers: readonly Receiver[]) {
    this.#options = options;
    for (const receiver of receivers) this.#consumers.set(receiver, this.#begin(receiver));
  }

  /** @throws CannotStart when the file is not of the right form. */
  static async open(options: WebhooksOptions): Promise<Webhooks> {
    return new Webhooks(options, await loadReceivers(options.dataFolder));
  }

  /** How all receivers are doing, as this process knows it. */
  get statuses(): readonly ReceiverStatus[] {
    return [...this.#consumers].map(([receiver, consumer]) => ({ receiver, ...consumer.status() }));
  }

  #begin({ name, instanceId }: Receiver): Consumer {
    const { policies, head: from, log } = this.#options;
    return policies.onChange({
      name: `iam-server.webhook.${name}`,
      from,
      ...(instanceId !== undefined && { instance: { instanceId } }),
      handle: async (change, { attempt, signal }) => {
        try {
          await this.#send(name, change, signal);
        } catch (caught) {
          // Once a message: the state of the receiver says the rest.
          if (attempt === 1) log.note('warn', `Webhook ${name} did not take a message: ${messageOf(caught)}`);
          throw caught;
        }
      },
    });
  }

  async #send(name: string, change: PolicyChangeTold, signal: AbortSignal): Promise<void> {
    const receiver = (await loadReceivers(this.#options.dataFolder)).find((one) => one.name === name);
    // Taken out of the file, it is told nothing more; the next start has no consumer for it.
    if (receiver === undefined) return;
    const timestamp = new Date();
    const body = JSON.stringify(contentOf(change, timestamp));
    const id = positionToString(change.position);
    const answer = await fetch(receiver.url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...signedHeaders({ id, timestamp, body }, receiver.secrets) },
      // A secret is for one address.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    // Whatever it says, and however long it goes on: what counts is the status.
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  }
}

/** Whose policy was changed, and what that means. Not who did it and why: a receiver that may know that reads the history. */
function contentOf(change: PolicyChangeTold, now: Date): object {
  const { isDefault, owner } = change;
  if (change.kind === 'unreadable')
    return { type: 'login_policy.unreadable', timestamp: now.toISOString(), data: { ...owner, isDefault } };
  const { lockedOut, recordedAt, sequence, strengthened, weakened } = change;
  const data = { ...owner, isDefault, sequence: String(sequence), weakened, strengthened, lockedOut };
  return { type: 'login_policy.changed', timestamp: recordedAt.toISO(), data };
}

/** A sentence of what was thrown; `fetch` hides the reason in the cause. */
export function messageOf(caught: unknown): string {
  if (!(caught instanceof Error)) return 'it failed';
  return caught.cause instanceof Error ? `${caught.message} (${caught.cause.message})` : caught.message;
}

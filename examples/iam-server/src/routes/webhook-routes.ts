import type { Caller } from '@login-policy/api';
import { sendJson, type Exchange } from '../http/exchange.js';
import { messageOf, type ReceiverStatus, type Webhooks } from '../webhooks/webhooks.js';

/** Returns the status of the webhooks. */
export class WebhookRoutes {
  readonly #webhooks: Pick<Webhooks, 'statuses'>;

  constructor(webhooks: Pick<Webhooks, 'statuses'>) {
    this.#webhooks = webhooks;
  }

  /** The receivers of the caller's instance. */
  show(exchange: Exchange, { instanceId }: Caller): void {
    const own = this.#webhooks.statuses.filter(({ receiver }) => (receiver.instanceId ?? instanceId) === instanceId);
    sendJson(exchange, { webhooks: own.map(shown) });
  }
}

/** The address without its query, which may contain a secret. */
function shown({ receiver, state, lag, lastFailure }: ReceiverStatus): object {
  const { origin, pathname } = new URL(receiver.url);
  const failure = lastFailure && {
    at: new Date(lastFailure.at).toISOString(),
    message: messageOf(lastFailure.error),
    attempts: lastFailure.attempts,
  };
  return {
    name: receiver.name,
    url: `${origin}${pathname}`,
    state,
    lagSeconds: lag ?? null,
    lastFailure: failure ?? null,
  };
}

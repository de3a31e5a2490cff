import type { Caller } from '@login-policy/api';
import type { Instances } from '../accounts/instances.js';
import { sendJson, type Exchange } from '../http/exchange.js';
import { messageOf, type ReceiverStatus, type Webhooks } from '../webhooks/webhooks.js';

/** Returns the status of the webhooks. */
export class WebhookRoutes {
  readonly #webhooks: Pick<Webhooks, 'statuses'>;
  readonly #instances: Pick<Instances, 'isOnly'>;

  constructor(webhooks: Pick<Webhooks, 'statuses'>, instances: Pick<Instances, 'isOnly'>) {
    this.#webhooks = webhooks;
    this.#instances = instances;
  }

  /** The receivers of the caller's instance. Those of several instances belong to the operator, and are not shown. */
  show(exchange: Exchange, { instanceId }: Caller): void {
    const ofAll = this.#instances.isOnly ? instanceId : undefined;
    const own = this.#webhooks.statuses.filter(({ receiver }) => (receiver.instanceId ?? ofAll) === instanceId);
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

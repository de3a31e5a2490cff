import { holdsGrant, type Caller } from '@login-policy/api';
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
  show(exchange: Exchange, caller: Caller): void {
    const { instanceId } = caller;
    const showsPath = holdsGrant(caller, 'iam.policy.write', { instanceId });
    const ofAll = this.#instances.isOnly ? instanceId : undefined;
    const own = this.#webhooks.statuses.filter(({ receiver }) => (receiver.instanceId ?? ofAll) === instanceId);
    sendJson(exchange, { webhooks: own.map((one) => shown(one, showsPath ? 'with its path' : 'origin only')) });
  }
}

/** The address without its query, which may contain a secret. So may its path, which a viewer does not see. */
function shown(
  { receiver, state, lag, lastFailure }: ReceiverStatus,
  address: 'with its path' | 'origin only',
): object {
  const { origin, pathname } = new URL(receiver.url);
  const failure = lastFailure && {
    at: new Date(lastFailure.at).toISOString(),
    message: messageOf(lastFailure.error),
    attempts: lastFailure.attempts,
  };
  return {
    name: receiver.name,
    url: address === 'origin only' ? origin : `${origin}${pathname}`,
    state,
    lagSeconds: lag ?? null,
    lastFailure: failure ?? null,
  };
}

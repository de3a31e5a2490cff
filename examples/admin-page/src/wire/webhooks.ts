import { isolated } from '../words/isolated.js';
import { listOf, objectOf, textOf } from './json.js';
import { send } from './request.js';

/** A receiver of changes, and its status. */
export interface Webhook {
  readonly name: string;
  readonly url: string;
  readonly state: string;
  /** How far it lags behind; `undefined` if another process delivers to it. */
  readonly lagSeconds: number | undefined;
  readonly lastFailure: { readonly at: string; readonly message: string; readonly attempts: number } | undefined;
}

/** Reads the webhooks. */
export async function readWebhooks(): Promise<readonly Webhook[]> {
  const answer = objectOf(await send({ verb: 'GET', path: '/iam/v1/webhooks' }), 'the webhooks');
  return listOf(answer['webhooks'], 'webhooks', webhookOf);
}

function webhookOf(value: unknown): Webhook {
  const one = objectOf(value, 'a webhook');
  const { lagSeconds, lastFailure } = one;
  return {
    name: isolated(textOf(one['name'], 'name')),
    url: textOf(one['url'], 'url'),
    state: textOf(one['state'], 'state'),
    lagSeconds: typeof lagSeconds === 'number' ? lagSeconds : undefined,
    lastFailure: lastFailure === null || lastFailure === undefined ? undefined : failureOf(lastFailure),
  };
}

function failureOf(value: unknown): Webhook['lastFailure'] {
  const failure = objectOf(value, 'a failure');
  return {
    at: textOf(failure['at'], 'at'),
    message: textOf(failure['message'], 'message'),
    attempts: Number(failure['attempts']),
  };
}

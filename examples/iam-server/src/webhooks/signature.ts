import { createHmac } from 'node:crypto';

/** A message to send. */
export interface Message {
  /** The same in every delivery, so that a receiver can deduplicate. */
  readonly id: string;
  readonly timestamp: Date;
  readonly body: string;
}

const PREFIX = 'whsec_';

/** Whether a text is a Standard Webhooks secret: `whsec_` and 24 to 64 bytes in base64. */
export function isSecret(text: string): boolean {
  const bytes = keyOf(text);
  return text === `${PREFIX}${bytes.toString('base64')}` && bytes.length >= 24 && bytes.length <= 64;
}

/**
 * The headers that authenticate a message (https://www.standardwebhooks.com): signed with each secret, so that a
 * receiver which knows one accepts it during a rotation.
 */
export function signedHeaders({ id, timestamp, body }: Message, secrets: readonly string[]): Record<string, string> {
  const seconds = String(Math.floor(timestamp.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const hmac = createHmac('sha256', keyOf(secret)).update(`${id}.${seconds}.${body}`);
    return `v1,${hmac.digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signatures.join(' ') };
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice(PREFIX.length), 'base64');
}

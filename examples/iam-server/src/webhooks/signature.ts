import { createHmac } from 'node:crypto';

/** A message as it is sent. */
export interface Message {
  /** The same each time it is sent, so that a receiver can take it once. */
  readonly id: string;
  readonly timestamp: Date;
  readonly body: string;
}

const PREFIX = 'whsec_';

/** Whether a text is a secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. */
export function isSecret(text: string): boolean {
  const bytes = keyOf(text);
  return text === `${PREFIX}${bytes.toString('base64')}` && bytes.length >= 24 && bytes.length <= 64;
}

/**
 * The headers by which a receiver knows that a message is ours (https://www.standardwebhooks.com): signed by each of the secrets, so that
 * a receiver which knows one of them takes it while they are rotated.
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

import { join } from 'node:path';
import { z } from 'zod';
import { CannotStart } from '../config.js';
import { readPrivately } from '../data/private-file.js';
import { isSecret } from './signature.js';

/** A receiver of changes. */
export interface Receiver {
  /** The name of its consumer. Another name is another receiver, which gets the changes from then on. */
  readonly name: string;
  readonly url: string;
  /** Newest first; messages are signed with each. */
  readonly secrets: readonly string[];
  /** The instance whose changes it gets. Default: all instances. */
  readonly instanceId?: string | undefined;
}

/** The ports above 100 that `fetch` refuses (https://fetch.spec.whatwg.org/#port-blocking), and 0 to 100 apart from 80. */
const BLOCKED_PORTS = new Set(
  (
    '101 102 103 104 109 110 111 113 115 117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 ' +
    '532 540 548 554 556 563 587 601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 ' +
    '6666 6667 6668 6669 6679 6697 10080'
  ).split(' '),
);

/**
 * Whether `fetch` sends to an address. Over plain HTTP, anybody on the way could read a message and replay it; a user
 * and a password in an address are refused by `fetch`, and would be shown in its messages.
 */
function isAddress(text: string): boolean {
  try {
    const { hostname, password, port, protocol, username } = new URL(text);
    if (username !== '' || password !== '' || BLOCKED_PORTS.has(port) || (port !== '' && Number(port) <= 100))
      return false;
    return protocol === 'https:' || (protocol === 'http:' && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname));
  } catch {
    return false;
  }
}

const schema: z.ZodType<{ readonly receivers: readonly Receiver[] }> = z.strictObject({
  receivers: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[\w.-]{1,100}$/),
        url: z
          .string()
          .refine(
            isAddress,
            'an address of https, or of http on this machine, without a user, and with a port that is not reserved',
          ),
        secrets: z.array(z.string().refine(isSecret, 'whsec_ and 24 to 64 bytes in base64')).min(1).max(5),
        instanceId: z.string().optional(),
      }),
    )
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'Two have the same name'),
});

/** The file of the receivers, with their secrets in clear text. */
export function webhookFile(dataFolder: string): string {
  return join(dataFolder, 'webhooks.json');
}

/** The receivers; `undefined` without a file. @throws CannotStart when it is malformed. */
export async function loadReceivers(dataFolder: string): Promise<readonly Receiver[] | undefined> {
  const file = webhookFile(dataFolder);
  const kept = await readPrivately(file);
  if (kept === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(kept)).receivers;
  } catch (caught) {
    // The content is not shown, because it holds secrets.
    const issue = caught instanceof z.ZodError ? caught.issues[0] : undefined;
    const problem = issue === undefined ? 'it is not JSON' : `${issue.path.join('.')}: ${issue.message}`;
    throw new CannotStart(`${file} (in IAM_DATA) does not name receivers: ${problem}.`, { cause: caught });
  }
}

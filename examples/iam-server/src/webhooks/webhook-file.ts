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

/** Over plain HTTP, anybody on the way could read a message and replay it. */
function isAddress(text: string): boolean {
  try {
    const { hostname, protocol } = new URL(text);
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
        url: z.string().refine(isAddress, 'an address of https, or of http on this machine'),
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

/** The receivers; none without a file. @throws CannotStart when it is malformed. */
export async function loadReceivers(dataFolder: string): Promise<readonly Receiver[]> {
  const file = webhookFile(dataFolder);
  const kept = await readPrivately(file);
  if (kept === undefined) return [];
  try {
    return schema.parse(JSON.parse(kept)).receivers;
  } catch (caught) {
    // The content is not shown, because it holds secrets.
    const issue = caught instanceof z.ZodError ? caught.issues[0] : undefined;
    const problem = issue === undefined ? 'it is not JSON' : `${issue.path.join('.')}: ${issue.message}`;
    throw new CannotStart(`${file} (in IAM_DATA) does not name receivers: ${problem}.`, { cause: caught });
  }
}

import { join } from 'node:path';
import { z } from 'zod';
import { digestOf } from '../accounts/machine-tokens.js';
import type { IamFacts } from './iam-facts.js';
import { readPrivately, writePrivately } from './private-file.js';

const signIn = z.object({ name: z.string(), password: z.string() });
const schema = z.object({
  instanceId: z.string(),
  tokens: z.object({ owner: z.string(), viewer: z.string() }),
  users: z.object({ owner: signIn, viewer: signIn }),
});

interface SignIn {
  readonly name: string;
  readonly password: string;
}

/** The secrets of a first start, in clear. */
export interface Secrets {
  readonly tokens: { readonly owner: string; readonly viewer: string };
  readonly users: { readonly owner: SignIn; readonly viewer: SignIn };
}

/** Where the secrets of the quick start are, the one place that has them in clear. */
export function quickstartFile(dataFolder: string): string {
  return join(dataFolder, 'quickstart.json');
}

/** The secrets an earlier start wrote; `undefined` when the file is gone, damaged, or of other accounts. */
export async function loadSecrets(dataFolder: string, facts: IamFacts): Promise<Secrets | undefined> {
  const text = await readPrivately(quickstartFile(dataFolder));
  if (text === undefined) return undefined;
  const found = schema.safeParse(jsonOf(text));
  if (!found.success || found.data.instanceId !== facts.instance.id) return undefined;
  const { tokens, users } = found.data;
  const isKnown = (token: string): boolean => facts.machines.some((machine) => machine.tokenDigest === digestOf(token));
  return isKnown(tokens.owner) && isKnown(tokens.viewer) ? { tokens, users } : undefined;
}

/** Writes down, for programs, how to reach the server and who may. */
export async function writeQuickstart(
  dataFolder: string,
  { url, facts, secrets }: { readonly url: string; readonly facts: IamFacts; readonly secrets: Secrets },
): Promise<void> {
  const content = {
    url,
    instanceId: facts.instance.id,
    organizationIds: facts.organizations.map(({ id }) => id),
    tokens: secrets.tokens,
    users: secrets.users,
  };
  await writePrivately(quickstartFile(dataFolder), `${JSON.stringify(content, null, 2)}\n`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { join } from 'node:path';
import { z } from 'zod';
import type { Role } from '../accounts/roles.js';
import { CannotStart } from '../config.js';
import { readPrivately } from './private-file.js';

/** A person who signs in with name and password. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly passwordHash: string;
}

/** A program that calls with a token which does not change. */
export interface Machine {
  readonly id: string;
  readonly role: Role;
  readonly tokenDigest: string;
}

/** An organization as the directory knows it. */
export interface DirectoryEntry {
  readonly id: string;
  readonly name: string;
}

/** What the server itself knows: its instance, the organizations, who may sign in. No secret stands in it in clear. */
export interface IamFacts {
  readonly instance: { readonly id: string; readonly name: string };
  readonly organizations: readonly DirectoryEntry[];
  readonly users: readonly User[];
  readonly machines: readonly Machine[];
}

const role = z.enum(['IAM_OWNER', 'IAM_OWNER_VIEWER']);
const text = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'No control characters or lone surrogates');
const passwordHash = z.string().startsWith('$argon2id$');
const schema: z.ZodType<IamFacts> = z.strictObject({
  instance: z.strictObject({ id: text, name: text }),
  organizations: z.array(z.strictObject({ id: text, name: text })).refine(...each('id')),
  users: z
    .array(z.strictObject({ id: text, name: text, role, passwordHash }))
    .refine(...each('id'))
    .refine(...each('name')),
  machines: z.array(z.strictObject({ id: text, role, tokenDigest: text })).refine(...each('id')),
});

/** That no two of a list have the same of something, for whoever edits the file by hand. */
function each<Member extends string>(
  member: Member,
): [(all: readonly Readonly<Record<Member, string>>[]) => boolean, string] {
  return [(all) => new Set(all.map((one) => one[member])).size === all.length, `Two have the same ${member}`];
}

/** Where the facts are kept. */
export function factsFile(dataFolder: string): string {
  return join(dataFolder, 'iam.json');
}

/** The facts of an earlier start; `undefined` when there was none. @throws CannotStart when they can't be read. */
export async function loadFacts(dataFolder: string): Promise<IamFacts | undefined> {
  const kept = await readPrivately(factsFile(dataFolder));
  return kept === undefined ? undefined : parseFacts(kept, factsFile(dataFolder));
}

/** Takes the text of the file. @throws CannotStart */
export function parseFacts(kept: string, file: string): IamFacts {
  try {
    return schema.parse(JSON.parse(kept));
  } catch (caught) {
    const problem = caught instanceof z.ZodError ? z.prettifyError(caught) : String(caught);
    throw new CannotStart(`${file} (in IAM_DATA) is not what this server wrote: ${problem.replaceAll(/\s+/g, ' ')}.`, {
      cause: caught,
    });
  }
}

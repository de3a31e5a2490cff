import { join } from 'node:path';
import { MULTI_FACTORS, SECOND_FACTORS, type MultiFactor, type SecondFactor } from '@login-policy/domain';
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

/** A user of an organization: what a change of its policy may hit. They don't sign in here. */
export interface DirectoryUser {
  readonly id: string;
  /** What they have set up. */
  readonly factors: readonly (SecondFactor | MultiFactor)[];
}

/** An organization as the directory knows it. */
export interface DirectoryEntry {
  readonly id: string;
  readonly name: string;
  /** Absent where the directory does not know them: then nobody knows how many a change hits. */
  readonly users?: readonly DirectoryUser[] | undefined;
}

/** An instance, its organizations, and who may sign in to it. */
export interface InstanceFacts {
  readonly id: string;
  readonly name: string;
  /** The hosts it is reached under; the only instance is reached under any. */
  readonly hosts?: readonly string[] | undefined;
  readonly organizations: readonly DirectoryEntry[];
  readonly users: readonly User[];
  readonly machines: readonly Machine[];
}

/** What the server itself knows. No secret stands in it in clear. */
export interface IamFacts {
  /** Another one each time all secrets are made anew: sessions of an earlier one count no more. */
  readonly generation: string;
  readonly instances: readonly InstanceFacts[];
}

const role = z.enum(['IAM_OWNER', 'IAM_OWNER_VIEWER']);
const text = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'No control characters or lone surrogates');
const passwordHash = z.string().startsWith('$argon2id$');
const directoryUser = z.strictObject({ id: text, factors: z.array(z.enum([...SECOND_FACTORS, ...MULTI_FACTORS])) });
const organization = z.strictObject({
  id: text,
  name: text,
  users: z
    .array(directoryUser)
    .refine(...each('id'))
    .optional(),
});
const instance: z.ZodType<InstanceFacts> = z.strictObject({
  id: text,
  name: text,
  hosts: z.array(text).optional(),
  organizations: z.array(organization).refine(...each('id')),
  users: z
    .array(z.strictObject({ id: text, name: text, role, passwordHash }))
    .refine(...each('id'))
    .refine(...each('name')),
  machines: z.array(z.strictObject({ id: text, role, tokenDigest: text })).refine(...each('id')),
});
const schema = z.strictObject({
  generation: z.string().regex(/^[\w-]+$/),
  instances: z
    .array(instance)
    .min(1)
    .refine(...each('id'))
    .refine(
      (all) => all.length === 1 || all.every(({ hosts = [] }) => hosts.length > 0),
      'Of several, each needs hosts',
    ),
});

/** That no two of a list have the same of something, for operators who edit the file by hand. */
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
  const file = factsFile(dataFolder);
  const kept = await readPrivately(file);
  if (kept === undefined) return undefined;
  try {
    return schema.parse(inTodaysForm(JSON.parse(kept)));
  } catch (caught) {
    const problem = caught instanceof z.ZodError ? z.prettifyError(caught) : String(caught);
    throw new CannotStart(`${file} (in IAM_DATA) is not what this server wrote: ${problem.replaceAll(/\s+/g, ' ')}.`, {
      cause: caught,
    });
  }
}

/** Before there could be several instances, the file was about the one. */
function inTodaysForm(kept: unknown): unknown {
  const old = z.looseObject({ instance: z.object({ id: text, name: text }) }).safeParse(kept);
  if (!old.success) return kept;
  const { instance: one, ...others } = old.data;
  return { generation: 'first', instances: [{ ...one, ...others }] };
}

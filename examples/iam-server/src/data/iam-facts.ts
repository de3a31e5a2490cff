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

/** A program that calls with a fixed token. */
export interface Machine {
  readonly id: string;
  readonly role: Role;
  readonly tokenDigest: string;
}

/** A user of an organization, who counts in previews of policy changes. They don't sign in here. */
export interface DirectoryUser {
  readonly id: string;
  /** The factors they have set up. */
  readonly factors: readonly (SecondFactor | MultiFactor)[];
}

/** An organization as the directory knows it. */
export interface DirectoryEntry {
  readonly id: string;
  readonly name: string;
  /** Absent when they are unknown; then it is unknown how many users a change affects. */
  readonly users?: readonly DirectoryUser[] | undefined;
}

/** An instance, its organizations and its accounts. */
export interface InstanceFacts {
  readonly id: string;
  readonly name: string;
  /** The hosts it is served under. A single instance is served under any host. */
  readonly hosts?: readonly string[] | undefined;
  readonly organizations: readonly DirectoryEntry[];
  readonly users: readonly User[];
  readonly machines: readonly Machine[];
}

/** The server's own facts, without secrets in clear text. */
export interface IamFacts {
  /** Changes whenever all secrets are replaced, which invalidates earlier sessions. */
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

/** Refuses duplicates in a list, for operators who edit the file by hand. */
function each<Member extends string>(
  member: Member,
): [(all: readonly Readonly<Record<Member, string>>[]) => boolean, string] {
  return [(all) => new Set(all.map((one) => one[member])).size === all.length, `Two have the same ${member}`];
}

/** The place of the facts. */
export function factsFile(dataFolder: string): string {
  return join(dataFolder, 'iam.json');
}

/** The stored facts; `undefined` before the first start. @throws CannotStart when they can't be read. */
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

/** Older files describe a single instance. */
function inTodaysForm(kept: unknown): unknown {
  const old = z.looseObject({ instance: z.object({ id: text, name: text }) }).safeParse(kept);
  if (!old.success) return kept;
  const { instance: one, ...others } = old.data;
  return { generation: 'first', instances: [{ ...one, ...others }] };
}

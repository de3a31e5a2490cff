import { MULTI_FACTORS, SECOND_FACTORS, type MultiFactor, type SecondFactor } from '@login-policy/domain';
import { Fault } from '@login-policy/event-sourcing';
import { z } from 'zod';
import type { Row } from './database/database.js';
import { ROLES, type Role } from './roles.js';

/** A person who signs in: a user of an instance, or of one of its organizations. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Whose effective policy they sign in by. Absent: the instance's. */
  readonly organizationId?: string | undefined;
  readonly mfaSkippedAt?: number | undefined;
}

/** A kind of credential: a password, a factor, or a link to an identity provider. */
export type CredentialKind = 'LINK' | 'PASSWORD' | MultiFactor | SecondFactor;

/** Something that lets its user in. */
export interface Credential {
  readonly id: string;
  readonly kind: CredentialKind;
  /** The hash of a password, the key of an app, the public key of a passkey, the id of an identity provider. */
  readonly secret: string;
  /** The last accepted period of an app; the signature counter of a passkey. */
  readonly step: number;
  /** Whether it was confirmed. Until then it protects nothing. */
  readonly isReady: boolean;
  readonly addedAt: number;
  readonly usedAt?: number | undefined;
}

/** A user with their credentials, read at one moment. */
export interface Account {
  readonly user: User;
  readonly credentials: readonly Credential[];
  /** The database's clock, in milliseconds since 1970. */
  readonly now: number;
}

/** A credential that a session's user still has, and when the session verified it. */
export interface Shown {
  readonly kind: CredentialKind;
  readonly provider?: string | undefined;
  readonly checkedAt?: number | undefined;
}

/** A session with its user, and what of its checks still stands; read at one moment. */
export interface OpenSession {
  readonly instanceId: string;
  readonly user: User;
  readonly beganAt: number;
  readonly until: number;
  /** All credentials of the user that are ready. */
  readonly credentials: readonly Shown[];
  readonly now: number;
  /** The version of the directory. */
  readonly directory: string;
}

/** A program that calls with a fixed token. */
export interface Machine {
  readonly id: string;
  readonly instanceId: string;
  readonly role: Role;
  readonly directory: string;
}

const absent = <Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema> | undefined> =>
  schema.nullable().transform((value) => value ?? undefined);
const text = z.string().min(1);
const time = z.number();
const role = z.enum(ROLES);
/** The kinds of credentials, as in rows. */
export const kind: z.ZodType<CredentialKind> = z.enum(['PASSWORD', 'LINK', ...MULTI_FACTORS, ...SECOND_FACTORS]);

const userRow = z.object({
  user_id: text,
  name: text,
  role,
  organization: absent(text),
  mfa_skipped_at: absent(time),
  now: time,
});
const credentialRow = z.object({
  credential: text,
  kind,
  secret: z.string(),
  step: time,
  ready: z.number(),
  added_at: time,
  used_at: absent(time),
});
const sessionRow = userRow.extend({ instance: text, began_at: time, until: time, directory: text });
const shownRow = z.object({ kind, provider: absent(text), checked_at: absent(time) });
const machineRow = z.object({ instance: text, id: text, role, directory: text });

/** The account in the rows of a look-up: one row a credential, at least one row a user. */
export function accountIn(rows: readonly Row[]): Account | undefined {
  if (rows.length === 0) return undefined;
  const first = parsed(userRow, rows[0], 'users');
  const credentials = rows.filter(hasCredential).map((row) => {
    const {
      credential: id,
      ready,
      added_at: addedAt,
      used_at: usedAt,
      ...others
    } = parsed(credentialRow, row, 'credentials');
    return { id, isReady: ready === 1, addedAt, usedAt, ...others };
  });
  return { user: userOf(first), credentials, now: first.now };
}

/** The session in the rows of a look-up. */
export function sessionIn(rows: readonly Row[]): OpenSession | undefined {
  if (rows.length === 0) return undefined;
  const first = parsed(sessionRow, rows[0], 'sessions');
  const credentials = rows.filter(hasCredential).map((row) => {
    const { checked_at: checkedAt, ...others } = parsed(shownRow, row, 'credentials');
    return { ...others, checkedAt };
  });
  const { instance: instanceId, began_at: beganAt, until, now, directory } = first;
  return { instanceId, user: userOf(first), beganAt, until, credentials, now, directory };
}

/** The machine in the rows of a look-up. */
export function machineIn(rows: readonly Row[]): Machine | undefined {
  if (rows.length === 0) return undefined;
  const { instance: instanceId, ...others } = parsed(machineRow, rows[0], 'machines');
  return { instanceId, ...others };
}

function hasCredential(row: Row): boolean {
  return row['credential'] !== null;
}

function userOf(row: z.output<typeof userRow>): User {
  const { user_id: id, name, role: held, organization: organizationId, mfa_skipped_at: mfaSkippedAt } = row;
  return { id, name, role: held, organizationId, mfaSkippedAt };
}

/** @throws Fault for a row that this program did not write */
export function parsed<Found>(schema: z.ZodType<Found>, row: unknown, table: string): Found {
  const found = schema.safeParse(row);
  if (found.success) return found.data;
  const problem = `a row of ${table} is not right: ${z.prettifyError(found.error).replaceAll(/\s+/g, ' ')}`;
  throw new Fault('store-damaged', { store: 'The database of the accounts', problem });
}

/** The password of an account; `undefined` without one. */
export function passwordOf({ credentials }: Account): Credential | undefined {
  return credentials.find(({ kind: one }) => one === 'PASSWORD');
}

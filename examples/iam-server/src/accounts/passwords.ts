import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { User } from '../data/iam-facts.js';

/** A password nobody can guess, to be shown once. */
export function newPassword(): string {
  return randomBytes(15).toString('base64url');
}

/** What is kept of a password: argon2id, with the library's own cost. */
export function hashPassword(password: string): Promise<string> {
  return hash(password);
}

let nobodysHash: Promise<string> | undefined;

/** Whether a password is a user's. It takes as long for a user there is not as for a wrong password. */
export async function isPasswordOf(user: User | undefined, password: string): Promise<boolean> {
  nobodysHash ??= hashPassword(newPassword());
  return (await verify(user?.passwordHash ?? (await nobodysHash), password)) && user !== undefined;
}

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

/** Knows who may sign in, and by which password. */
export class Accounts {
  readonly #byName: ReadonlyMap<string, User>;
  readonly #byId: ReadonlyMap<string, User>;
  readonly #nobodysHash: string;

  private constructor(users: readonly User[], nobodysHash: string) {
    this.#byName = new Map(users.map((user) => [user.name, user]));
    this.#byId = new Map(users.map((user) => [user.id, user]));
    this.#nobodysHash = nobodysHash;
  }

  static async of(users: readonly User[]): Promise<Accounts> {
    return new Accounts(users, await hashPassword(newPassword()));
  }

  find(id: string): User | undefined {
    return this.#byId.get(id);
  }

  /** The user whose name and password these are. It takes as long for a name nobody has as for a wrong password. */
  async recognise(name: string, password: string): Promise<User | undefined> {
    const user = this.#byName.get(name);
    const isRight = await verify(user?.passwordHash ?? this.#nobodysHash, password);
    return isRight ? user : undefined;
  }
}

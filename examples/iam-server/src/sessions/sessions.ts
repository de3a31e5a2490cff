import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Accounts } from '../accounts/accounts.js';
import type { User } from '../data/iam-facts.js';
import { codeOf } from '../data/private-file.js';
import { ALGORITHM, type KeyPair } from './key-pair.js';

/** How long a session lasts, unless it is ended before. */
export const SESSION_SECONDS = 28_800;

/** Somebody who signed in. */
export interface Session {
  readonly id: string;
  readonly user: User;
  readonly expiresAt: Date;
}

/** What sessions are made of. */
export interface SessionOptions {
  /** One empty file a session that has not ended: a sign-out counts for every process and after a restart. */
  readonly folder: string;
  readonly keyPair: KeyPair;
  readonly accounts: Accounts;
  /** Whose sessions these are: a token of another instance is none. */
  readonly instanceId: string;
}

const ISSUER = 'login-policy-example-iam-server';

/** Begins, finds and ends sessions. A session is a signed token, and lives as long as its file does. */
export class Sessions {
  readonly #options: SessionOptions;
  readonly #endings = new EventEmitter().setMaxListeners(0);

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  async begin(user: User): Promise<{ readonly token: string; readonly session: Session }> {
    // A token tells the end in whole seconds.
    const expiresAt = new Date((Math.floor(Date.now() / 1000) + SESSION_SECONDS) * 1000);
    const session = { id: randomUUID(), user, expiresAt };
    const token = await new SignJWT()
      .setProtectedHeader({ alg: ALGORITHM })
      .setIssuer(ISSUER)
      .setAudience(this.#options.instanceId)
      .setSubject(user.id)
      .setJti(session.id)
      .setExpirationTime(session.expiresAt)
      .sign(this.#options.keyPair.privateKey);
    await this.#sweep();
    await writeFile(this.#file(session.id), '', { flag: 'wx', mode: 0o600 });
    return { token, session };
  }

  /** The session a token stands for; `undefined` when it is none, or has ended. */
  async find(token: string): Promise<Session | undefined> {
    const claims = await this.#claimsOf(token);
    if (claims === undefined || !(await this.isAlive(claims.id))) return undefined;
    const user = this.#options.accounts.find(claims.userId);
    return user === undefined ? undefined : { id: claims.id, user, expiresAt: claims.expiresAt };
  }

  async isAlive(id: string): Promise<boolean> {
    try {
      await stat(this.#file(id));
      return true;
    } catch (caught) {
      if (codeOf(caught) === 'ENOENT') return false;
      throw caught;
    }
  }

  /** Ends a session for good; whoever waits for that is told. Twice is once. */
  async end(id: string): Promise<void> {
    await rm(this.#file(id), { force: true });
    this.#endings.emit(id);
  }

  /** Ends the sessions of everybody. */
  async endAll(): Promise<void> {
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  /** Calls back when the session is ended here. Answers with how to stop waiting for it. */
  onEnd(id: string, listener: () => void): () => void {
    this.#endings.once(id, listener);
    return () => this.#endings.off(id, listener);
  }

  async #claimsOf(token: string): Promise<{ id: string; userId: string; expiresAt: Date } | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#options.keyPair.publicKey, {
        issuer: ISSUER,
        audience: this.#options.instanceId,
        algorithms: [ALGORITHM],
        requiredClaims: ['exp', 'sub', 'jti'],
      });
      const { jti, sub, exp } = payload;
      if (jti === undefined || sub === undefined || exp === undefined) return undefined;
      return { id: jti, userId: sub, expiresAt: new Date(exp * 1000) };
    } catch (caught) {
      if (caught instanceof errors.JOSEError) return undefined;
      throw caught;
    }
  }

  /** The files of sessions that ran out are of no use any more. */
  async #sweep(): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const tooOld = Date.now() - SESSION_SECONDS * 1000 - 60_000;
    for (const name of await readdir(folder)) {
      const file = join(folder, name);
      const found = await stat(file).catch(() => undefined);
      if (found !== undefined && found.mtimeMs < tooOld) await rm(file, { force: true });
    }
  }

  #file(id: string): string {
    return join(this.#options.folder, id);
  }
}

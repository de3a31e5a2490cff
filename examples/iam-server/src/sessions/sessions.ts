import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { digestOf, newToken } from '../accounts/machine-tokens.js';
import type { Instance, Instances } from '../accounts/instances.js';
import { codeOf } from '../data/private-file.js';
import type { User } from '../data/iam-facts.js';

/** How long a session lasts, unless it is ended before. */
export const SESSION_SECONDS = 28_800;
/** How long the file of a session that ran out is kept: a clock that is wrong for a day ends nobody's session. */
const KEPT_MS = SESSION_SECONDS * 1000 + 7 * 86_400_000;

/** Somebody who signed in. */
export interface Session {
  readonly token: string;
  readonly user: User;
  readonly expiresAt: Date;
}

const schema = z.object({
  instanceId: z.string(),
  userId: z.string(),
  generation: z.string(),
  expiresAt: z.coerce.date(),
});

/**
 * Begins, finds and ends sessions. A session is a token nobody can guess, and a file named by the token's hash: ended, it is
 * gone for every process at once, and whoever reads the folder can sign in as nobody.
 */
export class Sessions {
  readonly #folder: string;
  readonly #instances: Instances;

  constructor(dataFolder: string, instances: Instances) {
    this.#folder = join(dataFolder, 'sessions');
    this.#instances = instances;
  }

  /**
   * Begins a session of a user whose password was verified. The session is of the generation that the password is of, so that
   * it counts for nothing once the secrets are made anew, even while it is being written.
   *
   * @returns `undefined` where the password is no longer the user's.
   */
  async begin(instance: Instance, user: User): Promise<Session | undefined> {
    const current = await this.#instances.current(instance);
    const { passwordHash } = current?.user('id', user.id) ?? {};
    if (current?.generation !== instance.generation || passwordHash !== user.passwordHash) return undefined;
    const session = { token: newToken(), user, expiresAt: new Date(Date.now() + SESSION_SECONDS * 1000) };
    const kept: z.input<typeof schema> = {
      instanceId: instance.id,
      userId: user.id,
      generation: instance.generation,
      expiresAt: session.expiresAt.toISOString(),
    };
    await this.#sweep();
    await writeFile(this.#file(session.token), JSON.stringify(kept), { flag: 'wx', mode: 0o600 });
    return session;
  }

  /** The session a token stands for in an instance; `undefined` when it is none, or has ended. */
  async find(token: string, instance: Instance): Promise<Session | undefined> {
    const kept = schema.safeParse(await this.#read(token));
    if (!kept.success) return undefined;
    const { instanceId, userId, generation, expiresAt } = kept.data;
    if (instanceId !== instance.id || generation !== instance.generation || expiresAt.getTime() <= Date.now())
      return undefined;
    const user = instance.user('id', userId);
    return user && { token, user, expiresAt };
  }

  /** Ends a session for good. Twice is once. */
  async end({ token }: Session): Promise<void> {
    await rm(this.#file(token), { force: true });
  }

  async #read(token: string): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.#file(token), 'utf8'));
    } catch (caught) {
      if (codeOf(caught) === 'ENOENT' || caught instanceof SyntaxError) return undefined;
      throw caught;
    }
  }

  /** The files of sessions that ran out are of no use any more. */
  async #sweep(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const tooOld = Date.now() - KEPT_MS;
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name);
      const found = await stat(file).catch(() => undefined);
      if (found !== undefined && found.mtimeMs < tooOld) await rm(file, { force: true });
    }
  }

  #file(token: string): string {
    return join(this.#folder, digestOf(token));
  }
}

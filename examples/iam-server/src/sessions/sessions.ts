import { z } from 'zod';
import type { SignInSession } from '@login-policy/domain/model';
import type { LetIn } from '../accounts/judged-sign-ins.js';
import { digestOf, newToken } from '../accounts/machine-tokens.js';
import type { Instance, Instances } from '../accounts/instances.js';
import type { User } from '../data/iam-facts.js';
import { handleOf } from '../data/user-files.js';
import { SessionFiles } from './session-files.js';

/** The lifetime of a session, unless it is ended before. */
export const SESSION_SECONDS = 28_800;
const LIMITS = {
  ofOneUser: 100,
  // Tolerates a clock that is wrong for a day.
  keptMs: SESSION_SECONDS * 1000 + 7 * 86_400_000,
};

/** A signed-in user. */
export interface Session {
  readonly token: string;
  readonly user: User;
  readonly beganAt: Date;
  readonly expiresAt: Date;
}

const schema = z.object({
  instanceId: z.string(),
  userId: z.string(),
  generation: z.string(),
  /** Older sessions lack it. */
  beganAt: z.coerce.date().default(new Date(0)),
  expiresAt: z.coerce.date(),
  /** The input for the login policy, which parses it strictly. Older sessions lack it. */
  verified: z.custom<SignInSession>((value) => typeof value === 'object' && value !== null).optional(),
});

/**
 * Begins, finds and ends sessions. A session is a random token, and a file named by the token's hash: once it is ended,
 * it is gone in every process, and a reader of the folder can't sign in with it.
 */
export class Sessions {
  readonly #files: SessionFiles;
  readonly #instances: Instances;

  constructor(dataFolder: string, instances: Instances) {
    this.#files = new SessionFiles(dataFolder, LIMITS);
    this.#instances = instances;
  }

  /**
   * Begins a session of a user whose password was verified. It has the password's generation, so that it becomes
   * invalid when the secrets are replaced, even while it is being written. It ends when the login policy no longer
   * accepts the checks, or after {@link SESSION_SECONDS}.
   *
   * @returns `undefined` when the password is no longer the user's.
   */
  async begin(instance: Instance, user: User, { until, verified }: LetIn): Promise<Session | undefined> {
    const current = await this.#instances.current(instance);
    const { passwordHash } = current?.user('id', user.id) ?? {};
    if (current?.generation !== instance.generation || passwordHash !== user.passwordHash) return undefined;
    const beganAt = new Date();
    const longest = beganAt.getTime() + SESSION_SECONDS * 1000;
    const expiresAt = new Date(Math.min(longest, until?.getTime() ?? longest));
    const session = { token: newToken(), user, beganAt, expiresAt };
    const kept: z.input<typeof schema> = {
      instanceId: instance.id,
      userId: user.id,
      generation: instance.generation,
      beganAt: beganAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
      verified,
    };
    await this.#files.add(digestOf(session.token), handleOf(instance, user), JSON.stringify(kept));
    return session;
  }

  /** The session of a token in an instance; `undefined` when it does not exist or has ended. */
  async find(token: string, instance: Instance): Promise<Session | undefined> {
    const kept = schema.safeParse(await this.#read(token));
    if (!kept.success) return undefined;
    const { instanceId, userId, generation, beganAt, expiresAt } = kept.data;
    if (instanceId !== instance.id || generation !== instance.generation || expiresAt.getTime() <= Date.now())
      return undefined;
    const user = instance.user('id', userId);
    return user && { token, user, beganAt, expiresAt };
  }

  /** Ends a session for good. Idempotent. */
  async end({ token }: Session): Promise<void> {
    await this.#files.remove(digestOf(token));
  }

  /**
   * Re-judges each open session of an instance. Sufficient ones are limited to the time for which they suffice; all
   * others are ended.
   *
   * @returns the users whose sessions were ended.
   */
  async judgeAll(
    instance: Instance,
    judge: (user: User, verified: SignInSession | undefined) => Promise<Pick<LetIn, 'until'> | undefined>,
  ): Promise<readonly string[]> {
    const ended: string[] = [];
    for (const name of await this.#files.names()) {
      const kept = schema.safeParse(parsed(await this.#files.read(name))).data;
      if (kept === undefined || kept.instanceId !== instance.id || kept.generation !== instance.generation) continue;
      const user = instance.user('id', kept.userId);
      const passes = user && (await judge(user, kept.verified));
      const until = passes?.until ?? kept.expiresAt;
      if (passes === undefined) {
        await this.#files.remove(name);
        ended.push(kept.userId);
      } else if (until < kept.expiresAt) await this.#files.replace(name, JSON.stringify({ ...kept, expiresAt: until }));
    }
    return ended;
  }

  async #read(token: string): Promise<unknown> {
    return parsed(await this.#files.read(digestOf(token)));
  }
}

/** The content of a file; `undefined` when it is gone or not JSON. */
function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch (caught) {
    if (caught instanceof SyntaxError) return undefined;
    throw caught;
  }
}

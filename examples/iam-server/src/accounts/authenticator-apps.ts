import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret, TOTP } from 'otpauth';
import { z } from 'zod';
import type { User } from '../data/iam-facts.js';
import { oneAtATime } from '../data/one-at-a-time.js';
import { readPrivately, writePrivately } from '../data/private-file.js';
import type { Instance } from './instances.js';
import { digestOf } from './machine-tokens.js';

/** A code of the period before or after counts too: a phone's clock may be off. */
const WINDOW = 1;
const PERIOD_SECONDS = 30;

/** What a user needs to set up an authenticator app. */
export interface SetUpKey {
  /** Base32, to be typed. */
  readonly secret: string;
  /** `otpauth:`, which an app opens, or reads as a QR code. */
  readonly uri: string;
}

const schema = z.strictObject({
  /** Of the secrets of `iam.json`: when those are made anew, the app has to be set up anew. */
  generation: z.string(),
  secret: z.string(),
  /** Whether a code of it was right once. Until then it protects nothing. */
  isReady: z.boolean(),
  /** The last period a code was used of: each code is right once. */
  lastStep: z.number().int(),
});
type Kept = z.infer<typeof schema>;

/** The authenticator apps of users (TOTP), a file a user. The codes are otpauth's. */
export class AuthenticatorApps {
  readonly #folder: string;
  readonly #now: () => number;

  constructor(dataFolder: string, now: () => number) {
    this.#folder = join(dataFolder, 'authenticator-apps');
    this.#now = now;
  }

  /** Whether a user has set one up, and proved it by a code. */
  async isReady(instance: Instance, user: User): Promise<boolean> {
    return (await this.#read(instance, user))?.isReady ?? false;
  }

  /** The key to set one up with: the same each time, until a code of it was right. */
  async keyFor(instance: Instance, user: User): Promise<SetUpKey> {
    const kept = await this.#alone(instance, user, async (before) => {
      if (before !== undefined) return before;
      const { base32 } = new Secret({ size: 20 });
      return { generation: instance.generation, secret: base32, isReady: false, lastStep: 0 };
    });
    const totp = totpOf(kept, { issuer: instance.name, label: user.name });
    return { secret: kept.secret, uri: totp.toString() };
  }

  /** Whether a code is right, for the first time. One that is makes the app ready. */
  async verify(instance: Instance, user: User, code: string): Promise<boolean> {
    let isRight = false;
    await this.#alone(instance, user, async (kept) => {
      if (kept === undefined) return undefined;
      const timestamp = this.#now();
      const delta = totpOf(kept).validate({ token: code, window: WINDOW, timestamp });
      const step = Math.floor(timestamp / 1000 / PERIOD_SECONDS) + (delta ?? 0);
      isRight = delta !== null && step > kept.lastStep;
      return isRight ? { ...kept, isReady: true, lastStep: step } : kept;
    });
    return isRight;
  }

  /** Changes what is kept of a user, while no other process does. */
  async #alone<Changed extends Kept | undefined>(
    instance: Instance,
    user: User,
    change: (kept: Kept | undefined) => Promise<Changed>,
  ): Promise<Changed> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = this.#fileOf(instance, user);
    return oneAtATime(`${file}.lock`, async () => {
      const before = await this.#read(instance, user);
      const after = await change(before);
      if (after !== undefined && after !== before) await writePrivately(file, JSON.stringify(after));
      return after;
    });
  }

  async #read(instance: Instance, user: User): Promise<Kept | undefined> {
    const text = await readPrivately(this.#fileOf(instance, user));
    if (text === undefined) return undefined;
    // A file that is damaged throws: taken for none, it would let the user in by one factor.
    const kept = schema.parse(JSON.parse(text));
    return kept.generation === instance.generation ? kept : undefined;
  }

  #fileOf(instance: Instance, user: User): string {
    return join(this.#folder, `${digestOf(JSON.stringify([instance.id, user.id]))}.json`);
  }
}

function totpOf({ secret }: Kept, named: { readonly issuer?: string; readonly label?: string } = {}): TOTP {
  return new TOTP({ ...named, secret: Secret.fromBase32(secret), period: PERIOD_SECONDS });
}

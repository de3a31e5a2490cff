import { Secret, TOTP } from 'otpauth';
import { z } from 'zod';
import type { User } from '../data/iam-facts.js';
import { UserFiles } from '../data/user-files.js';
import type { Instance } from './instances.js';

/** Codes of the adjacent periods count, too, because a phone's clock may be off. */
const WINDOW = 1;
const PERIOD_SECONDS = 30;

/** What a user needs to set up an authenticator app. */
export interface SetUpKey {
  /** In Base32, for typing. */
  readonly secret: string;
  /** An `otpauth:` URL, which an app opens or reads as a QR code. */
  readonly uri: string;
}

const schema = z.strictObject({
  generation: z.string(),
  secret: z.string(),
  /** Whether one of its codes was accepted once. Until then the app protects nothing. */
  isReady: z.boolean(),
  /** The period of the last accepted code: each code is accepted once. */
  lastStep: z.number().int(),
});
type Kept = z.infer<typeof schema>;

/** The authenticator apps of users (TOTP), with codes by the package otpauth. */
export class AuthenticatorApps {
  readonly #files: UserFiles<Kept>;
  readonly #now: () => number;

  constructor(dataFolder: string, now: () => number) {
    this.#files = new UserFiles(dataFolder, 'authenticator-apps', schema);
    this.#now = now;
  }

  /** Whether a user has set one up and confirmed it with a code. */
  async isReady(instance: Instance, user: User): Promise<boolean> {
    return (await this.#files.read(instance, user))?.isReady ?? false;
  }

  /** The key for setting one up: the same until one of its codes was accepted. */
  async keyFor(instance: Instance, user: User): Promise<SetUpKey> {
    const kept = await this.#files.change(instance, user, (before) => {
      if (before !== undefined) return before;
      const { base32 } = new Secret({ size: 20 });
      return { generation: instance.generation, secret: base32, isReady: false, lastStep: 0 };
    });
    const totp = totpOf(kept, { issuer: instance.name, label: user.name });
    return { secret: kept.secret, uri: totp.toString() };
  }

  /** Accepts a code once. The first accepted code makes the app ready. */
  async verify(instance: Instance, user: User, code: string): Promise<boolean> {
    let isRight = false;
    await this.#files.change(instance, user, (kept) => {
      if (kept === undefined) return undefined;
      const timestamp = this.#now();
      const delta = totpOf(kept).validate({ token: code, window: WINDOW, timestamp });
      const step = Math.floor(timestamp / 1000 / PERIOD_SECONDS) + (delta ?? 0);
      isRight = delta !== null && step > kept.lastStep;
      return isRight ? { ...kept, isReady: true, lastStep: step } : kept;
    });
    return isRight;
  }
}

function totpOf({ secret }: Kept, named: { readonly issuer?: string; readonly label?: string } = {}): TOTP {
  return new TOTP({ ...named, secret: Secret.fromBase32(secret), period: PERIOD_SECONDS });
}

import { Secret, TOTP } from 'otpauth';
import type { Accounts } from './accounts.js';
import { newToken } from './machine-tokens.js';
import type { Account, Credential } from './people.js';

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

/** The authenticator apps of users (TOTP), with codes by the package otpauth. */
export class AuthenticatorApps {
  readonly #accounts: Accounts;
  readonly #now: () => number;

  constructor(accounts: Accounts, now: () => number) {
    this.#accounts = accounts;
    this.#now = now;
  }

  /** The key for setting one up: the same until one of its codes was accepted. */
  async keyFor(instance: { readonly id: string; readonly name: string }, account: Account): Promise<SetUpKey> {
    const user = { instanceId: instance.id, userId: account.user.id };
    let app = appOf(account);
    if (app === undefined) {
      const secret = new Secret({ size: 20 }).base32;
      await this.#accounts.addCredential(user, { id: newToken(), kind: 'TOTP', secret, isReady: false });
      // Another process may have been first.
      app = appOf(await this.#accounts.user(instance.id, { id: account.user.id }));
    }
    const secret = app?.secret ?? '';
    return { secret, uri: totpOf(secret, { issuer: instance.name, label: account.user.name }).toString() };
  }

  /** Accepts a code once. The first accepted code makes the app ready. @returns the app, if the code was right */
  async verify(account: Account, code: string): Promise<Credential | undefined> {
    const app = appOf(account);
    if (app === undefined) return undefined;
    const timestamp = this.#now();
    const delta = totpOf(app.secret).validate({ token: code, window: WINDOW, timestamp });
    if (delta === null) return undefined;
    const step = Math.floor(timestamp / 1000 / PERIOD_SECONDS) + delta;
    return (await this.#accounts.takeStep(app.id, step)) ? app : undefined;
  }
}

function appOf(account: Account | undefined): Credential | undefined {
  return account?.credentials.find(({ kind }) => kind === 'TOTP');
}

function totpOf(secret: string, named: { readonly issuer?: string; readonly label?: string } = {}): TOTP {
  return new TOTP({ ...named, secret: Secret.fromBase32(secret), period: PERIOD_SECONDS });
}

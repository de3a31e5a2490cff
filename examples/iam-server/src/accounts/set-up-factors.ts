import { Passkeys } from '../passkeys/passkeys.js';
import { AuthenticatorApps } from './authenticator-apps.js';
import type { Owner } from './judged-sign-ins.js';

/** A factor that the server itself can verify. */
export type OwnFactor = 'TOTP' | 'U2F_WITH_VERIFICATION';

/** The factors that the server's own users have set up. */
export class SetUpFactors {
  readonly #apps: AuthenticatorApps;
  readonly #passkeys: Passkeys;

  constructor(apps: AuthenticatorApps, passkeys: Passkeys) {
    this.#apps = apps;
    this.#passkeys = passkeys;
  }

  /** A confirmed authenticator app, and passkeys. */
  async of(owner: Owner): Promise<readonly OwnFactor[]> {
    const isReady = await this.#apps.isReady(owner.instance, owner.user);
    const hasPasskey = (await this.#passkeys.list(owner)).length > 0;
    return [...(isReady ? ['TOTP' as const] : []), ...(hasPasskey ? ['U2F_WITH_VERIFICATION' as const] : [])];
  }
}

/** The factors of the server's own users, apart from passwords. */
export interface OwnFactors {
  readonly apps: AuthenticatorApps;
  readonly passkeys: Passkeys;
  readonly setUp: SetUpFactors;
}

/** The factors stored in a folder. */
export function factorsIn(dataFolder: string): OwnFactors {
  const apps = new AuthenticatorApps(dataFolder, () => Date.now());
  const passkeys = new Passkeys(dataFolder, () => Date.now());
  return { apps, passkeys, setUp: new SetUpFactors(apps, passkeys) };
}

import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type WebAuthnCredential,
} from '@simplewebauthn/server';
import { isFault } from '@login-policy/event-sourcing';
import { z } from 'zod';
import type { Accounts } from '../accounts/accounts.js';
import { digestOf } from '../accounts/machine-tokens.js';
import type { Account, Credential, User } from '../accounts/people.js';
import { CHALLENGE_MS, type PasskeyChallenges } from './passkey-challenges.js';
import type { AuthenticationAnswer, RegistrationAnswer } from './passkey-answers.js';
import type { RelyingParty } from './relying-party.js';

/** The most passkeys of a user. */
export const MOST_PASSKEYS = 10;

/** COSE algorithms: Ed25519, ES256 and RS256. Every authenticator supports one of them. */
const ALGORITHMS = [-8, -7, -257] as const;

/** A passkey as its owner sees it. Times are ISO 8601. */
export interface Passkey {
  readonly id: string;
  readonly addedAt: string;
  readonly lastUsedAt?: string | undefined;
}

/** An instance, as far as passkeys need it. */
interface OfInstance {
  readonly id: string;
  readonly name: string;
}

/** A user whose passkeys are meant. */
interface Owner {
  readonly instance: OfInstance;
  readonly user: Pick<User, 'id' | 'name'>;
}

/** A user who has shown a passkey. */
export interface ShownPasskey {
  readonly account: Account;
  readonly credential: Credential;
}

const KIND = 'U2F_WITH_VERIFICATION' as const;
const publicKey = z.base64url();

/** The passkeys of users (WebAuthn). `@simplewebauthn/server` verifies the signatures. */
export class Passkeys {
  readonly #accounts: Accounts;
  readonly #challenges: PasskeyChallenges;

  constructor(accounts: Accounts, challenges: PasskeyChallenges) {
    this.#accounts = accounts;
    this.#challenges = challenges;
  }

  /** The passkeys of a user, oldest first. */
  async list({ instance, user }: Owner): Promise<readonly Passkey[]> {
    const account = await this.#accounts.user(instance.id, { id: user.id });
    const own = account?.credentials.filter(({ kind }) => kind === KIND) ?? [];
    return own.map(({ addedAt, id, usedAt }) => ({
      id,
      addedAt: new Date(addedAt).toISOString(),
      ...(usedAt !== undefined && { lastUsedAt: new Date(usedAt).toISOString() }),
    }));
  }

  /** The options for a browser to create a passkey that identifies and verifies its user. */
  async creationOptions(party: RelyingParty, owner: Owner): Promise<object> {
    const handle = handleOf(owner);
    const mine = await this.list(owner);
    return generateRegistrationOptions({
      rpID: party.id,
      rpName: owner.instance.name,
      userName: owner.user.name,
      userID: bytesOf(handle),
      challenge: bytesOf(this.#challenges.make(`add ${handle}`)),
      timeout: CHALLENGE_MS,
      attestationType: 'none',
      supportedAlgorithmIDs: [...ALGORITHMS],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: mine.map(({ id }) => ({ id })),
    });
  }

  /**
   * Adds a passkey that a browser created. @returns whether it was added: not if it is invalid, too old, used before,
   * or one too many.
   */
  async add(party: RelyingParty, { instance, user }: Owner, answer: RegistrationAnswer): Promise<boolean> {
    const made = await verified(() =>
      verifyRegistrationResponse({
        ...against(party),
        response: { ...answer, clientExtensionResults: {} },
        supportedAlgorithmIDs: [...ALGORITHMS],
        expectedChallenge: (signed) => this.#challenges.use(`add ${handleOf({ instance, user })}`, textOf(signed)),
      }),
    );
    if (made?.registrationInfo === undefined) return false;
    const { credential } = made.registrationInfo;
    const added = {
      id: credential.id,
      kind: KIND,
      secret: Buffer.from(credential.publicKey).toString('base64url'),
      step: credential.counter,
      isReady: true,
    };
    return this.#accounts.addCredential({ instanceId: instance.id, userId: user.id }, added, MOST_PASSKEYS);
  }

  /** Removes a passkey of a user. @returns whether it existed */
  remove({ instance, user }: Owner, id: string): Promise<boolean> {
    return this.#accounts.removeCredential({ instanceId: instance.id, userId: user.id }, KIND, id);
  }

  /** The options for a browser to ask for a passkey, without a name. */
  async requestOptions(party: RelyingParty, instance: OfInstance): Promise<object> {
    return generateAuthenticationOptions({
      rpID: party.id,
      challenge: bytesOf(this.#challenges.make(`sign in ${instance.id}`)),
      timeout: CHALLENGE_MS,
      userVerification: 'required',
    });
  }

  /** The user of a valid passkey; `undefined` for anything else. */
  async verify(
    party: RelyingParty,
    instance: OfInstance,
    answer: AuthenticationAnswer,
  ): Promise<ShownPasskey | undefined> {
    const account = await this.#accounts.user(instance.id, { passkey: answer.id });
    const credential = account?.credentials.find(({ id, kind }) => kind === KIND && id === answer.id);
    const key = publicKey.safeParse(credential?.secret);
    if (account === undefined || credential === undefined || !key.success) return undefined;
    if (textOf(answer.response.userHandle) !== handleOf({ instance, user: account.user })) return undefined;
    const known: WebAuthnCredential = {
      id: credential.id,
      publicKey: new Uint8Array(Buffer.from(key.data, 'base64url')),
      counter: credential.step,
    };
    const purpose = `sign in ${instance.id}`;
    const shown = await verified(() =>
      verifyAuthenticationResponse({
        ...against(party),
        response: { ...answer, clientExtensionResults: {} },
        credential: known,
        expectedChallenge: (signed) => this.#challenges.use(purpose, textOf(signed)),
      }),
    );
    if (shown === undefined) return undefined;
    const isTheirs = await this.#accounts.noteUse(credential.id, shown.authenticationInfo.newCounter);
    return isTheirs ? { account, credential } : undefined;
  }
}

/** The name of a user for authenticators, which reveals nothing: unique for each user and instance. */
function handleOf({
  instance,
  user,
}: {
  readonly instance: { readonly id: string };
  readonly user: Pick<User, 'id'>;
}): string {
  return digestOf(JSON.stringify([instance.id, user.id]));
}

function against({ id, origins }: RelyingParty): {
  readonly expectedOrigin: string[];
  readonly expectedRPID: string;
  readonly requireUserVerification: true;
} {
  return { expectedOrigin: [...origins], expectedRPID: id, requireUserVerification: true };
}

/** The library throws for most invalid input, which is not a failure of the server. */
async function verified<Found extends { readonly verified: boolean }>(
  verify: () => Promise<Found>,
): Promise<Found | undefined> {
  try {
    const found = await verify();
    return found.verified ? found : undefined;
  } catch (caught) {
    if (isFault(caught)) throw caught;
    return undefined;
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text));
}

function textOf(encoded: string): string {
  return Buffer.from(encoded, 'base64url').toString();
}

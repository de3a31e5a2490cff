import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type WebAuthnCredential,
} from '@simplewebauthn/server';
import { z } from 'zod';
import type { Instance } from '../accounts/instances.js';
import type { User } from '../data/iam-facts.js';
import { handleOf, UserFiles } from '../data/user-files.js';
import { CHALLENGE_MS, PasskeyChallenges } from './passkey-challenges.js';
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

interface KeptPasskey extends Passkey {
  /** In base64url. */
  readonly publicKey: string;
  /** The authenticator's signature counter; always 0 for synchronised passkeys. */
  readonly counter: number;
}

interface Kept {
  readonly generation: string;
  readonly passkeys: readonly KeptPasskey[];
}

const schema: z.ZodType<Kept> = z.strictObject({
  generation: z.string(),
  passkeys: z.array(
    z.strictObject({
      id: z.string(),
      publicKey: z.base64url(),
      counter: z.number().int(),
      addedAt: z.iso.datetime(),
      lastUsedAt: z.iso.datetime().optional(),
    }),
  ),
});

interface Owner {
  readonly instance: Instance;
  readonly user: User;
}

/** The passkeys of users (WebAuthn). `@simplewebauthn/server` verifies the signatures. */
export class Passkeys {
  readonly #files: UserFiles<Kept>;
  readonly #challenges: PasskeyChallenges;
  readonly #now: () => number;

  constructor(dataFolder: string, now: () => number) {
    this.#files = new UserFiles(dataFolder, 'passkeys', schema);
    this.#challenges = new PasskeyChallenges(dataFolder, now);
    this.#now = now;
  }

  /** The passkeys of a user, oldest first. */
  async list({ instance, user }: Owner): Promise<readonly Passkey[]> {
    const { passkeys } = (await this.#files.read(instance, user)) ?? { passkeys: [] };
    return passkeys.map(({ addedAt, id, lastUsedAt }) => ({ id, addedAt, lastUsedAt }));
  }

  /** The options for a browser to create a passkey that identifies and verifies its user. */
  async creationOptions(party: RelyingParty, owner: Owner): Promise<object> {
    const handle = handleOf(owner.instance, owner.user);
    const mine = await this.list(owner);
    return generateRegistrationOptions({
      rpID: party.id,
      rpName: owner.instance.name,
      userName: owner.user.name,
      userID: bytesOf(handle),
      challenge: bytesOf(await this.#challenges.make(`add ${handle}`)),
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
        expectedChallenge: (signed) => this.#challenges.use(`add ${handleOf(instance, user)}`, textOf(signed)),
      }),
    );
    if (made?.registrationInfo === undefined) return false;
    const { credential } = made.registrationInfo;
    const added = {
      id: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      addedAt: new Date(this.#now()).toISOString(),
    };
    const kept = await this.#files.change(instance, user, (before) => {
      const passkeys = before?.passkeys ?? [];
      if (passkeys.length >= MOST_PASSKEYS) return before;
      const others = passkeys.filter(({ id }) => id !== added.id);
      return { generation: instance.generation, passkeys: [...others, added] };
    });
    return kept?.passkeys.some(({ id }) => id === added.id) ?? false;
  }

  /** Removes a passkey of a user. @returns whether it existed */
  async remove({ instance, user }: Owner, id: string): Promise<boolean> {
    let had = false;
    await this.#files.change(instance, user, (before) => {
      had = before?.passkeys.some((one) => one.id === id) ?? false;
      return before && had ? { ...before, passkeys: before.passkeys.filter((one) => one.id !== id) } : before;
    });
    return had;
  }

  /** The options for a browser to ask for a passkey, without a name. */
  async requestOptions(party: RelyingParty, instance: Instance): Promise<object> {
    return generateAuthenticationOptions({
      rpID: party.id,
      challenge: bytesOf(await this.#challenges.make(`sign in ${instance.id}`)),
      timeout: CHALLENGE_MS,
      userVerification: 'required',
    });
  }

  /** The user of a valid passkey; `undefined` for anything else. */
  async verify(party: RelyingParty, instance: Instance, answer: AuthenticationAnswer): Promise<User | undefined> {
    const handle = textOf(answer.response.userHandle);
    const user = instance.users.find((one) => handleOf(instance, one) === handle);
    const kept = user && (await this.#files.read(instance, user))?.passkeys.find(({ id }) => id === answer.id);
    if (user === undefined || kept === undefined) return undefined;
    const credential: WebAuthnCredential = {
      id: kept.id,
      publicKey: new Uint8Array(Buffer.from(kept.publicKey, 'base64url')),
      counter: kept.counter,
    };
    const shown = await verified(() =>
      verifyAuthenticationResponse({
        ...against(party),
        response: { ...answer, clientExtensionResults: {} },
        credential,
        expectedChallenge: (signed) => this.#challenges.use(`sign in ${instance.id}`, textOf(signed)),
      }),
    );
    if (shown === undefined) return undefined;
    await this.#noteUse({ instance, user }, kept.id, shown.authenticationInfo.newCounter);
    return user;
  }

  async #noteUse({ instance, user }: Owner, id: string, counter: number): Promise<void> {
    const lastUsedAt = new Date(this.#now()).toISOString();
    await this.#files.change(instance, user, (before) => {
      const passkeys = before?.passkeys.map((one) => (one.id === id ? { ...one, counter, lastUsedAt } : one));
      return before && passkeys && { ...before, passkeys };
    });
  }
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
  } catch {
    return undefined;
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text));
}

function textOf(encoded: string): string {
  return Buffer.from(encoded, 'base64url').toString();
}

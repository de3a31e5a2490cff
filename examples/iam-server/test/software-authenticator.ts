import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

type Encodable = Parameters<typeof isoCBOR.encode>[0];

const [PRESENT, VERIFIED, HAS_CREDENTIAL] = [0x01, 0x04, 0x40];

/** What a server asks a browser for, as far as the tests look at it. */
export interface Asked {
  readonly challenge: string;
  readonly rp?: { readonly id: string };
  readonly rpId?: string;
  readonly user?: { readonly id: string };
}

/** How a passkey is shown: a wish of the test to be wrong. */
export interface Shows {
  readonly origin: string;
  readonly challenge?: string;
  readonly userHandle?: string;
  readonly isUserVerified?: boolean;
  readonly counter?: number;
}

/** A passkey in software, as a browser and its authenticator answer with one (ES256, without an attestation). */
export class SoftwareAuthenticator {
  readonly id: Buffer = randomBytes(32);
  readonly #key: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
  });
  #userHandle = '';

  /** The answer of `navigator.credentials.create`. */
  create({ challenge, rp, user }: Asked, { origin, isUserVerified = true }: Shows): object {
    this.#userHandle = user?.id ?? '';
    const length = Buffer.from([this.id.length >> 8, this.id.length & 0xff]);
    const credential = Buffer.concat([Buffer.alloc(16), length, this.id, this.#publicKey()]);
    const authData = this.#data(rp?.id ?? '', { isUserVerified, counter: 0, credential });
    const attestation = new Map<string, Encodable>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', new Uint8Array(authData)],
    ]);
    return this.#answer({
      clientDataJSON: client('webauthn.create', challenge, origin),
      attestationObject: encoded(isoCBOR.encode(attestation)),
      transports: ['internal'],
    });
  }

  /** The answer of `navigator.credentials.get`. */
  get({ challenge, rpId = '' }: Asked, shows: Shows): object {
    const { isUserVerified = true, counter = 0, origin } = shows;
    const authenticatorData = this.#data(rpId, { isUserVerified, counter });
    const clientDataJSON = client('webauthn.get', shows.challenge ?? challenge, origin);
    const hash = createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest();
    return this.#answer({
      clientDataJSON,
      authenticatorData: encoded(authenticatorData),
      signature: encoded(sign('sha256', Buffer.concat([authenticatorData, hash]), this.#key.privateKey)),
      userHandle: shows.userHandle ?? this.#userHandle,
    });
  }

  #answer(response: object): object {
    const id = encoded(this.id);
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response };
  }

  #data(
    host: string,
    about: { readonly isUserVerified: boolean; readonly counter: number; readonly credential?: Buffer },
  ): Buffer {
    const { counter, credential, isUserVerified } = about;
    const flags = PRESENT | (isUserVerified ? VERIFIED : 0) | (credential === undefined ? 0 : HAS_CREDENTIAL);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    const hash = createHash('sha256').update(host).digest();
    return Buffer.concat([hash, Buffer.from([flags]), count, credential ?? Buffer.alloc(0)]);
  }

  /** In the form of COSE: kty EC2, alg ES256, crv P-256. */
  #publicKey(): Uint8Array {
    const { x = '', y = '' } = this.#key.publicKey.export({ format: 'jwk' });
    const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));
    return isoCBOR.encode(
      new Map<number, Encodable>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, bytes(x)],
        [-3, bytes(y)],
      ]),
    );
  }
}

function client(type: string, challenge: string, origin: string): string {
  return encoded(Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false })));
}

function encoded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

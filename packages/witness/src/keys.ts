import { shown } from '@login-policy/event-sourcing';
import { createPrivateKey, createPublicKey, hash, randomBytes, sign, verify, type KeyObject } from 'node:crypto';

/** The signature types of C2SP that are understood: a log's own signature, and a witness's cosignature. */
export type SignatureType = 'ed25519' | 'cosignature';

const TYPE_BYTES: Readonly<Record<SignatureType, number>> = { ed25519: 0x01, cosignature: 0x04 };
const KEY_BYTES = 32;
const ID_BYTES = 4;
/** What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410). */
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex');

/** Checks signatures of one key. */
export interface Verifier {
  /** The key's name, which is the origin of the tree heads it signs. */
  readonly name: string;
  readonly type: SignatureType;
  /** Tells keys of one name apart: 8 hexadecimal digits. */
  readonly keyId: string;
  /** The key as text: `NAME+ID+KEY`, as C2SP writes it. */
  readonly text: string;
  /** Whether the signature is this key's, of these bytes. */
  verifies(message: Uint8Array, signature: Uint8Array): boolean;
}

/** Signs with one key. Implement it to keep the key in another place, such as a cloud's key service. */
export interface Signer {
  /** The public key, `NAME+ID+KEY`. */
  readonly publicKey: string;
  /** The Ed25519 signature of these bytes. */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A new key, as text. */
export interface NewKey {
  /** Keep it secret: `PRIVATE+KEY+NAME+ID+SEED`. */
  readonly secretKey: string;
  readonly publicKey: string;
}

/**
 * Makes a key for a log.
 *
 * @throws RangeError when the name is empty or has a space, a plus sign or a control character.
 */
export function generateKey(name: string): NewKey {
  const seed = randomBytes(KEY_BYTES);
  const { publicKey, secretKey } = keyOf(name, seed);
  return { publicKey, secretKey };
}

/** Parses a secret key, as {@link generateKey} and Go's `note` write it. @throws RangeError, which does not show it. */
export function parseSigner(secretKey: string): Signer {
  const [, name = '', id, encoded = ''] =
    /^PRIVATE\+KEY\+([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(trimmed(secretKey)) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (id === undefined || bytes.length !== 1 + KEY_BYTES || bytes[0] !== TYPE_BYTES.ed25519)
    throw new RangeError('A secret key must be PRIVATE+KEY+NAME+ID+SEED, with an Ed25519 key.');
  const { publicKey, privateKey } = keyOf(name, bytes.subarray(1));
  if (parseVerifier(publicKey).keyId !== id)
    throw new RangeError('The id of the secret key does not belong to its key.');
  return { publicKey, sign: (message) => sign(null, message, privateKey) };
}

/** Parses a public key, `NAME+ID+KEY`. @throws RangeError when it is anything else. */
export function parseVerifier(publicKey: string): Verifier {
  const text = trimmed(publicKey);
  const [, name = '', keyId, encoded = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  const type = typeOf(bytes[0]);
  if (keyId === undefined || type === undefined || bytes.length !== 1 + KEY_BYTES)
    throw new RangeError(`publicKey must be NAME+ID+KEY, with an Ed25519 key, not ${shown(publicKey)}.`);
  if (keyIdOf(name, bytes) !== keyId)
    throw new RangeError(`The id ${keyId} does not belong to the public key of ${name}.`);
  const key = createPublicKey({ key: Buffer.concat([PUBLIC_DER, bytes.subarray(1)]), format: 'der', type: 'spki' });
  return { name, type, keyId, text, verifies: (message, signature) => verify(null, message, key, signature) };
}

/** An environment variable that is not set is `undefined`, whatever its type says. */
function trimmed(key: unknown): string {
  return typeof key === 'string' ? key.trim() : '';
}

interface Key extends NewKey {
  readonly privateKey: KeyObject;
}

function keyOf(name: string, seed: Buffer): Key {
  if (!isKeyName(name))
    throw new RangeError(
      `A key's name must be text without spaces, plus signs or control characters, not ${shown(name)}.`,
    );
  const privateKey = createPrivateKey({ key: Buffer.concat([PRIVATE_DER, seed]), format: 'der', type: 'pkcs8' });
  const publicDer = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const [secretBytes, publicBytes] = [seed, publicDer.subarray(-KEY_BYTES)].map((bytes) =>
    Buffer.concat([Buffer.of(TYPE_BYTES.ed25519), bytes]),
  );
  const id = keyIdOf(name, publicBytes ?? seed);
  return {
    privateKey,
    secretKey: `PRIVATE+KEY+${name}+${id}+${secretBytes?.toString('base64')}`,
    publicKey: `${name}+${id}+${publicBytes?.toString('base64')}`,
  };
}

/** Whether a text can be the name of a key, and so of a log. */
export function isKeyName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.isWellFormed() && !/[\s+\p{Cc}]/u.test(name);
}

/** The first bytes of a hash of name, type and key. The type is the first byte of the key. */
function keyIdOf(name: string, typedKey: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typedKey]), 'buffer').toString('hex', 0, ID_BYTES);
}

function typeOf(byte: number | undefined): SignatureType | undefined {
  if (byte === TYPE_BYTES.ed25519) return 'ed25519';
  return byte === TYPE_BYTES.cosignature ? 'cosignature' : undefined;
}

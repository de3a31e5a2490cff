import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import { z } from 'zod';
import { CannotStart } from '../config.js';
import { createPrivately, readPrivately } from '../data/private-file.js';

/** How sessions are signed. */
export const ALGORITHM = 'ES256';

/** What sessions are signed with, and checked against. */
export interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

const schema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
});

/** The server's own key pair, made at its first start. @throws CannotStart when the file is damaged. */
export async function loadKeyPair(dataFolder: string): Promise<KeyPair> {
  const file = join(dataFolder, 'signing-key.json');
  const text = (await readPrivately(file)) ?? (await createPrivately(file, await newKey()));
  try {
    const { d, ...common } = schema.parse(JSON.parse(text));
    return { privateKey: await imported({ ...common, d }), publicKey: await imported(common) };
  } catch (caught) {
    throw new CannotStart(`${file} (in IAM_DATA) is no key of this server; delete it, and all sign in again.`, {
      cause: caught,
    });
  }
}

async function newKey(): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return JSON.stringify(await exportJWK(privateKey));
}

async function imported(key: JWK): Promise<CryptoKey> {
  const found = await importJWK(key, ALGORITHM);
  if (found instanceof Uint8Array) throw new TypeError('a symmetric key');
  return found;
}

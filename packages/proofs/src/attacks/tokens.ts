import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FORGER } from './fixtures.js';

/** Valid and forged tokens. */
export interface Tokens {
  /** The URL of the public key. */
  readonly keys: string;
  readonly good: string;
  /** Invalid tokens that look like valid ones. */
  readonly forged: readonly string[];
  readonly close: () => void;
}

const MINUTE = 60;
const DAY = 1440 * MINUTE;

/** Creates a key pair, and serves the public key. */
export async function makeTokens(): Promise<Tokens> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' };
  const server = createServer((_, response) => response.end(JSON.stringify({ keys: [jwk] })));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    keys: `http://127.0.0.1:${port}/`,
    good: signed({ sub: 'root-by-signature' }, { key: privateKey }),
    forged: forgeries(privateKey, publicKey),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function forgeries(key: KeyObject, publicKey: KeyObject): readonly string[] {
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const [head = '', claims = '', signature = ''] = signed({}, { key }).split('.');
  const pem = String(publicKey.export({ format: 'pem', type: 'spki' }));
  const symmetric = `${encoded({ alg: 'HS256', kid: 'one' })}.${claims}`;
  const now = Math.floor(Date.now() / 1000);
  return [
    signed({}, { key: stranger }),
    signed({}, { key: stranger, head: { kid: 'another' } }),
    signed({}, { key: stranger, head: { jwk: publicKey.export({ format: 'jwk' }) } }),
    signed({}, { key, head: { crit: ['unheard-of'] } }),
    signed({ exp: now - MINUTE }, { key }),
    signed({ exp: undefined }, { key }),
    signed({ nbf: now + DAY }, { key }),
    signed({ aud: 'another' }, { key }),
    signed({ iss: 'https://another.test' }, { key }),
    `${encoded({ alg: 'none' })}.${claims}.`,
    `${encoded({ alg: 'none', kid: 'one' })}.${claims}.${signature}`,
    `${symmetric}.${createHmac('sha256', pem).update(symmetric).digest('base64url')}`,
    `${head}.${encoded({ ...validClaims({}), sub: FORGER, aud: 'login-policy' })}x.${signature}`,
    `${head}.${claims}.`,
    `${head}.${claims}.${Buffer.alloc(64).toString('base64url')}`,
    `${head}.${claims}`,
    '..',
    `${head}.${'A'.repeat(9000)}.${signature}`,
  ];
}

type Claims = Readonly<Record<string, unknown>>;

/** The claims of a valid token, with changes. */
function validClaims(claims: Claims): Claims {
  const exp = Math.floor(Date.now() / 1000) + DAY;
  return { iss: 'https://issuer.test', aud: 'login-policy', sub: FORGER, exp, ...claims };
}

function signed(claims: Claims, { head = {}, key }: { readonly head?: Claims; readonly key: KeyObject }): string {
  const text = `${encoded({ alg: 'ES256', kid: 'one', ...head })}.${encoded(validClaims(claims))}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

function encoded(json: Claims): string {
  return Buffer.from(JSON.stringify(json)).toString('base64url');
}

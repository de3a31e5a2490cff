import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';

/** An issuer of tokens, by the letter of its standards and no more: no real one was asked. */
export interface Issuer {
  readonly url: string;
  /** Signs a token, for an hour. */
  readonly token: (claims: JWTPayload, by?: CryptoKey) => Promise<string>;
  readonly stranger: CryptoKey;
  /** What it answers of opaque tokens. */
  readonly tokens: Map<string, object>;
  /** Each question about one: its credentials and its form. */
  readonly asked: { readonly authorization: string | undefined; readonly form: string }[];
  /** What its discovery says besides, or instead. */
  readonly metadata: Record<string, unknown>;
  /** Answers 500 to everything while it is set. */
  isDown: boolean;
  readonly close: () => void;
}

export async function openIssuer(): Promise<Issuer> {
  const [own, other] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
  const key = { ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'ES256' };
  const answers: Readonly<Record<string, (request: IncomingMessage) => Promise<object>>> = {
    '/.well-known/openid-configuration': async () => ({
      issuer: issuer.url,
      jwks_uri: `${issuer.url}/keys`,
      introspection_endpoint: `${issuer.url}/introspect`,
      ...issuer.metadata,
    }),
    '/keys': async () => ({ keys: [key] }),
    '/introspect': async (request) => {
      const form = await text(request);
      issuer.asked.push({ authorization: request.headers.authorization, form });
      return issuer.tokens.get(new URLSearchParams(form).get('token') ?? '') ?? { active: false };
    },
  };
  const server = createServer((request, response) => {
    const answer = issuer.isDown ? undefined : answers[request.url ?? ''];
    if (answer === undefined) response.writeHead(500).end();
    else
      answer(request).then(
        (json) => response.end(JSON.stringify(json)),
        () => response.destroy(),
      );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address: AddressInfo | string | null = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const issuer: Issuer = {
    url,
    token: (claims, by = own.privateKey) =>
      new SignJWT({ iss: url, aud: 'login-policy', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setExpirationTime('1h')
        .sign(by),
    stranger: other.privateKey,
    tokens: new Map(),
    asked: [],
    metadata: {},
    isDown: false,
    close: () => server.close(),
  };
  return issuer;
}

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
  const server = createServer((request, response) => {
    answerOf(issuer, request, key).then(
      (json) => (json === undefined ? response.writeHead(500).end() : response.end(JSON.stringify(json))),
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
    ...{ tokens: new Map(), asked: [], metadata: {} },
    isDown: false,
    close: () => server.close(),
  };
  return issuer;
}

async function answerOf(issuer: Issuer, request: IncomingMessage, key: object): Promise<object | undefined> {
  if (issuer.isDown) return undefined;
  const { url } = issuer;
  const places = { jwks_uri: `${url}/keys`, introspection_endpoint: `${url}/introspect` };
  if (request.url === '/.well-known/openid-configuration') return { issuer: url, ...places, ...issuer.metadata };
  if (request.url === '/keys') return { keys: [key] };
  if (request.url !== '/introspect') return undefined;
  const form = await text(request);
  issuer.asked.push({ authorization: request.headers.authorization, form });
  return issuer.tokens.get(new URLSearchParams(form).get('token') ?? '') ?? { active: false };
}

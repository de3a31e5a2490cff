import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { createServer, type Server } from 'node:http';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  exportJWK,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWTPayload,
} from 'jose';
import { jsonWebTokens, type Authenticate, type Caller, type JsonWebTokenOptions } from '@login-policy/api';
import { INSTANCE, openService } from './service.js';

const ISSUER = 'https://issuer.example';
const GOOD: JWTPayload = { sub: 'alice', iss: ISSUER, aud: 'login-policy' };

describe('JSON web tokens', () => {
  let keys: Server;
  let signing: CryptoKey;
  let stranger: CryptoKey;
  let authenticate: Authenticate;
  before(async () => {
    const pair = await generateKeyPair('ES256');
    signing = pair.privateKey;
    stranger = (await generateKeyPair('ES256')).privateKey;
    const key = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' };
    const broken = { ...key, kid: 'broken', x: 'A'.repeat(43), y: 'A'.repeat(43) };
    keys = createServer((_, response) => response.end(JSON.stringify({ keys: [broken, key] })));
    await new Promise<void>((resolve) => {
      keys.listen(0, '127.0.0.1', resolve);
    });
    authenticate = tokensFrom(`http://127.0.0.1:${portOf(keys)}/keys`);
  });
  after(() => keys.close());

  function token(claims: JWTPayload, by: CryptoKey = signing, expires: string | undefined = '1h'): Promise<string> {
    const made = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'one' });
    return (expires === 'never' ? made : made.setExpirationTime(expires ?? '1h')).sign(by);
  }
  async function statusWith(bearer: string, by: Authenticate = authenticate): Promise<number> {
    const service = await openService({ ports: { authenticate: by } });
    try {
      const headers = { authorization: `Bearer ${bearer}` };
      return (await fetch(`${service.url}/admin/v1/policies/login`, { headers })).status;
    } finally {
      await service.close();
    }
  }

  it('are valid if the issuer signed them for this audience and they are not expired', async () => {
    expect(await statusWith(await token(GOOD))).to.equal(200);
  });

  it('are invalid if signed by another key, for another audience, by another issuer, expired, or without expiry', async () => {
    const bad = [
      await token(GOOD, stranger),
      await token({ ...GOOD, aud: 'somebody else' }),
      await token({ ...GOOD, iss: 'https://other.example' }),
      await token(GOOD, signing, '-1h'),
      await token(GOOD, signing, 'never'),
      await token({ iss: ISSUER, aud: 'login-policy' }),
      `${await token(GOOD)}x`,
      'eyJhbGciOiJub25lIn0.e30.',
    ];
    for (const [index, one] of bad.entries()) expect([index, await statusWith(one)]).to.deep.equal([index, 401]);
  });

  it('are invalid if their key does not exist, without affecting tokens of other keys', async () => {
    const made = new SignJWT(GOOD).setProtectedHeader({ alg: 'ES256', kid: 'broken' }).setExpirationTime('1h');
    expect(await statusWith(await made.sign(signing))).to.equal(401);
    expect(await statusWith(await token(GOOD))).to.equal(200);
  });

  it('are rejected if callerOf returns undefined', async () => {
    expect(await statusWith(await token({ ...GOOD, sub: 'mallory' }))).to.equal(401);
  });

  it('cannot be checked while the keys are unreachable: that is 503 and not 401', async () => {
    expect(await statusWith(await token(GOOD), tokensFrom('http://127.0.0.1:9/keys'))).to.equal(503);
  });

  it('do not report a defect of the hook that reads the claims as missing keys', async () => {
    const callerOf = (): undefined => {
      throw new TypeError('a defect');
    };
    expect(await statusWith(await token(GOOD), tokensFrom(`http://127.0.0.1:${portOf(keys)}/keys`, callerOf))).to.equal(
      500,
    );
  });

  it('are invalid if they name another algorithm, without a report to the operator', async () => {
    const { publicKey: ours } = await generateKeyPair('ES256');
    const { privateKey: theirs } = await generateKeyPair('RS256');
    const forged = await new SignJWT(GOOD).setProtectedHeader({ alg: 'RS256' }).setExpirationTime('1h').sign(theirs);
    const service = await openService({
      ports: {
        authenticate: jsonWebTokens({
          keys: () => Promise.resolve(ours),
          issuer: ISSUER,
          audience: 'login-policy',
          callerOf: onlyAlice,
        }),
      },
    });
    const headers = { authorization: `Bearer ${forged}` };
    const { status } = await fetch(`${service.url}/admin/v1/policies/login`, { headers });
    expect([status, service.failures]).to.deep.equal([401, []]);
    await service.close();
  });

  it('without a key id are tried with each matching key, as during a key rotation', async () => {
    const [former, next] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
    const published = await Promise.all([former, next].map(({ publicKey }) => exportJWK(publicKey)));
    const both = tokensOf(createLocalJWKSet({ keys: published }));
    const unnamed = (by: CryptoKey, expires = '1h'): Promise<string> =>
      new SignJWT(GOOD).setProtectedHeader({ alg: 'ES256' }).setExpirationTime(expires).sign(by);
    expect(await statusWith(await unnamed(former.privateKey), both)).to.equal(200);
    expect(await statusWith(await unnamed(next.privateKey), both)).to.equal(200);
    expect(await statusWith(await unnamed(stranger), both)).to.equal(401);
    expect(await statusWith(await unnamed(next.privateKey, '-1h'), both)).to.equal(401);
  });

  it('without a key id are tried with the other keys when one of them can’t be used', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const short = { kty: 'RSA', n: Buffer.alloc(64, 1).toString('base64url'), e: 'AQAB' };
    const set = tokensOf(createLocalJWKSet({ keys: [short, await exportJWK(publicKey)] }));
    const made = new SignJWT(GOOD).setProtectedHeader({ alg: 'RS256' }).setExpirationTime('1h');
    expect(await statusWith(await made.sign(privateKey), set)).to.equal(200);
  });

  it('without a key id are checked with the keys of now when those of before match none', async () => {
    const [former, next] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
    let [current, fetches, cooldownDuration] = [former.publicKey, 0, 0];
    const issuer = createServer((_, response) => {
      fetches++;
      exportJWK(current).then(
        (key) => response.end(JSON.stringify({ keys: [key] })),
        () => response.destroy(),
      );
    });
    await new Promise<void>((resolve) => {
      issuer.listen(0, '127.0.0.1', resolve);
    });
    const url = new URL(`http://127.0.0.1:${portOf(issuer)}/keys`);
    const unnamed = ({ privateKey }: typeof next): Promise<string> =>
      new SignJWT(GOOD).setProtectedHeader({ alg: 'ES256' }).setExpirationTime('1h').sign(privateKey);
    for (const expected of [200, 401]) {
      current = former.publicKey;
      const set = tokensOf(createRemoteJWKSet(url, { cooldownDuration }));
      expect(await statusWith(await unnamed(former), set)).to.equal(200);
      current = next.publicKey;
      expect(await statusWith(await unnamed(next), set), `cooling down for ${cooldownDuration} ms`).to.equal(expected);
      cooldownDuration = 60_000;
    }
    expect(fetches).to.equal(3);
    issuer.close();
  });

  it('are valid at once when their key was rotated in, and forged key ids make the keys be fetched three times at most', async () => {
    const [former, next] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
    const keysOf = (kid: string, key: typeof next): Promise<object> =>
      exportJWK(key.publicKey).then((jwk) => ({ keys: [{ ...jwk, kid, alg: 'ES256' }] }));
    let [published, fetches] = [JSON.stringify(await keysOf('former', former)), 0];
    const issuer = createServer((_, response) => {
      fetches++;
      response.end(published);
    });
    await new Promise<void>((resolve) => {
      issuer.listen(0, '127.0.0.1', resolve);
    });
    const by = (kid: string, { privateKey }: typeof next): Promise<string> =>
      new SignJWT(GOOD).setProtectedHeader({ alg: 'ES256', kid }).setExpirationTime('1h').sign(privateKey);
    const set = tokensFrom(`http://127.0.0.1:${portOf(issuer)}/keys`);
    expect(await statusWith(await by('former', former), set)).to.equal(200);
    published = JSON.stringify(await keysOf('next', next));
    const rotated = await by('next', next);
    const together = await Promise.all(Array.from({ length: 10 }, () => statusWith(rotated, set)));
    expect([...new Set(together)]).to.deep.equal([200]);
    for (let forged = 0; forged < 10; forged++)
      expect(await statusWith(await by(`forged ${forged}`, former), set)).to.equal(401);
    expect(await statusWith(rotated, set)).to.equal(200);
    expect(fetches, 'the first fetch, and three more').to.equal(4);
    issuer.close();
  });

  it('of an unknown key cannot be checked while the issuer is down, however many there are', async () => {
    let isDown = false;
    const key = { ...(await exportJWK((await generateKeyPair('ES256')).publicKey)), kid: 'one', alg: 'ES256' };
    const issuer = createServer((_, response) => {
      if (isDown) response.writeHead(500);
      response.end(JSON.stringify({ keys: [key] }));
    });
    await new Promise<void>((resolve) => {
      issuer.listen(0, '127.0.0.1', resolve);
    });
    const set = tokensFrom(`http://127.0.0.1:${portOf(issuer)}/keys`);
    expect(await statusWith(await token(GOOD, stranger), set)).to.equal(401);
    isDown = true;
    const unknown = new SignJWT(GOOD).setProtectedHeader({ alg: 'ES256', kid: 'new' }).setExpirationTime('1h');
    const bearer = await unknown.sign(stranger);
    for (let tries = 0; tries < 6; tries++) expect(await statusWith(bearer, set), `try ${tries}`).to.equal(503);
    issuer.close();
  });

  it('are never checked with keys that could be forged on their way', () => {
    expect(() => tokensFrom('http://issuer.example/keys')).to.throw(RangeError, 'keys must be an https URL');
  });

  it('are never accepted with a symmetric algorithm', () => {
    const options = { keys: new URL('https://x.example'), issuer: ISSUER, audience: 'x', callerOf: () => undefined };
    expect(() => jsonWebTokens({ ...options, algorithms: ['HS256'] })).to.throw(RangeError);
  });
});

const grants = [{ permissions: ['iam.policy.read'] }];

function onlyAlice({ sub }: JWTPayload): Caller | undefined {
  return sub === 'alice' ? { id: sub, instanceId: INSTANCE, grants } : undefined;
}

function tokensFrom(url: string, callerOf = onlyAlice): Authenticate {
  return tokensOf(new URL(url), callerOf);
}

function tokensOf(keys: JsonWebTokenOptions['keys'], callerOf = onlyAlice): Authenticate {
  return jsonWebTokens({ keys, issuer: ISSUER, audience: 'login-policy', callerOf });
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the server does not listen');
}

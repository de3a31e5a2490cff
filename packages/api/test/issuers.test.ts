import { afterEach, beforeEach, describe, it } from 'mocha';
import { expect } from 'chai';
import {
  introspectedTokens,
  oidcTokens,
  type Authenticate,
  type Caller,
  type IntrospectionOptions,
} from '@login-policy/api';
import { openIssuer, type Issuer } from './issuer.js';
import { INSTANCE, openService, type Service } from './service.js';

const grants = [{ permissions: ['iam.policy.read'] }];

function callerOf({ sub }: { readonly sub?: unknown }): Caller | undefined {
  return sub === 'alice' ? { id: 'alice', instanceId: INSTANCE, grants } : undefined;
}

const open: { issuer: Issuer; service?: Service }[] = [];

/** A service that asks an issuer, and what it answers to the bearer of a token. */
async function asking(issuer: Issuer, authenticate: Authenticate) {
  const service = await openService({ ports: { authenticate } });
  open.push({ issuer, service });
  return {
    failures: service.failures,
    statusWith: async (token: string): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${service.url}/admin/v1/policies/login`, { headers });
      await answer.text();
      return answer.status;
    },
  };
}

describe('tokens of an issuer with discovery', () => {
  let issuer: Issuer;
  beforeEach(async () => {
    issuer = await openIssuer();
    open.push({ issuer });
  });
  afterEach(closeAll);
  const oidc = (): Authenticate => oidcTokens({ issuer: issuer.url, audience: 'login-policy', callerOf });

  it('are valid if the issuer signed them for this audience', async () => {
    const { statusWith } = await asking(issuer, oidc());
    expect(await statusWith(await issuer.token({ sub: 'alice' }))).to.equal(200);
    expect(await statusWith(await issuer.token({ sub: 'alice' }, issuer.stranger))).to.equal(401);
    expect(await statusWith(await issuer.token({ sub: 'alice', aud: 'others' }))).to.equal(401);
    expect(await statusWith(await issuer.token({ sub: 'alice', iss: 'https://other.example' }))).to.equal(401);
  });

  it('cannot be checked while the issuer is unreachable, and can once it is back', async () => {
    const { failures, statusWith } = await asking(issuer, oidc());
    const token = await issuer.token({ sub: 'alice' });
    issuer.isDown = true;
    expect(await statusWith(token)).to.equal(503);
    expect(String(failures[0])).to.contain('openid-configuration answered 500');
    issuer.isDown = false;
    expect(await statusWith(token)).to.equal(200);
  });

  it('cannot be checked if the discovery document names another issuer or insecure keys', async () => {
    for (const said of [{ issuer: 'https://other.example' }, { jwks_uri: 'http://keys.example' }, { jwks_uri: 7 }]) {
      Object.assign(issuer.metadata, said);
      const { statusWith } = await asking(issuer, oidc());
      expect(await statusWith(await issuer.token({ sub: 'alice' })), JSON.stringify(said)).to.equal(503);
    }
  });

  it('are checked with the keys that the discovery document names now', async () => {
    const moved = await openIssuer();
    open.push({ issuer: moved });
    const { statusWith } = await asking(issuer, oidc());
    const [before, after] = [
      await issuer.token({ sub: 'alice' }),
      await moved.token({ sub: 'alice', iss: issuer.url }),
    ];
    expect([await statusWith(before), await statusWith(after)]).to.deep.equal([200, 401]);
    issuer.metadata['jwks_uri'] = `${moved.url}/keys`;
    expect([await statusWith(after), await statusWith(before)]).to.deep.equal([200, 401]);
  });

  it('require an https issuer', () => {
    for (const url of ['http://issuer.example', 'issuer.example', '']) {
      expect(() => oidcTokens({ issuer: url, audience: 'x', callerOf })).to.throw(RangeError, 'issuer must be');
    }
  });
});

describe('opaque tokens', () => {
  let issuer: Issuer;
  beforeEach(async () => {
    issuer = await openIssuer();
    open.push({ issuer });
    issuer.tokens.set('opaque', { active: true, sub: 'alice', aud: ['login-policy', 'others'] });
  });
  afterEach(closeAll);
  const introspected = (more: Partial<IntrospectionOptions> = {}): Authenticate =>
    introspectedTokens({ issuer: issuer.url, clientId: 'the api', clientSecret: 's:cret', callerOf, ...more });

  it('are valid while the issuer says so, which is asked each time', async () => {
    const { statusWith } = await asking(issuer, introspected());
    expect(await statusWith('opaque')).to.equal(200);
    issuer.tokens.set('opaque', { active: false });
    expect(await statusWith('opaque')).to.equal(401);
    expect(await statusWith('of-a-stranger')).to.equal(401);
    const authorization = `Basic ${Buffer.from('the+api:s%3Acret').toString('base64')}`;
    expect(issuer.asked[0]).to.deep.equal({ authorization, form: 'token=opaque&token_type_hint=access_token' });
    expect(issuer.asked).to.have.length(3);
  });

  it('are invalid if they are expired, not yet valid, or for another audience', async () => {
    const { statusWith } = await asking(issuer, introspected({ audience: 'login-policy' }));
    expect(await statusWith('opaque')).to.equal(200);
    const now = Math.floor(Date.now() / 1000);
    const good = { active: true, sub: 'alice', aud: 'login-policy', exp: now + 60 };
    issuer.tokens.set('one', good);
    expect(await statusWith('one')).to.equal(200);
    const bad = [{ exp: now - 60 }, { exp: 'never' }, { nbf: now + 60 }, { aud: 'others' }, { aud: undefined }];
    for (const claims of [...bad, { active: 'true' }, { sub: 'mallory' }]) {
      issuer.tokens.set('one', { ...good, ...claims });
      expect(await statusWith('one'), JSON.stringify(claims)).to.equal(401);
    }
  });

  it('are accepted from the cache if they were valid', async () => {
    const { statusWith } = await asking(issuer, introspected({ cacheMs: 3_600_000 }));
    for (const token of ['opaque', 'opaque', 'bad', 'bad']) await statusWith(token);
    expect(issuer.asked.map(({ form }) => form.split('&')[0])).to.deep.equal([
      'token=opaque',
      'token=bad',
      'token=bad',
    ]);
  });

  it('cannot be checked while the issuer is unreachable', async () => {
    const { statusWith } = await asking(issuer, introspected({ endpoint: new URL(`${issuer.url}/introspect`) }));
    issuer.isDown = true;
    expect(await statusWith('opaque')).to.equal(503);
    issuer.isDown = false;
    expect(await statusWith('opaque')).to.equal(200);
  });

  it('are asked about where the discovery document says now, after ten minutes or a failure', async () => {
    const moved = await openIssuer();
    open.push({ issuer: moved });
    const { statusWith } = await asking(issuer, introspected());
    expect(await statusWith('opaque')).to.equal(200);
    issuer.metadata['introspection_endpoint'] = `${moved.url}/introspect`;
    expect(await statusWith('opaque')).to.equal(200);
    const real = performance.now.bind(performance);
    performance.now = () => real() + 600_000;
    expect(await statusWith('opaque').finally(() => (performance.now = real))).to.equal(401);
    moved.isDown = true;
    expect(await statusWith('opaque')).to.equal(503);
    delete issuer.metadata['introspection_endpoint'];
    expect(await statusWith('opaque')).to.equal(200);
  });

  it('require an https endpoint', () => {
    const by = { clientId: 'a', clientSecret: 'b', callerOf };
    expect(() => introspectedTokens(by)).to.throw(RangeError, 'needs an issuer or an endpoint');
    const endpoint = new URL('http://issuer.example/introspect');
    expect(() => introspectedTokens({ ...by, endpoint })).to.throw(RangeError, 'endpoint must be');
    const issuedBy = { ...by, issuer: 'https://issuer.example' };
    expect(() => introspectedTokens({ ...issuedBy, cacheMs: -1 })).to.throw(RangeError, 'cacheMs must be');
  });
});

async function closeAll(): Promise<void> {
  for (const { issuer, service } of open.splice(0)) {
    await service?.close();
    issuer.close();
  }
}

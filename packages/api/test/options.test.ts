import {
  createApi,
  holdsGrant,
  instancesByHost,
  introspectedTokens,
  jsonWebTokens,
  oidcTokens,
  oneInstance,
  openPort,
  staticTokens,
} from '@login-policy/api';
import { openLoginPolicies, type LoginPolicies } from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { openService } from './service.js';

/** An option, what somebody gave for it, and the sentence they are told. */
type Row = readonly [given: object, sentence: string];

function saidOf(call: (...given: never[]) => unknown, ...given: readonly unknown[]): string {
  try {
    Reflect.apply(call, undefined, given);
  } catch (caught) {
    return String(caught).replace(/^\w+: /, '');
  }
  return 'nothing was refused';
}

async function saidLater(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing was refused',
    (caught: unknown) => String(caught).replace(/^\w+: /, ''),
  );
}

const yes = (): boolean => true;
const callerOf = (): undefined => undefined;
const ports = { authenticate: callerOf, instanceOf: oneInstance('i'), organizations: { exists: yes } };

/** Beside options that are good. */
const rowsOf = (loginPolicies: LoginPolicies): readonly Row[] => [
  [{ ports: {} }, 'ports.authenticate must be a function, not undefined.'],
  [{ ports: { ...ports, isAlowed: yes } }, 'ports.isAlowed is not an option. Did you mean isAllowed?'],
  [{ ports: { ...ports, isAllowed: undefined } }, 'ports.isAllowed must be a function, not undefined.'],
  [{ ports: { ...ports, isAllowed: true } }, 'ports.isAllowed must be a function, not true.'],
  [
    { ports: { ...ports, organizations: yes } },
    'ports.organizations must be an object with the method exists, not a function.',
  ],
  [
    { ports: { ...ports, organizations: ['acme'] } },
    'ports.organizations must be an object with the method exists, not a list.',
  ],
  [{ ports: { ...ports, instanceOf: 'i' } }, 'ports.instanceOf must be a function, not "i".'],
  [{ ports: Promise.resolve(ports) }, 'ports must be a plain object, not an instance of a class.'],
  [{ isAllowed: yes }, 'isAllowed is not an option. '],
  [{ absent: 'zitdael' }, 'absent must be "page" or "zitadel", not "zitdael".'],
  [{ unknownNames: 'ingore' }, 'unknownNames must be "refuse" or "ignore", not "ingore".'],
  [{ maxBodyBytes: Number.NaN }, 'maxBodyBytes must be a whole number from 1 to 1,073,741,824, not NaN.'],
  [{ maxBodyBytes: '1mb' }, 'maxBodyBytes must be a whole number from 1 to 1,073,741,824, not "1mb".'],
  [{ bodyTimeoutMs: Infinity }, 'bodyTimeoutMs must be a number from 1 to 2,147,483,647, not Infinity.'],
  [{ bodyTimeoutMs: 0 }, 'bodyTimeoutMs must be a number from 1 to 2,147,483,647, not 0.'],
  [{ maxSecondsBehind: -1 }, 'maxSecondsBehind must be a number from 0 to 2,147,483,647, not -1.'],
  [{ operational: true }, 'operational must be a plain object, not true.'],
  [{ operational: { prefix: 5 } }, 'operational.prefix must be a path like /internal, or empty, not 5.'],
  [{ onAnswered: 'log' }, 'onAnswered must be a function, not "log".'],
  [{ onFailure: Promise.resolve() }, 'onFailure must be a function, not a promise.'],
  [{ around: {} }, 'around must be a function, not an object.'],
  [{ loginPolicies: openLoginPolicies }, 'loginPolicies must be what openLoginPolicies resolves to, not a function.'],
  [
    { loginPolicies: Promise.resolve(loginPolicies) },
    'loginPolicies must be what openLoginPolicies resolves to, not a promise.',
  ],
];

describe('createApi', () => {
  const store = openMemoryStore();
  let loginPolicies: LoginPolicies;
  before(async () => {
    loginPolicies = await openLoginPolicies({ store });
  });
  after(async () => {
    await loginPolicies.close();
    await store.close();
  });

  it('refuses malformed options and ports, and names them', () => {
    for (const [given, sentence] of rowsOf(loginPolicies))
      expect(saidOf(createApi, { loginPolicies, ports, ...given })).to.match(
        new RegExp(`^createApi: ${literal(sentence)}`),
      );
    expect(saidOf(createApi)).to.equal('createApi: its options must be a plain object, not undefined.');
    expect(saidOf(createApi, { loginPolicies, ports })).to.equal('nothing was refused');
  });

  it('accepts origins as a browser writes them, in a list', () => {
    for (const origins of [
      'https://app.example',
      '*',
      [''],
      ['*'],
      ['null'],
      ['app.example'],
      ['https://a.example/'],
      ['https://A.example'],
      [5],
      {},
      true,
    ])
      expect(saidOf(createApi, { loginPolicies, ports, origins })).to.match(
        /^createApi: origins must be "any", a function, or/,
      );
    for (const origins of ['any', [], ['https://a.example', 'http://localhost:5173', 'capacitor://localhost'], yes])
      expect(saidOf(createApi, { loginPolicies, ports, origins })).to.equal('nothing was refused');
  });
});

const PORT_ROWS: readonly Row[] = [
  [{ port: '8080' }, 'port must be a whole number from 0 to 65,535, not "8080".'],
  [{ port: Number.NaN }, 'port must be a whole number from 0 to 65,535, not NaN.'],
  [{ host: '' }, 'host must be a non-empty string, not "".'],
  [{ maxConections: 5 }, 'maxConections is not an option. Did you mean maxConnections?'],
  [{ maxConnections: 0 }, 'maxConnections must be a whole number from 1 to 2,147,483,647, not 0.'],
  [{ idleTimeoutMs: Number.NaN }, 'idleTimeoutMs must be a number from 1 to 2,147,483,647, not NaN.'],
  [{ requestTimeoutMs: '30s' }, 'requestTimeoutMs must be a number from 1 to 2,147,483,647, not "30s".'],
  [{ tls: undefined }, 'tls must be a plain object, not undefined.'],
  [{ tls: {} }, 'tls.cert must be PEM, as a string or a Buffer, or a list of them, not undefined.'],
  [{ tls: { cert: 'c', key: '' } }, 'tls.key must be PEM, as a string or a Buffer, or a list of them, not "".'],
  [
    { tls: { cert: 'c', key: 'k', ca: undefined } },
    'tls.ca must be PEM, as a string or a Buffer, or a list of them, not undefined.',
  ],
  [{ tls: { cert: 'c', key: 'k', requestCert: 'false' } }, 'tls.requestCert must be true or false, not "false".'],
];

describe('a port', () => {
  it('refuses a malformed option, and opens nothing', async () => {
    const service = await openService();
    for (const [given, sentence] of PORT_ROWS) {
      const options = { port: 0, ...given };
      expect(await saidLater(service.api.listen(options))).to.equal(`the port: ${sentence}`);
      expect(await saidLater(openPort(() => undefined, options))).to.equal(`the port: ${sentence}`);
    }
    expect(await saidLater(Reflect.apply(openPort, undefined, [service.api, { port: 0 }]))).to.equal(
      'openPort: onRequest must be a function, not an object.',
    );
    expect(await saidLater(Reflect.apply(service.api.listen, undefined, []))).to.equal(
      'the port: its options must be a plain object, not undefined.',
    );
    await service.close();
  });

  it('is not closed by malformed options, and can be closed afterwards', async () => {
    const service = await openService();
    expect(await saidLater(service.listening.close({ graceMs: Number.NaN }))).to.match(
      /^close: graceMs must be a number/,
    );
    expect(await saidLater(service.listening.close(Object({ drain: 5 })))).to.match(/Did you mean drainMs\?$/);
    expect((await fetch(`${service.url}/debug/ready`)).status).to.equal(200);
    await service.close();
  });
});

const issuer = 'https://issuer.test';
const oidc = { issuer, audience: 'x', callerOf };
const introspection = { issuer, clientId: 'c', clientSecret: 's', callerOf };

const TOKEN_ROWS: readonly (readonly [(...given: never[]) => unknown, unknown, string])[] = [
  [oidcTokens, {}, 'oidcTokens: issuer must be a non-empty string, not undefined.'],
  [oidcTokens, undefined, 'oidcTokens: its options must be a plain object, not undefined.'],
  [oidcTokens, { ...oidc, audience: undefined }, 'oidcTokens: audience must be a non-empty string, not undefined.'],
  [oidcTokens, { ...oidc, audeince: 'x' }, 'oidcTokens: audeince is not an option. Did you mean audience?'],
  [oidcTokens, { ...oidc, algorithms: 'RS256' }, 'oidcTokens: algorithms must be a list of asymmetric algorithms'],
  [oidcTokens, { ...oidc, algorithms: [] }, 'oidcTokens: algorithms must be a list of asymmetric algorithms'],
  [oidcTokens, { ...oidc, algorithms: ['hs256'] }, 'oidcTokens: algorithms must be a list of asymmetric algorithms'],
  [oidcTokens, { ...oidc, clockToleranceSeconds: Number.NaN }, 'oidcTokens: clockToleranceSeconds must be a number'],
  [oidcTokens, { ...oidc, callerOf: undefined }, 'oidcTokens: callerOf must be a function, not undefined.'],
  [
    jsonWebTokens,
    { ...oidc, keys: 'https://issuer.test/keys' },
    'jsonWebTokens: keys must be a URL, or a key set of jose',
  ],
  [jsonWebTokens, oidc, 'jsonWebTokens: keys must be a URL, or a key set of jose, not undefined.'],
  [
    introspectedTokens,
    { ...introspection, audience: undefined },
    'introspectedTokens: audience must be a non-empty string',
  ],
  [
    introspectedTokens,
    { ...introspection, clientSecret: 5 },
    'introspectedTokens: clientSecret must be a non-empty string',
  ],
  [introspectedTokens, { ...introspection, issuer: undefined }, 'introspectedTokens needs an issuer or an endpoint'],
  [
    introspectedTokens,
    { ...introspection, cacheMs: Number.NaN },
    'introspectedTokens: cacheMs must be a number from 0',
  ],
];

describe('a ready-made port', () => {
  it('of tokens refuses malformed options', () => {
    for (const [make, given, sentence] of TOKEN_ROWS)
      expect(saidOf(make, given)).to.satisfy((said: string) => said.startsWith(sentence));
  });

  it('of fixed tokens or instances refuses malformed ones', () => {
    const token = 'a-token-of-some-length';
    const root = { id: 'root', instanceId: 'i', grants: [] };
    const rows: readonly Row[] = [
      [{ [token]: undefined }, 'the caller of a static token must be a caller, not undefined.'],
      [{ [token]: { ...root, id: undefined } }, 'the caller of a static token.id must be an id'],
      [
        { [token]: { ...root, grants: [{ permissions: 'iam.policy.write' }] } },
        'the caller of a static token.grants[0].permissions must be a list of strings, not "iam.policy.write".',
      ],
      [
        { [token]: { ...root, grants: [{ permissions: [], organisationId: 'a' }] } },
        'the caller of a static token.grants[0].organisationId is not a member of',
      ],
    ];
    for (const [given, sentence] of rows)
      expect(saidOf(staticTokens, given)).to.satisfy((said: string) => said.startsWith(sentence));
    for (const given of [undefined, null, 5]) {
      expect(saidOf(staticTokens, given)).to.match(/^callers must be/);
      expect(saidOf(instancesByHost, given)).to.match(/^instances must be/);
    }
    for (const given of [undefined, null, '', 5, {}]) {
      expect(saidOf(oneInstance, given)).to.match(/^instanceId must be an id/);
      expect(saidOf(instancesByHost, { 'iam.example': given })).to.match(/^the instance of iam.example must be an id/);
    }
  });

  it('that checks grants finds no permission within a string', () => {
    const caller = { id: 'c', instanceId: 'i', grants: [Object({ permissions: 'iam.policy.read iam.policy.write' })] };
    expect(holdsGrant(caller, 'policy.write', { instanceId: 'i' })).to.equal(false);
    expect(holdsGrant(caller, 'iam.policy.write', { instanceId: 'i' })).to.equal(false);
  });
});

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

import { getOption, type JsonObject } from '@bufbuild/protobuf';
import { createServerTransport } from '@zitadel/client/node';
import { createSettingsServiceClient, makeReqCtx } from '@zitadel/client/v2';
import { http } from '@zitadel/proto/google/api/annotations_pb.js';
import { AutoLinkingOption } from '@zitadel/proto/zitadel/idp/v2/idp_pb.js';
import { IdentityProviderType } from '@zitadel/proto/zitadel/settings/v2/login_settings_pb.js';
import { SettingsService } from '@zitadel/proto/zitadel/settings/v2/settings_service_pb.js';
import { orThrow, type IdentityProviderDirectory, type KnownIdentityProvider } from '@login-policy/domain';
import { Fault } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { after, before, beforeEach, describe, it } from 'mocha';
import { CLIENTS } from './clients/all.js';
import type { Client, Outcome } from './clients/client.js';
import { curlClient } from './clients/curl.js';
import { zitadelGrpc } from './clients/protobuf-es-clients.js';
import { askOf } from './rest-client.js';
import { ACME, GLOBEX, INSTANCE, NOBODY, openService, OWNER_OF_ACME, READER, ROOT, type Service } from './service.js';

const GOOGLE = {
  id: 'google',
  name: 'Google',
  type: 'GOOGLE',
  isCreationAllowed: true,
  isLinkingAllowed: true,
} as const;
const KNOWN: readonly KnownIdentityProvider[] = [
  { id: 'jwt', name: 'Portal', type: 'JWT', isAutoCreation: true, autoLinking: 'EMAIL' },
  GOOGLE,
];
const by = { actor: 'set-up' };
const link = (id: string) => ({ id, ownerType: 'SYSTEM' }) as const;
const SETTINGS = CLIENTS.filter((make) => make('http://127.0.0.1:1').services.includes('settings'));

describe('the settings service', () => {
  let service: Service;
  let failure: Error | undefined;
  let isSilent = false;
  const directory: IdentityProviderDirectory = async () => {
    if (failure !== undefined) throw failure;
    if (isSilent) await new Promise(() => undefined);
    return KNOWN;
  };
  before(async () => {
    let isFirst = true;
    service = await openService({
      identityProviders: async (owner, wanted, wait) =>
        isFirst ? wanted.map(({ id }) => ({ id })) : directory(owner, wanted, wait),
    });
    const { policies } = service;
    for (const id of ['google', 'gone', 'jwt'])
      orThrow(await policies.addIdentityProvider({ instanceId: INSTANCE }, link(id), by));
    orThrow(
      await policies.add({ instanceId: INSTANCE, organizationId: GLOBEX }, { identityProviders: [link('jwt')] }, by),
    );
    isFirst = false;
  });
  beforeEach(() => {
    failure = undefined;
    service.failures.length = 0;
  });
  after(() => service.close());

  const active = (client: Client, request: JsonObject = {}, token = ROOT): Promise<Outcome> =>
    client.call({ service: 'settings', method: 'GetActiveIdentityProviders', request, token });
  const idsIn = (outcome: Outcome): readonly string[] =>
    outcome.ok
      ? [...JSON.stringify(outcome.json).matchAll(/"id":"(\w+)"/g)].map(([, id = '']) => id)
      : [outcome.message];

  it('tells the login app which identity providers to offer, as its own client reads it', async () => {
    const client = createSettingsServiceClient(createServerTransport(ROOT, { baseUrl: service.url }));
    const answer = await client.getActiveIdentityProviders({ ctx: makeReqCtx(undefined), linkingAllowed: true });
    const [google] = answer.identityProviders;
    expect([answer.details?.totalResult, google?.id, google?.name, google?.type]).to.deep.equal([
      1n,
      'google',
      'Google',
      IdentityProviderType.GOOGLE,
    ]);
    expect(google?.options).to.include({ isCreationAllowed: true, autoLinking: AutoLinkingOption.UNSPECIFIED });
    const { settings } = await client.getLoginSettings({ ctx: makeReqCtx(ACME) });
    expect(settings).to.include({ allowExternalIdp: true, allowUsernamePassword: true, allowRegister: true });
    expect(settings?.mfaInitSkipLifetime?.seconds).to.equal(2_592_000n);
    // Unknown to the published client, and read by the app of today: field 20, true.
    expect(settings?.$unknown?.map(({ no, data }) => [no, ...data])).to.deep.equal([[20, 1]]);
  });

  SETTINGS.forEach((makeClient) => {
    it(`answers and filters alike over ${makeClient('http://127.0.0.1:1').name}`, async () => {
      const client = makeClient(service.url);
      const wanted: readonly (readonly [JsonObject, readonly string[]])[] = [
        [{}, ['google', 'jwt']],
        [{ creationAllowed: true }, ['google']],
        [{ creationAllowed: false }, ['jwt']],
        [{ linkingAllowed: true, autoCreation: false }, ['google']],
        [{ autoCreation: true }, ['jwt']],
        [{ autoLinking: true }, ['jwt']],
        [{ autoLinking: false }, ['google']],
        [{ autoLinking: true, linkingAllowed: true }, []],
        [{ ctx: { orgId: GLOBEX } }, ['jwt']],
        [{ ctx: { orgId: ACME } }, ['google', 'jwt']],
      ];
      for (const [request, ids] of wanted)
        expect([request, idsIn(await active(client, request))]).to.deep.equal([request, ids]);
      expect(await active(client)).to.deep.equal(await active(curlClient(service.url)));
      client.close?.();
    });
  });

  it('needs policy.read where it is asked, and takes no parameter that it does not have', async () => {
    const rest = curlClient(service.url);
    expect(idsIn(await active(rest, {}, READER))).to.deep.equal(['google', 'jwt']);
    expect(idsIn(await active(rest, {}, OWNER_OF_ACME))).to.deep.equal(['google', 'jwt']);
    for (const [request, token, code] of [
      [{ ctx: { orgId: GLOBEX } }, OWNER_OF_ACME, 7],
      [{ ctx: { orgId: 'nowhere' } }, ROOT, 7],
      [{}, NOBODY, 7],
      [{}, 'nobody knows it', 16],
      [{ ctx: { instance: false } }, ROOT, 3],
      [{ creationAlowed: true }, ROOT, 3],
      [{ creationAllowed: 'yes' }, ROOT, 3],
    ] as const)
      expect([request, await active(rest, request, token)]).to.have.nested.property('[1].code', code);
    const { at } = await askOf(service, 'GET /v2/settings/login/idps?creationAlowed=true', {});
    expect(at('message')).to.contain(
      'creationAlowed is not a parameter of this request. Did you mean creationAllowed?',
    );
  });

  it('names what lists of links link, and lists them unnamed while the directory fails', async () => {
    const listed = async (): Promise<unknown> => {
      const call = { service: 'admin', method: 'ListLoginPolicyIDPs', token: ROOT } as const;
      const [grpc, rest] = [await zitadelGrpc(service.url).call(call), await curlClient(service.url).call(call)];
      expect(rest).to.deep.equal(grpc);
      return grpc.ok && Reflect.get(Object(grpc.json), 'result');
    };
    expect(await listed()).to.deep.equal([
      { idpId: 'google', idpName: 'Google' },
      { idpId: 'gone' },
      { idpId: 'jwt', idpName: 'Portal', idpType: 'IDP_TYPE_JWT' },
    ]);
    failure = new Error('the secret of the directory');
    const unnamed = [{ idpId: 'google' }, { idpId: 'gone' }, { idpId: 'jwt' }];
    expect(await listed()).to.deep.equal(unnamed);
    failure = new Fault('store-unavailable', { store: 'the directory', problem: 'it is away' });
    expect(await listed()).to.deep.equal(unnamed);
    [failure, isSilent] = [undefined, true];
    expect(await listed()).to.deep.equal(unnamed);
    isSilent = false;
  });

  it('answers 503 while the directory fails, reports why to the operator, and says nothing of it', async () => {
    for (const [thrown, id] of [
      [new Error('the secret of the directory'), 'LP-IDP-04'],
      [new Fault('store-unavailable', { store: 'the directory', problem: 'it is away' }), 'LP-STORE-04'],
    ] as const) {
      failure = thrown;
      service.failures.length = 0;
      const { at, status } = await askOf(service, 'GET /v2/settings/login/idps', {});
      expect([status, at('details.0.id')]).to.deep.equal([503, id]);
      expect(at('message')).not.to.contain('secret');
      expect(service.failures).to.have.length(1);
    }
  });

  it('is unimplemented without a directory, because no name and no type would show no button', async () => {
    const without = await openService();
    const { at, status } = await askOf(without, 'GET /v2/settings/login/idps', {});
    expect([status, at('code'), at('details.0.id')]).to.deep.equal([501, 12, 'LP-HTTP-13']);
    await without.close();
  });

  SETTINGS.forEach((makeClient) => {
    it(`says who answers the rest of it, over ${makeClient('http://127.0.0.1:1').name}`, async () => {
      const client = makeClient(service.url);
      for (const method of ['GetGeneralSettings', 'GetBrandingSettings', 'SetSecuritySettings']) {
        const outcome = await client.call({ service: 'settings', method, token: ROOT });
        expect(outcome).to.include({ ok: false, code: 12, id: 'LP-HTTP-07' });
        expect(outcome).to.have.property('message').that.contains(`${method} is not about the login policy`);
      }
      client.close?.();
    });
  });

  it('has all its routes over REST: those of the login policy, and 501 at all others', async () => {
    const served: string[] = [];
    for (const method of SettingsService.methods) {
      const { pattern } = getOption(method, http);
      const route = `${pattern.case?.toUpperCase() ?? ''} ${typeof pattern.value === 'string' ? pattern.value : ''}`;
      const { at, status } = await askOf(service, route, pattern.case === 'put' ? { body: {} } : {});
      if (status === 200) served.push(method.name);
      else
        expect([route, status, at('message')]).to.satisfy(
          ([, code, said]: unknown[]) => code === 501 && String(said).includes(method.name),
        );
    }
    expect(served).to.deep.equal(['GetLoginSettings', 'GetActiveIdentityProviders']);
  });
});

describe('the rest of ZITADEL, behind one address', () => {
  it('is left to the server around the API, but for the services that the API has a part of', async () => {
    const service = await openService();
    const next = (): Promise<Response> => Promise.resolve(new Response('theirs'));
    for (const [path, whose] of [
      ['/zitadel.user.v2.UserService/GetUserByID', 'theirs'],
      ['/management/v1/users/_search', 'theirs'],
      ['/v2/users', 'theirs'],
      ['/v2/settings/branding', 'ours'],
      ['/zitadel.settings.v2.SettingsService/GetBrandingSettings', 'ours'],
      ['/zitadel.admin.v1.AdminService/GetMyInstance', 'ours'],
      ['/v2/settings/login', 'ours'],
    ] as const) {
      const isCall = path.includes('Service/');
      const init = isCall ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' } : {};
      const answer = await service.api.fetch(new Request(`http://iam.example${path}`, init), { next });
      expect([path, (await answer.text()) === 'theirs' ? 'theirs' : 'ours']).to.deep.equal([path, whose]);
    }
    await service.close();
  });
});

import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { getOption, type DescMethod, type JsonObject } from '@bufbuild/protobuf';
import { http } from '@zitadel/proto/google/api/annotations_pb.js';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { SettingsService } from '@zitadel/proto/zitadel/settings/v2/settings_service_pb.js';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import type { Client, Outcome } from './clients/client.js';
import { connectJson, zitadelGrpc, zitadelWeb } from './clients/protobuf-es-clients.js';
import { zitadelNode } from './clients/ts-proto-clients.js';
import { ACME, openService, ROOT, type Service, type ServiceOptions } from './service.js';

const PAGE = readFileSync(new URL('../../../docs/how-to/moving-from-zitadel.md', import.meta.url), 'utf8');
const ROUTES = [...PAGE.matchAll(/^location ~ (\S+) /gm)].map(([, pattern = '']) => new RegExp(pattern));

const BASES = new Map<DescMethod['parent'], string>([
  [AdminService, '/admin/v1'],
  [ManagementService, '/management/v1'],
  [SettingsService, ''],
]);

/** Both paths of a method: over gRPC, and over REST. */
function pathsOf(method: DescMethod): readonly [string, string] {
  const { pattern } = getOption(method, http);
  const path = typeof pattern.value === 'string' ? pattern.value.replaceAll(/\{\w+\}/g, '7') : '';
  return [`/${method.parent.typeName}/${method.name}`, `${BASES.get(method.parent) ?? ''}${path}`];
}

describe('the page about moving from ZITADEL', () => {
  const opened: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0).toReversed()) await one.close();
  });
  const open = async (options: ServiceOptions = {}): Promise<Service> => {
    const service = await openService(options);
    opened.push(service);
    return service;
  };
  const at = (makeClient: (url: string) => Client, url: string): Client => {
    const client = makeClient(url);
    opened.push({ close: () => client.close?.() });
    return client;
  };
  const admin = (client: Client, method: string, request: JsonObject = {}): Promise<Outcome> =>
    client.call({ service: 'admin', method, request, token: ROOT });
  const management = (client: Client, method: string, request: JsonObject = {}): Promise<Outcome> =>
    client.call({ service: 'management', method, request, token: ROOT, organization: ACME });
  const settingsOf = async (client: Client): Promise<JsonObject> => {
    const outcome = await admin(client, 'GetLoginPolicy');
    const policy: unknown = outcome.ok ? Reflect.get(Object(outcome.json), 'policy') : undefined;
    const { details: _, isDefault: __, secondFactors: ___, multiFactors: ____, ...settings } = Object(policy);
    return settings;
  };

  it('sends what is answered here by its routes, over gRPC and REST, and nothing else', async () => {
    const { api } = await open({ isAudited: true });
    const ours = new Set(Object.keys(Object(api.openApi['paths'])).map((path) => path.replaceAll(/\{\w+\}/g, '7')));
    const isRouted = (path: string): boolean => ROUTES.some((route) => route.test(path));
    expect(ROUTES).to.have.length(4);
    for (const method of [...AdminService.methods, ...ManagementService.methods, ...SettingsService.methods]) {
      const isForBoth = /^Healthz$|^List(Events|EventTypes|AggregateTypes)$/.test(method.name);
      const [rpc, rest] = pathsOf(method);
      const isAnswered = ours.has(rest) && !isForBoth;
      expect([rpc, isRouted(rpc), isRouted(rest)]).to.deep.equal([rpc, isAnswered, isAnswered]);
      if (isAnswered && method.parent !== SettingsService) expect(method.name).to.contain('LoginPolicy');
      if (method.name.includes('LoginPolicy')) expect([method.name, isAnswered]).to.deep.equal([method.name, true]);
    }
  });

  for (const makeClient of [zitadelWeb, connectJson]) {
    it(`puts both behind one address, for ${makeClient('http://127.0.0.1:1').name}`, async () => {
      const service = await open();
      const proxy = await proxyTo(service);
      opened.push(proxy);
      const client = at(makeClient, proxy.url);
      expect(await admin(client, 'GetLoginPolicy')).to.deep.equal(
        await admin(at(zitadelGrpc, service.url), 'GetLoginPolicy'),
      );
      const elsewhere = client.call({ service: 'settings', method: 'GetBrandingSettings', token: ROOT });
      // The stand-in for ZITADEL answers 404 to all.
      expect(await elsewhere).to.include({ ok: false, id: 'no detail' });
    });
  }

  for (const makeClient of [zitadelGrpc, zitadelNode]) {
    it(`says what is different, as ${makeClient('http://127.0.0.1:1').name} is told`, async () => {
      const service = await open();
      const client = at(makeClient, service.url);
      const settings = await settingsOf(client);
      const first = await admin(client, 'UpdateLoginPolicy', settings);
      const again = await admin(client, 'UpdateLoginPolicy', settings);
      expect([first.ok, again]).to.deep.equal([true, first]);
      expect(first)
        .to.have.nested.property('json.details')
        .that.has.all.keys(...['sequence', 'creationDate', 'changeDate', 'resourceOwner']);
      expect(await management(client, 'AddSecondFactorToLoginPolicy', { type: 4 })).to.include({ ok: false, code: 5 });
      for (const wrong of [{ mfaInitSkipLifetime: '-1s' }, { defaultRedirectUri: 'javascript:alert(1)' }])
        expect(await admin(client, 'UpdateLoginPolicy', { ...settings, ...wrong })).to.include({ ok: false, code: 3 });
      const absent = { type: 'SECOND_FACTOR_TYPE_OTP_SMS' };
      expect(await admin(client, 'RemoveSecondFactorFromLoginPolicy', absent)).to.include({ ok: false, code: 9 });
      expect((await admin(client, 'AddSecondFactorToLoginPolicy', absent)).ok).to.equal(true);
      const read = await admin(client, 'ListLoginPolicySecondFactors');
      expect(read).to.have.nested.property('json.result').that.includes('SECOND_FACTOR_TYPE_OTP_SMS');
    });
  }

  it('says which answers an absent factor, a missing policy and a lock-out have', async () => {
    const asZitadel = at(zitadelGrpc, (await open({ api: { absent: 'zitadel' }, guard: 'refuse' })).url);
    const absent = { type: 'SECOND_FACTOR_TYPE_OTP_SMS' };
    expect(await admin(asZitadel, 'RemoveSecondFactorFromLoginPolicy', absent)).to.include({ ok: false, code: 5 });
    const lockedOut = await admin(asZitadel, 'UpdateLoginPolicy', { defaultRedirectUri: '' });
    expect(lockedOut).to.include({ ok: false, code: 9, id: 'LP-POLICY-04' });
    const other = await open({
      ports: {
        instanceOf: () => 'another',
        authenticate: () => ({ id: 'a', instanceId: 'another', grants: [{ permissions: ['iam.policy.read'] }] }),
      },
    });
    expect(await admin(at(zitadelGrpc, other.url), 'GetLoginPolicy')).to.include({
      ok: false,
      code: 5,
      id: 'LP-POLICY-01',
    });
  });
});

/** A proxy over HTTP/1.1 with the routes of the page; what stands in for ZITADEL answers 404 to all. */
async function proxyTo({ url }: Service): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '/';
    const isOurs = ROUTES.some((route) => route.test(path.replace(/\?.*/, '')));
    if (!isOurs) return void response.writeHead(404, { 'content-type': 'text/plain' }).end();
    void forward().catch(() => response.destroy());
    async function forward(): Promise<void> {
      const body: Uint8Array[] = [];
      for await (const chunk of request) if (Buffer.isBuffer(chunk)) body.push(chunk);
      const headers = Object.entries(request.headersDistinct).flatMap(([name, values = []]) =>
        /^(host|connection|content-length|transfer-encoding|accept-encoding)$/.test(name)
          ? []
          : values.map((value): [string, string] => [name, value]),
      );
      const answer = await fetch(url + path, { method: request.method ?? 'GET', headers, body: Buffer.concat(body) });
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}

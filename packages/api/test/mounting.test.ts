import { describe, it } from 'mocha';
import { expect } from 'chai';
import type { Client } from './clients/client.js';
import { curlClient } from './clients/curl.js';
import { connectJson, zitadelGrpc, zitadelWeb } from './clients/protobuf-es-clients.js';
import { codeOf, INSTANCE_LIFE, type Step } from './life.js';
import { fastifyOverHttp2, MOUNTS, type Mounted } from './mounts.js';
import { ask, framed, grpc, session } from './raw.js';
import { countEvents, openService, ROOT, type Service, type ServiceOptions } from './service.js';

/** Those that speak HTTP/1.1: gRPC needs HTTP/2. curl is a process for each call. */
const OVER_HTTP1: readonly (readonly [(url: string) => Client, readonly Step[]])[] = [
  [curlClient, INSTANCE_LIFE.slice(0, 12)],
  [connectJson, INSTANCE_LIFE],
  [zitadelWeb, INSTANCE_LIFE],
];
const bearer = { authorization: `Bearer ${ROOT}` };
const PATH = '/admin/v1/policies/login';

async function live(
  [makeClient, steps]: (typeof OVER_HTTP1)[number],
  mount: (service: Service) => Promise<Mounted>,
): Promise<void> {
  const service = await openService();
  const mounted = await mount(service);
  const client = makeClient(mounted.url);
  for (const step of steps) {
    const outcome = await client.call(step);
    expect(codeOf(outcome), `${step.service} ${step.method}: ${JSON.stringify(outcome)}`).to.equal(step.code);
  }
  expect(service.failures).to.deep.equal([]);
  client.close?.();
  await mounted.close();
  await service.close();
}

async function withFetch(options: ServiceOptions, use: (service: Service) => Promise<void>): Promise<void> {
  const service = await openService(options);
  await use(service);
  await service.close();
}

for (const [name, mount] of Object.entries(MOUNTS)) {
  describe(`mounted in ${name}`, () => {
    for (const way of OVER_HTTP1) {
      it(`reads and changes policies over ${way[0]('http://127.0.0.1:1').name}`, () =>
        live(way, ({ api }) => mount(api)));
    }

    it('leaves other paths to the server, and refuses bodies that are too large', async () => {
      const service = await openService({ api: { maxBodyBytes: 1000 } });
      const { close, url } = await mount(service.api);
      expect(await (await fetch(`${url}/theirs`)).text()).to.equal('theirs');
      const body = JSON.stringify({ defaultRedirectUri: 'x'.repeat(1000) });
      const headers = { ...bearer, 'content-type': 'application/json' };
      expect((await fetch(`${url}${PATH}`, { method: 'PUT', headers, body })).status).to.equal(413);
      await close();
      await service.close();
    });
  });
}

describe('mounted in Fastify over HTTP/2', () => {
  it('reads and changes policies over gRPC', () =>
    live([zitadelGrpc, INSTANCE_LIFE], ({ api }) => fastifyOverHttp2(api)));
});

describe('api.fetch', () => {
  it('answers a Request with a Response, and passes client facts to hooks', async () => {
    const peers: unknown[] = [];
    const instanceOf: ServiceOptions['ports'] = {
      isAllowed: (_, __, { request }) => peers.push(request.peerAddress, request.get('host')) > 0,
    };
    await withFetch({ ports: instanceOf }, async ({ api }) => {
      const request = new Request(`http://iam.example${PATH}?asOf=4`, { headers: bearer });
      const answer = await api.fetch(request, { peerAddress: '192.0.2.1' });
      expect(answer.status).to.equal(200);
      expect(await answer.json()).to.have.nested.property('policy.isDefault', true);
      expect(peers).to.deep.equal(['192.0.2.1', 'iam.example']);
    });
  });

  it('does not read the body of a request for another handler', () =>
    withFetch({}, async ({ api }) => {
      const request = new Request('http://iam.example/theirs', { method: 'POST', body: 'theirs' });
      const answer = await api.fetch(request, { next: async () => new Response(await request.text()) });
      expect(await answer.text()).to.equal('theirs');
    }));

  it('refuses gRPC, which needs trailers, before anything is written', () =>
    withFetch({}, async ({ api, store }) => {
      const before = await countEvents(store);
      const path = '/zitadel.admin.v1.AdminService/RemoveMultiFactorFromLoginPolicy';
      const headers = { ...bearer, 'content-type': 'application/grpc' };
      const body = Buffer.from(framed(Buffer.from([8, 1])));
      const answer = await api.fetch(new Request(`http://iam.example${path}`, { method: 'POST', headers, body }));
      expect([answer.headers.get('grpc-status'), (await answer.arrayBuffer()).byteLength]).to.deep.equal(['12', 0]);
      expect(await countEvents(store)).to.equal(before);
    }));

  it('notifies a health watch of each change, until the watch or the API ends', () =>
    withFetch({}, async ({ api }) => {
      const watching = (signal?: AbortSignal) =>
        api.fetch(
          new Request('http://iam.example/grpc.health.v1.Health/Watch', {
            ...{ method: 'POST', body: Buffer.from(framed(new Uint8Array(0))), ...(signal && { signal }) },
            headers: { 'content-type': 'application/grpc-web+proto' },
          }),
        );
      const left = new AbortController();
      const [first, second] = [await watching(), await watching(left.signal)];
      const reader = first.body?.getReader();
      expect(Buffer.from((await reader?.read())?.value ?? []).toString('hex')).to.equal('00000000020801');
      await second.body?.cancel();
      left.abort();
      api.endWatches();
      const rest = [];
      for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) rest.push(part.value);
      expect(Buffer.concat(rest).toString('latin1')).to.contain('grpc-status: 0');
    }));

  it('limits the size of a body and the wait for it', () =>
    withFetch({ api: { maxBodyBytes: 1000, bodyTimeoutMs: 200 } }, async ({ api, store }) => {
      const before = await countEvents(store);
      const left = new AbortController();
      const statusOf = async (pull: (controller: ReadableStreamDefaultController) => void | Promise<void>) => {
        const body = new ReadableStream({ pull });
        const init = { method: 'PUT', headers: bearer, body, duplex: 'half', signal: left.signal } as const;
        return (await api.fetch(new Request(`http://iam.example${PATH}`, init))).status;
      };
      expect(await statusOf((controller) => controller.enqueue(new Uint8Array(600)))).to.equal(413);
      expect(await statusOf(() => new Promise(() => undefined))).to.equal(408);
      expect(await statusOf((controller) => controller.error(new Error('broken')))).to.equal(499);
      const cutOff = statusOf(() => left.abort());
      expect(await cutOff).to.equal(499);
      expect(await countEvents(store)).to.equal(before);
    }));

  it('answers 204 and 304 without a body', () =>
    withFetch({ api: { origins: 'any' } }, async ({ api }) => {
      const url = `http://iam.example${PATH}`;
      const asked = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
      expect((await api.fetch(new Request(url, { method: 'OPTIONS', headers: asked }))).status).to.equal(204);
      const tag = (await api.fetch(new Request(url, { headers: bearer }))).headers.get('etag') ?? '';
      const known = await api.fetch(new Request(url, { headers: { ...bearer, 'if-none-match': tag } }));
      expect([known.status, await known.text()]).to.deep.equal([304, '']);
    }));
});

describe('operator requests', () => {
  const PAGES = ['/debug/healthz', '/debug/ready', '/openapi.json'];
  const statuses = async (url: string, prefix: string): Promise<readonly number[]> =>
    Promise.all(PAGES.map(async (page) => (await fetch(`${url}${prefix}${page}`)).status));
  const health = async (url: string): Promise<unknown> => {
    const on = session(url);
    const { trailers } = await ask(on, grpc('/grpc.health.v1.Health/Check'), framed(new Uint8Array(0)));
    on.close();
    return trailers['grpc-status'];
  };

  it('have a prefix', () =>
    withFetch({ api: { operational: { prefix: '/internal/iam' } } }, async ({ url }) => {
      expect(await statuses(url, '/internal/iam')).to.deep.equal([200, 200, 200]);
      expect(await statuses(url, '')).to.deep.equal([404, 404, 404]);
      expect(await health(url)).to.equal('0');
    }));

  it('have no route if they are switched off', () =>
    withFetch({ api: { operational: false } }, async ({ api, url }) => {
      expect(await statuses(url, '')).to.deep.equal([404, 404, 404]);
      expect(await health(url)).to.equal('12');
      const left = await api.fetch(new Request(`${url}/debug/ready`), { next: () => new Response('theirs') });
      expect(await left.text()).to.equal('theirs');
    }));

  it('require a valid prefix', async () => {
    for (const prefix of ['internal', '/internal/', '/a b']) {
      const opening = openService({ api: { operational: { prefix } } });
      const fault: unknown = await opening.catch((caught: unknown) => caught);
      expect(String(fault)).to.contain('operational.prefix must be');
    }
  });
});

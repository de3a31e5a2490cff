import { once } from 'node:events';
import { connect, type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { bearer, call, json, signIn, type Answered } from './client.js';
import { TestBench, type Quickstart, type Server } from './running-server.js';
import { eventually } from './waiting.js';

const SERVICE = '/zitadel.admin.v1.AdminService';
const METHOD = `${SERVICE}/RemoveMultiFactorFromLoginPolicy`;
/** A frame of gRPC around the request to remove the multi-factor of number 1. */
const REMOVAL = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]);

describe('the single port of the server', () => {
  const bench = new TestBench();
  const sessions: ClientHttp2Session[] = [];
  let quickstart: Quickstart;
  let server: Server;
  before(async () => {
    const origins = 'https://a.example, https://b.example:8443/';
    ({ quickstart, server } = await bench.serve({ IAM_ALLOWED_ORIGINS: origins }));
  });
  after(() => bench.clear());
  afterEach(() => {
    for (const session of sessions.splice(0)) session.destroy();
  });

  const over2 = async (headers: OutgoingHttpHeaders, body?: Buffer): Promise<Told> => {
    const session = connect(quickstart.url).on('error', () => undefined);
    sessions.push(session);
    return told(session, headers, body);
  };
  const removal = (headers: OutgoingHttpHeaders): OutgoingHttpHeaders => ({
    ':method': 'POST',
    ':path': METHOD,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });

  it('speaks every protocol of the API to callers with a token', async () => {
    const owner = bearer(quickstart.tokens.owner);
    const viewer = bearer(quickstart.tokens.viewer);
    expect((await over2(removal(viewer), REMOVAL)).headers).to.include({ 'grpc-status': '7' });
    expect((await over2(removal(owner), REMOVAL)).headers).to.include({ 'grpc-status': '0' });
    const web = await call(quickstart.url, `${SERVICE}/GetLoginPolicy`, {
      verb: 'POST',
      headers: { ...viewer, 'content-type': 'application/grpc-web+proto', 'content-length': '5' },
      raw: Buffer.alloc(5),
    });
    expect(web.bytes.toString('latin1')).to.include('grpc-status: 0');
    const connected = await call(quickstart.url, `${SERVICE}/GetLoginPolicy`, {
      verb: 'POST',
      headers: viewer,
      body: {},
    });
    const rest = await call(quickstart.url, '/admin/v1/policies/login', { headers: viewer });
    for (const answer of [connected, rest]) {
      expect(answer.bytes.toString()).to.include('"sequence":"5"').and.not.include('MULTI_FACTOR');
    }
  });

  it('accepts a cookie over every protocol, only from its own page', async () => {
    const { cookie } = await signIn(quickstart, 'viewer');
    const forged: readonly Promise<Told | Answered>[] = [
      over2(removal({ cookie }), REMOVAL),
      over2(removal({ cookie, 'sec-fetch-site': 'cross-site' }), REMOVAL),
      over2(removal({ cookie, origin: 'https://elsewhere.example' }), REMOVAL),
      call(quickstart.url, METHOD, { verb: 'POST', headers: { cookie }, body: { type: 1 } }),
    ];
    for (const answer of await Promise.all(forged)) {
      expect(answer.bytes.toString()).to.include('IAM-ORIGIN-01');
    }
    const own = [{ 'sec-fetch-site': 'same-origin' }, { origin: quickstart.url }];
    for (const from of own) {
      expect((await over2(removal({ cookie, ...from }), REMOVAL)).headers).to.include({ 'grpc-status': '7' });
    }
  });

  it('allows pages of configured origins, only with a token', async () => {
    const allowed = async (origin: string): Promise<unknown> => {
      const headers = { origin, ...bearer(quickstart.tokens.viewer) };
      return (await call(quickstart.url, '/admin/v1/policies/login', { headers })).headers[
        'access-control-allow-origin'
      ];
    };
    expect(await allowed('https://b.example:8443')).to.equal('https://b.example:8443');
    expect(await allowed('https://c.example')).to.equal(undefined);
    const { cookie } = await signIn(quickstart, 'owner');
    const headers = { cookie, origin: 'https://a.example' };
    expect((await call(quickstart.url, METHOD, { verb: 'POST', headers, body: {} })).status).to.equal(403);
  });

  it('serves its own routes over HTTP/2: sessions, the page and the event stream', async () => {
    const { cookie } = await signIn(quickstart, 'owner');
    const session = await over2({ ':path': '/iam/v1/session', cookie });
    expect(session.bytes.toString()).to.include('"id":"owner"');
    expect((await over2({ ':path': '/' })).headers).to.include.keys('content-security-policy');
    const large = { ':method': 'POST', ':path': '/iam/v1/session', 'content-type': 'application/json' };
    expect((await over2(large, Buffer.alloc(20_000, ' '))).headers).to.include({ ':status': 413 });
    const on = connect(quickstart.url);
    sessions.push(on);
    const changes = on.request({ ':path': '/iam/v1/changes', cookie });
    expect(String((await once(changes, 'data'))[0])).to.include('event: ready');
    const path = '/admin/v1/policies/login/second_factors/SECOND_FACTOR_TYPE_U2F';
    const headers = bearer(quickstart.tokens.owner);
    expect((await call(quickstart.url, path, { verb: 'DELETE', headers })).status).to.equal(200);
    expect(String((await once(changes, 'data'))[0])).to.include('event: changed');
    changes.close();
  });

  it('answers HEAD as GET on its own routes, without a body or an event stream', async () => {
    const headers = bearer(quickstart.tokens.viewer);
    for (const path of ['/iam/v1/session', '/iam/v1/organizations', '/iam/v1/customized', '/metrics']) {
      const [head, get] = [
        await call(quickstart.url, path, { verb: 'HEAD', headers }),
        await call(quickstart.url, path, { headers }),
      ];
      expect([head.status, head.bytes.length, head.headers['content-type']], path).to.deep.equal([
        get.status,
        0,
        get.headers['content-type'],
      ]);
    }
    const changes = await call(quickstart.url, '/iam/v1/changes', { verb: 'HEAD', headers });
    expect([changes.status, changes.headers['content-type']]).to.deep.equal([200, 'text/event-stream']);
    const metrics = await call(quickstart.url, '/metrics', { headers });
    expect(metrics.bytes.toString()).to.include('iam_change_streams 0\n');
    const wrong = await call(quickstart.url, '/iam/v1/changes', { verb: 'PUT', headers });
    expect([wrong.status, wrong.headers.allow]).to.deep.equal([405, 'GET, HEAD']);
  });

  it('formats its own errors like the API', async () => {
    const [own, api] = await Promise.all(
      ['/iam/v1/organizations', '/admin/v1/policies/login'].map(async (path) =>
        json<{ readonly details: readonly object[] }>(await call(quickstart.url, path)),
      ),
    );
    expect(Object.keys(own?.details[0] ?? {})).to.deep.equal(Object.keys(api?.details[0] ?? {}));
    expect(own?.details[0]).to.include({ '@type': 'type.googleapis.com/zitadel.v1.ErrorDetail', id: 'IAM-SESSION-01' });
  });

  it('reports no failure when a client disconnects during its request', async () => {
    const on = connect(quickstart.url).on('error', () => undefined);
    sessions.push(on);
    const about = { 'content-type': 'application/json', 'x-request-id': 'left' };
    const stream = on.request({ ':method': 'POST', ':path': '/iam/v1/session', ...about }, { endStream: false });
    stream.on('error', () => undefined).write('{');
    // Answered behind it: by then the server reads that body.
    await told(on, { ':path': '/iam/v1/session' }, undefined);
    on.destroy();
    await eventually('the log', () => server.lines.find(({ requestId }) => requestId === 'left'));
    expect(server.errors).to.deep.equal([]);
  });
});

interface Told {
  /** Of the headers and the trailers. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
}

async function told(session: ClientHttp2Session, asked: OutgoingHttpHeaders, body: Buffer | undefined): Promise<Told> {
  const stream = session.request(asked, { endStream: body === undefined });
  const [chunks, headers]: [Buffer[], Record<string, unknown>] = [[], {}];
  const note = (seen: object): unknown => Object.assign(headers, seen);
  stream.on('response', note).on('trailers', note);
  stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  if (body !== undefined) stream.end(body);
  await new Promise((resolve) => {
    stream.once('close', resolve);
  });
  return { headers, bytes: Buffer.concat(chunks) };
}

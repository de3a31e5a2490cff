import { after, before, describe, it } from 'mocha';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { connect as connectTls } from 'node:tls';
import { instancesByHost, type InstanceOf } from '@login-policy/api';
import { gzipSync } from 'node:zlib';
import { FLAGS, headerBlock, sendAtOnce } from './http2-bytes.js';
import { ask, framed, grpc, received, session, talk } from './raw.js';
import { countEvents, INSTANCE, openService, READER, ROOT, type Service } from './service.js';

const ADD = '/zitadel.admin.v1.AdminService/AddIDPToLoginPolicy';
const REST = '/admin/v1/policies/login/idps';
const WHOLE = '/admin/v1/policies/login';
const pem = (name: string): URL => new URL(`../test/tls/${name}.pem`, import.meta.url);
const AUTH = `host: x\r\nauthorization: Bearer ${ROOT}\r\n`;

describe('a hostile or broken client', () => {
  let service: Service;
  let eventsBefore: number;
  before(async () => {
    service = await openService({
      api: { maxBodyBytes: 1000, bodyTimeoutMs: paced(300) },
      listen: {
        headersTimeoutMs: paced(400),
        requestTimeoutMs: paced(800),
        maxHeaderBytes: 2000,
        maxConcurrentStreams: 10,
      },
    });
    eventsBefore = await countEvents(service.store);
  });
  after(async () => {
    expect(await countEvents(service.store), 'events').to.equal(eventsBefore);
    expect(service.failures).to.deep.equal([]);
    await service.close();
  });
  const said = (...pieces: readonly (string | Uint8Array)[]): Promise<string> => talk(service.listening.port, pieces);

  it('is in no instance when it sends two hosts, whichever comes first', async () => {
    const seen: unknown[] = [];
    const hosted = instancesByHost({ ours: INSTANCE, 'other.example': 'other' });
    const instanceOf: InstanceOf = (request) => {
      seen.push(request.get('host'));
      return hosted(request);
    };
    const tenants = await openService({ ports: { instanceOf } });
    const [ours, theirs, token] = ['host: ours\r\n', 'Host: other.example\r\n', `authorization: Bearer ${ROOT}\r\n`];
    for (const both of [ours + theirs, theirs + ours]) {
      const sent = `GET ${WHOLE} HTTP/1.1\r\n${both}${token}connection: close\r\n\r\n`;
      expect(await talk(tenants.listening.port, [sent])).to.match(/^HTTP\/1.1 404 /);
    }
    const on = session(tenants.url);
    await ask(on, { ':method': 'GET', ':path': WHOLE, ':authority': 'ours' }, new Uint8Array(0));
    on.close();
    expect(seen).to.deep.equal(['ours, other.example', 'other.example, ours', 'ours']);
    await tenants.close();
  });

  it('gets 413 for a body that is too long, with or without a content length', async () => {
    expect(await said(`POST ${REST} HTTP/1.1\r\n${AUTH}content-length: 1001\r\n\r\n`)).to.match(/^HTTP\/1.1 413 /);
    const chunk = `${(600).toString(16)}\r\n${'x'.repeat(600)}\r\n`;
    const chunked = `POST ${REST} HTTP/1.1\r\n${AUTH}transfer-encoding: chunked\r\n\r\n`;
    expect(await said(chunked, chunk, chunk)).to.match(/^HTTP\/1.1 413 /);
  });

  it('with two tokens is refused as unauthenticated, in either order', async () => {
    const [root, none] = [`authorization: Bearer ${ROOT}\r\n`, 'Authorization: Bearer none\r\n'];
    for (const both of [root + none, none + root, root + root])
      expect(await said(`GET ${WHOLE} HTTP/1.1\r\nhost: x\r\n${both}connection: close\r\n\r\n`)).to.match(
        /^HTTP\/1.1 401 /,
      );
    expect(await said(`GET ${WHOLE} HTTP/1.1\r\n${AUTH}connection: close\r\n\r\n`)).not.to.match(/^HTTP\/1.1 401 /);
  });

  it('with two tokens is refused as unauthenticated over HTTP/2, too', async () => {
    const refusals: unknown[] = [];
    const own = await openService({ api: { onAnswered: ({ refusal }) => refusals.push(refusal) } });
    const request = { ':method': 'GET', ':scheme': 'http', ':path': WHOLE, ':authority': 'x' };
    const [root, none] = [{ authorization: `Bearer ${ROOT}` }, { authorization: 'Bearer none' }];
    for (const tokens of [
      [root, none],
      [none, root],
      [root, root],
    ]) {
      const payload = Buffer.concat([request, ...tokens].map(headerBlock));
      const flags = FLAGS.endHeaders + FLAGS.endStream;
      await sendAtOnce(own.listening.port, [{ type: 'headers', flags, stream: 1, payload }]);
    }
    await own.close();
    expect(refusals).to.deep.equal(['LP-AUTH-01', 'LP-AUTH-01', 'LP-AUTH-01']);
  });

  it('gets code 8 for a message that is too long over gRPC', async () => {
    const on = session(service.url);
    const { trailers } = await ask(on, grpc(ADD), framed(new Uint8Array(2000)));
    on.close();
    expect(trailers['grpc-status']).to.equal('8');
  });

  it('gets 408 if the body does not arrive', async () => {
    expect(await said(`POST ${REST} HTTP/1.1\r\n${AUTH}content-length: 10\r\n\r\n{`)).to.match(/^HTTP\/1.1 408 /);
  });

  it('gets code 4 if the message does not arrive over gRPC', async () => {
    const on = session(service.url);
    const { trailers } = await ask(on, grpc(ADD), undefined);
    on.destroy();
    expect(trailers['grpc-status']).to.equal('4');
  });

  it('is authenticated before its body is awaited', async () => {
    expect(await said(`POST ${REST} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 900\r\n\r\n`)).to.match(
      /^HTTP\/1.1 401 /,
    );
    const on = session(service.url);
    const unsaid = { authorization: 'Bearer of-bad-tidings-for-you' };
    expect((await ask(on, grpc(ADD, unsaid), undefined)).trailers['grpc-status']).to.equal('16');
    const connect = { ...grpc(ADD, unsaid), 'content-type': 'application/json' };
    expect((await ask(on, connect, undefined)).headers[':status']).to.equal(401);
    const packed = grpc(ADD, { ...unsaid, 'grpc-encoding': 'gzip' });
    expect((await ask(on, packed, undefined)).trailers['grpc-status']).to.equal('16');
    on.destroy();
  });

  it('cannot send a decompression bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    expect(bomb.length).to.be.lessThan(12_000);
    const small = gzipSync(Buffer.alloc(100_000));
    const on = session(service.url);
    const packed = await ask(on, grpc(ADD, { 'grpc-encoding': 'gzip' }), framed(small, 1));
    expect(packed.trailers['grpc-status']).to.equal('8');
    const connect = { ...grpc(ADD), 'content-type': 'application/proto', 'content-encoding': 'gzip' };
    expect((await ask(on, connect, small)).headers[':status']).to.equal(429);
    on.close();
  });

  it('cannot block the service with an endless moment', async () => {
    const roomy = await openService();
    const body = JSON.stringify({ method: 'Revert', request: { to: 't'.repeat(100_000) } });
    const began = performance.now();
    const preview = await fetch(`${roomy.url}/admin/v1/policies/login/_preview`, {
      method: 'POST',
      headers: { authorization: `Bearer ${READER}` },
      body,
    });
    expect(performance.now() - began, 'ms').to.be.lessThan(paced(1000));
    expect([preview.status, await preview.text()].join(' ')).to.match(/^400 .*to must be a sequence, an instant/);
    await roomy.close();
  });

  it('gets code 3 for a truncated, repeated or invalid message', async () => {
    const on = session(service.url);
    const message = framed(Buffer.from([0x0a, 0x01, 0x78]));
    const bodies = [
      message.subarray(0, 6),
      message.subarray(0, 3),
      new Uint8Array(0),
      Buffer.concat([message, message]),
      framed(Buffer.from([0x0a, 0x7f, 0x78])),
      framed(Buffer.from([0xff, 0xff])),
      framed(Buffer.from([0x0a, 0x01, 0x78]), 1),
      framed(Buffer.from([0x0a, 0x01, 0xff])),
    ];
    for (const body of bodies) {
      expect((await ask(on, grpc(ADD), body)).trailers['grpc-status'], Buffer.from(body).toString('hex')).to.equal('3');
    }
    on.close();
  });

  it('gets code 3 for a malformed time-out, and 12 for a method that is not served', async () => {
    const on = session(service.url);
    const message = framed(Buffer.from([0x0a, 0x01, 0x78]));
    expect((await ask(on, grpc(ADD, { 'grpc-timeout': '5' }), message)).trailers['grpc-status']).to.equal('3');
    const { trailers } = await ask(on, grpc('/zitadel.admin.v1.AdminService/GetOrgByID'), message);
    expect(trailers['grpc-status']).to.equal('12');
    on.close();
  });

  it('is disconnected if it sends nothing, or its headers too slowly', async () => {
    expect(await said()).to.equal('');
    expect(await said('P')).to.equal('');
    expect(await said('GET / HTTP/1.1\r\nhost: x\r\nx-slow: ')).to.match(/^HTTP\/1.1 408 /);
  });

  it('is disconnected likewise over TLS', async () => {
    const tls = { cert: readFileSync(pem('certificate')), key: readFileSync(pem('key')) };
    const limits = { headersTimeoutMs: paced(400), requestTimeoutMs: paced(800), idleTimeoutMs: paced(500) };
    const secure = await openService({ listen: { tls, ...limits } });
    const { port } = secure.listening;
    const say = (words: string, ALPNProtocols?: string[]): Promise<string> => {
      const socket = connectTls({ port, ca: tls.cert, ...(ALPNProtocols !== undefined && { ALPNProtocols }) });
      socket.write(words);
      return received(socket);
    };
    const body = `POST ${REST} HTTP/1.1\r\n${AUTH}content-length: 10\r\n\r\n{`;
    const answers = [say('GET / HTTP/1.1\r\nhost: x\r\nx-slow: '), say('', ['http/1.1']), say(body, ['http/1.1'])];
    for (const answer of answers) expect(await answer).to.match(/^HTTP\/1.1 408 /);
    expect(await talk(port, []), 'before the handshake').to.equal('');
    await say('', ['h2']);
    await secure.close();
  });

  it('gets 400 for invalid bytes and 431 for endless headers', async () => {
    expect(await said('RUBBISH\r\n\r\n')).to.match(/^HTTP\/1.1 400 /);
    expect(await said(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(3000)}\r\n\r\n`)).to.match(/^HTTP\/1.1 431 /);
  });

  it('is served however its first bytes are split', async () => {
    const bytes = Array.from('PUT /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(await said(...bytes)).to.match(/^HTTP\/1.1 404 /);
  });

  it('gets no second request served after it broke off', async () => {
    const on = session(service.url);
    const stream = on.request({ ':method': 'POST', ...grpc(ADD) });
    stream.on('error', () => undefined);
    stream.write(Buffer.from([0, 0, 0]));
    await new Promise((resolve) => {
      stream.once('close', resolve).close(8);
    });
    const alive = await ask(on, grpc('/zitadel.admin.v1.AdminService/Healthz'), framed(new Uint8Array(0)));
    on.close();
    expect(alive.trailers['grpc-status']).to.equal('0');
  });
});

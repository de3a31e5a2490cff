import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectHttp2 } from 'node:http2';
import { describe, it } from 'mocha';
import { expect } from 'chai';
import { paced } from '@login-policy/testkit';
import { WATCH } from './health.js';
import { openService } from './service.js';

const listen = { headersTimeoutMs: paced(200), requestTimeoutMs: paced(200), idleTimeoutMs: paced(200) };

describe('a client that does not read its answers', () => {
  it('is disconnected over HTTP/2', async () => {
    const service = await openService({ listen });
    const session = connectHttp2(service.url, { settings: { initialWindowSize: 0 } });
    session.on('error', () => undefined);
    const stream = session.request({ ':path': '/openapi.json' });
    stream.on('error', () => undefined);
    const isCut = new Promise((resolve) => {
      session.once('close', resolve);
    });
    const [headers] = await once(stream, 'response');
    expect(headers).to.include({ ':status': 200 });
    await isCut;
    await service.close();
  });

  it('is disconnected over HTTP/1.1, unlike a watch without changes', async () => {
    const service = await openService({ listen });
    const headers = { 'content-type': 'application/grpc-web' };
    const watch = await fetch(`${service.url}${WATCH}`, { method: 'POST', headers, body: new Uint8Array(5) });
    const socket = connect(service.listening.port, '127.0.0.1').pause();
    socket.on('error', () => undefined);
    // More than fits into the buffers of both ends.
    socket.write('GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(2000));
    // It does not read, so only what it sends tells it.
    const poking = setInterval(() => socket.write('x'), 20);
    await new Promise((resolve) => {
      socket.once('close', resolve);
    });
    clearInterval(poking);
    await service.close();
    expect(await watch.text()).to.contain('grpc-status: 0');
  });
});

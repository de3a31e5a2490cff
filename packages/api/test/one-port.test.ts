import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { openPort, type OnRequest, type OpenPort } from '@login-policy/api';
import { paced } from '@login-policy/testkit';
import { FLAGS, headerBlock, number, opening, sendAtOnce } from './http2-bytes.js';
import { ask, session, talk } from './raw.js';

const limits = { headersTimeoutMs: paced(200), requestTimeoutMs: paced(200), idleTimeoutMs: paced(200) };
const echo: OnRequest = (request, response) => {
  if (request.url === '/throws') throw new Error('a defect of the handler');
  response.setHeader('x-verb', request.method ?? '');
  if (request.url === '/large') response.end(Buffer.alloc(4_000_000));
  else if (request.url !== '/never') request.on('end', () => response.end(String(request.url))).resume();
};

describe('a port for anything', () => {
  let port: OpenPort;
  before(async () => {
    port = await openPort(echo, { port: 0, ...limits });
  });
  after(() => port.close({ graceMs: 0 }));

  it('passes on requests of both HTTP versions, and an error ends only its request', async () => {
    expect(await talk(port.port, ['GET /throws HTTP/1.1\r\nhost: x\r\n\r\n'])).to.equal('');
    const plain = await fetch(`${port.url}/a?b=1`, { method: 'POST', body: 'x' });
    expect([plain.headers.get('x-verb'), await plain.text()]).to.deep.equal(['POST', '/a?b=1']);
    const on = session(port.url);
    expect((await ask(on, { ':path': '/throws' }, new Uint8Array(0))).headers).to.deep.equal({});
    const { body, headers } = await ask(on, { ':path': '/c' }, new Uint8Array(0));
    expect([headers['x-verb'], body.toString()]).to.deep.equal(['POST', '/c']);
    on.close();
  });

  it('answers Expect: 100-continue over HTTP/2, and refuses other expectations and CONNECT', async () => {
    const on = session(port.url);
    const waiting = on.request({ ':method': 'POST', ':path': '/d', expect: '100-continue' }, { endStream: false });
    await once(waiting, 'continue');
    waiting.end('x');
    const [answered] = await once(waiting, 'response');
    expect(answered).to.include({ ':status': 200 });
    waiting.resume();
    const expecting = await ask(on, { ':path': '/', expect: 'a miracle' }, new Uint8Array(0));
    expect(expecting.headers[':status']).to.equal(417);
    const tunnel = on.request({ ':method': 'CONNECT', ':authority': 'elsewhere:1' }).resume();
    expect((await once(tunnel, 'response'))[0]).to.include({ ':status': 405 });
    on.close();
  });

  it('is not ended by a client that resets in the packet of its request', async () => {
    const given = { ':method': 'POST', ':scheme': 'http', ':path': '/', ':authority': 'x', expect: '100-continue' };
    await sendAtOnce(port.port, [
      { type: 'headers', flags: FLAGS.endHeaders, stream: 1, payload: headerBlock(given) },
      { type: 'reset', stream: 1, payload: number(8) },
    ]);
    expect((await fetch(port.url)).status).to.equal(200);
  });
});

describe('an HTTP/2 connection without progress', () => {
  it('is closed, even if its client pings, reads nothing, or sends half a request', async () => {
    const port = await openPort(echo, { port: 0, ...limits });
    const asked = [
      undefined,
      { ':path': '/large', endStream: true },
      { ':path': '/never', ':method': 'POST', endStream: false },
    ];
    for (const one of asked) {
      const on = session(port.url, { settings: { initialWindowSize: 0 } });
      const closed = new Promise((resolve) => {
        on.once('close', resolve);
      });
      await once(on, 'connect');
      const pinging = setInterval(() => on.destroyed || on.ping(() => undefined), 20);
      if (one !== undefined) {
        const { endStream, ...headers } = one;
        on.request(headers, { endStream }).on('error', () => undefined);
      }
      await closed;
      clearInterval(pinging);
    }
    await port.close({ graceMs: 0 });
  });
});

describe('an HTTP/2 client that sends GOAWAY but keeps its connection', () => {
  it('is disconnected', async () => {
    const port = await openPort(echo, { port: 0, ...limits });
    const socket = connect({ port: port.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.resume().on('error', () => undefined);
    const closed = new Promise((resolve) => {
      socket.once('close', resolve);
    });
    socket.write(opening([{ type: 'goAway', payload: Buffer.alloc(8) }]));
    // It never closes its own end, so only what it sends tells it that it was cut off.
    const poking = setInterval(() => socket.write('x'), 20);
    await closed;
    clearInterval(poking);
    await port.close({ graceMs: 0 });
  });
});

describe('the end of a port', () => {
  it('answers new clients during the drain, each once per connection', async () => {
    const port = await openPort(echo, { port: 0 });
    const waiting = connect(port.port, '127.0.0.1');
    await once(waiting, 'connect');
    const closed = port.close({ drainMs: 2000, graceMs: 60_000 });
    waiting.write('GET /early HTTP/1.1\r\nhost: x\r\n\r\n');
    const [answer] = await once(waiting, 'data');
    expect(String(answer)).to.match(/^HTTP\/1\.1 200 OK\r\n(?:.*\r\n)*Connection: close\r\n(?:.*\r\n)*\r\n/i);
    expect((await fetch(`${port.url}/new`)).status).to.equal(200);
    await closed;
    expect(await fetch(port.url).catch(() => 'refused')).to.equal('refused');
  });
});

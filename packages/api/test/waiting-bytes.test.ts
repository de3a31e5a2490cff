import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { openPort } from '@login-policy/api';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const [CROWD, PIPELINED] = [500, 65_536];

describe('a port to which 500 clients send 64 KB of requests each at once', () => {
  it('disconnects those with the most waiting bytes, and answers a client with a small request', async () => {
    const port = await openPort((_, response) => void response.end('here'), { port: 0 });
    const request = 'GET / HTTP/1.1\r\nhost: ours.test\r\n\r\n';
    const sockets: Socket[] = [];
    for (let count = 0; count < CROWD; count++) sockets.push(connect(port.port, '127.0.0.1').on('error', () => {}));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const little = connect(port.port, '127.0.0.1');
    for (const socket of sockets) socket.pause().write(request.repeat(PIPELINED / request.length));
    little.write(`GET / HTTP/1.1\r\nhost: ours.test\r\nx-long: ${'x'.repeat(1000)}\r\n\r\n`);
    const [answer] = await once(little, 'data');
    expect(String(answer)).to.match(/^HTTP\/1\.1 200/);
    for (const socket of [...sockets, little]) socket.destroy();
    await port.close({ graceMs: 0 });
  });
});

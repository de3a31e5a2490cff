import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openPort, type OnRequest } from '@login-policy/api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { received } from './raw.js';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;

/** A port that answers each request with its path, and what it was asked for. */
async function echo(answer: OnRequest): Promise<{ socket: Socket; asked: string[]; close: () => Promise<void> }> {
  const asked: string[] = [];
  const port = await openPort(
    (request, response) => {
      asked.push(request.url ?? '');
      answer(request, response);
    },
    { port: 0 },
  );
  const socket = connect(port.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return { socket, asked, close: () => port.close({ graceMs: 100 }) };
}

describe('pipelined HTTP/1.1 requests', () => {
  it('are all answered in order, with and without bodies, however they are split', async () => {
    for (const pieces of [1, 7, 100_000]) {
      const { close, socket, asked } = await echo((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => setImmediate(() => response.end(`${request.url} ${Buffer.concat(chunks).length};`)));
      });
      const body = 'x'.repeat(3000);
      const post = `POST /b HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
      const text =
        `${get('/a')}${post}${get('/c')}`.repeat(30) + `GET /z HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
      const answers = received(socket);
      const size = Math.ceil(text.length / pieces);
      for (let at = 0; at < text.length && pieces < 100_000; at += size) socket.write(text.slice(at, at + size));
      if (pieces === 100_000) for (const part of text.match(/[^]{1,50}/g) ?? []) socket.write(part);
      const said = await answers;
      const bodies = [...said.matchAll(/(\/\w \d+);/g)].map(([, one]) => one);
      expect(bodies).to.deep.equal([...Array.from({ length: 30 }, () => ['/a 0', '/b 3000', '/c 0']).flat(), '/z 0']);
      expect(asked).to.have.length(91);
      await close();
    }
  });

  it('wait for the answer in progress, and are never begun if the connection breaks', async () => {
    const { asked, close, socket } = await echo(() => undefined);
    socket.write(get('/a').repeat(2000));
    while (asked.length === 0) await nextTurn();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    socket.resetAndDestroy();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(asked).to.deep.equal(['/a']);
    await close();
  });

  it('are not begun before the client has received the earlier answers', async () => {
    const answer = Buffer.alloc(20_000_000);
    const { asked, close, socket } = await echo((_, response) => void response.end(answer));
    socket.pause().write(get('/a').repeat(5));
    while (asked.length === 0) await nextTurn();
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    expect(asked).to.have.length(1);
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length)).resume();
    while (bytes < 5 * answer.length) await once(socket, 'data');
    expect(asked).to.have.length(5);
    socket.destroy();
    await close();
  });

  it('stop at a body that is not read, and continue when it is', async () => {
    const { close, socket } = await echo((request, response) => {
      setTimeout(() => {
        expect(request.readableLength).to.be.lessThan(500_000);
        let length = 0;
        request.on('data', (chunk: Buffer) => (length += chunk.length)).on('end', () => response.end(`${length};`));
      }, 50);
    });
    const answers = received(socket);
    const length = 8_000_000;
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n`);
    socket.write(Buffer.alloc(length));
    expect(await answers).to.contain(`${length};`);
    await close();
  });
});

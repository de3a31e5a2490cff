import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import type { Authenticate } from '@login-policy/api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { countEvents, openService, ROOT, waitingAuthenticate, type Service } from './service.js';

/** Open to all: no token is needed to send it a body. */
const PATH = '/zitadel.admin.v1.AdminService/Healthz';
const TOO_LONG = { 'content-type': 'application/json', 'content-length': '1000000' };

async function statusOf({ api }: Service, body: ReadableStream, headers: Record<string, string>): Promise<number> {
  const request = new Request(`http://iam.example${PATH}`, { method: 'POST', headers, body, duplex: 'half' });
  return (await api.fetch(request)).status;
}

/** A body that never comes, and the way to break it. */
function breaking(): { readonly body: ReadableStream; readonly fail: (reason: unknown) => void } {
  let fail: (reason: unknown) => void = () => undefined;
  const body = new ReadableStream({
    start(controller) {
      fail = (reason) => controller.error(reason);
    },
    cancel: () => Promise.reject(new Error('not even that')),
  });
  return { body, fail: (reason) => fail(reason) };
}

describe('a body that breaks (an uncaught error would fail these tests)', () => {
  it('does not end the process, whether it was too long, of the wrong type or not awaited', async () => {
    const service = await openService({ api: { bodyTimeoutMs: 20 } });
    const kinds = ['application/json', 'application/grpc-web', 'application/grpc', 'text/plain'];
    for (const headers of [...kinds.map((type) => ({ 'content-type': type })), TOO_LONG]) {
      for (const isEarly of [true, false]) {
        const { body, fail } = breaking();
        const asked = statusOf(service, body, headers);
        if (isEarly) fail(new Error('broken'));
        expect(await asked).to.be.oneOf([200, 408, 415, 429, 499, 504]);
        if (!isEarly) fail('broken');
        for (let turn = 0; turn < 5; turn++) await nextTurn();
      }
    }
    await service.close();
  });

  it('is read completely when it comes in parts', async () => {
    const service = await openService();
    const headers = { 'content-type': 'application/json' };
    const statuses: number[] = [];
    for (const length of [100, 400, 600, 1000, 5000]) {
      // What is cut is not JSON.
      const body = `{${' '.repeat(length)}}`;
      const { status } = await fetch(`${service.listening.url}${PATH}`, { method: 'POST', headers, body });
      statuses.push(status);
    }
    await service.close();
    expect(statuses).to.deep.equal([200, 200, 200, 200, 200]);
  });

  it('is refused if it contains something other than bytes', async () => {
    const service = await openService();
    for (const chunk of [1, {}, null, undefined, Symbol('x')]) {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(chunk);
          controller.close();
        },
      });
      expect(await statusOf(service, body, { 'content-type': 'application/json' })).to.be.oneOf([200, 400, 499]);
    }
    await service.close();
  });

  it('does not end a server that passes it on when the client resets', async () => {
    const service = await openService();
    const statuses: Promise<number>[] = [];
    const server = createServer((incoming, outgoing) => {
      statuses.push(statusOf(service, Readable.toWeb(incoming), TOO_LONG));
      outgoing.flushHeaders();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    for (let round = 0; round < 10; round++) {
      const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n{`);
      await once(socket, 'data');
      socket.resetAndDestroy();
    }
    expect(await Promise.all(statuses)).to.deep.equal(Array.from({ length: 10 }, () => 429));
    server.closeAllConnections();
    await once(server.close(), 'close');
    await service.close();
  });
});

describe('a body that comes after its caller’s token was revoked', () => {
  it('is refused as unauthenticated, and changes nothing, over REST and Connect', async () => {
    for (const path of [
      '/admin/v1/policies/login/second_factors',
      '/zitadel.admin.v1.AdminService/AddSecondFactorToLoginPolicy',
    ]) {
      let isRevoked = false;
      const authenticate: Authenticate = (request) => (isRevoked ? undefined : waitingAuthenticate(request));
      const service = await openService({ ports: { authenticate } });
      const written = await countEvents(service.store);
      const body = new ReadableStream(
        {
          // Called once the caller was admitted, and the body is read.
          async pull(controller) {
            isRevoked = true;
            await wait(1100);
            controller.enqueue(Buffer.from('{"type":"SECOND_FACTOR_TYPE_OTP_SMS"}'));
            controller.close();
          },
        },
        { highWaterMark: 0 },
      );
      const headers = { authorization: `Bearer ${ROOT}`, 'content-type': 'application/json' };
      const request = new Request(`http://iam.example${path}`, { method: 'POST', headers, body, duplex: 'half' });
      expect((await service.api.fetch(request)).status, path).to.equal(401);
      expect(await countEvents(service.store), path).to.equal(written);
      await service.close();
    }
  });
});

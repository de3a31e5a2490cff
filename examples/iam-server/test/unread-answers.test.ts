import { connect } from 'node:net';
import { listen } from '@login-policy/example-iam-server';
import { describe, it } from 'mocha';

/** More than fits into the buffers of both ends. */
const LARGE = Buffer.alloc(4 * 1024 * 1024);

describe('strangers who ask and never read', () => {
  it('lose their connections, so that there is room for others', async () => {
    const port = await listen({ host: '127.0.0.1', ports: [0], variable: 'PORT', tls: undefined, silentMs: 200 });
    port.serve((_, response) => response.end(LARGE));
    await Promise.all(Array.from({ length: 50 }, () => untilCutOff(new URL(port.url))));
    await port.close(0);
  });
});

function untilCutOff({ hostname, port }: URL): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname).pause();
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    // It does not read, so only what it sends tells it that the server hung up; the server does not read that either.
    const asking = setInterval(() => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'), 20);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearInterval(asking);
      resolve();
    });
  });
}

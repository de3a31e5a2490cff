import { connect, createServer, type Socket } from 'node:net';

const MESSAGE = 'transaction blocks not allowed in statement pooling mode';
const FIELDS = `SFATAL\0C08P01\0M${MESSAGE}\0\0`;
const REFUSED = Buffer.from([0x45, 0, 0, 0, 4 + FIELDS.length, ...Buffer.from(FIELDS)]);

/** Stands before a server as PgBouncer does in statement mode: it ends a connection that begins a transaction. */
export async function inStatementMode(url: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const [target, here] = [new URL(url), new URL(url)];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const behind = connect(Number(target.port), target.hostname);
    for (const socket of [client, behind]) sockets.add(socket.on('error', () => undefined));
    behind.on('data', (bytes) => client.write(bytes));
    behind.on('close', () => client.destroy());
    client.on('data', (bytes) => {
      if (bytes.includes('BEGIN')) client.end(REFUSED);
      else behind.write(bytes);
    });
    client.on('close', () => behind.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  here.port = String(typeof address === 'object' ? address?.port : '');
  return {
    url: here.href,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

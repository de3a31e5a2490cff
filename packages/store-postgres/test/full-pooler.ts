import { connect, createServer, type Socket } from 'node:net';

/** What a server says to who connects: authenticated, and ready. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);

/** A pooler before a server. */
export interface FullPooler {
  readonly url: string;
  /** While it is full, it accepts connections, but their statements wait. */
  isFull: boolean;
  /** How many connections ended without an answer to their statement. */
  unanswered: number;
  close(): Promise<void>;
}

/** Stands before a server as a pooler that may have no connection to it free. */
export async function fullPooler(url: string): Promise<FullPooler> {
  const [target, here] = [new URL(url), new URL(url)];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client.on('error', () => undefined));
    if (pooler.isFull) {
      client.once('data', () => client.write(WELCOME));
      client.on('close', () => (pooler.unanswered += 1)).resume();
      return;
    }
    const behind = connect(Number(target.port), target.hostname);
    sockets.add(behind.on('error', () => undefined));
    behind.on('close', () => client.destroy());
    client.on('close', () => behind.destroy());
    client.pipe(behind).pipe(client);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  here.port = String(typeof address === 'object' ? address?.port : '');
  const pooler: FullPooler = {
    url: here.href,
    isFull: false,
    unanswered: 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return pooler;
}

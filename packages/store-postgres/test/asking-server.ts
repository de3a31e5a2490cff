import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The server's word for: tell me your password as it is. */
const ASK = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);

/** Stands before a server that trusts everybody, and asks each who connects for his password. */
export class AskingServer {
  /** What was told, in order. */
  readonly told: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: URL) {
    this.#server = createServer((client) => {
      this.#keep(client).once('data', (startup) => {
        client.write(ASK);
        client.once('data', (answer) => {
          this.told.push(answer.subarray(5, -1).toString());
          const server = this.#keep(connect(Number(target.port), target.hostname));
          server.write(startup);
          server.pipe(client).pipe(server);
        });
      });
    });
  }

  /** Stands before the server of that address. */
  static async before(url: string): Promise<AskingServer> {
    const asking = new AskingServer(new URL(url));
    await new Promise<void>((resolve) => {
      asking.#server.listen(0, '127.0.0.1', resolve);
    });
    return asking;
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Hangs up and takes no more. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
  }
}

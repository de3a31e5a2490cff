import { connect, createServer, type Server, type Socket } from 'node:net';

/** An address that leads to one server and, when a test says so, to another: as a proxy, a virtual address or a name does. */
export class Switch {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: URL;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  /** Leads to a server. */
  static async to(url: string): Promise<Switch> {
    const made = new Switch(new URL(url));
    await new Promise<void>((resolve) => {
      made.#server.listen(0, '127.0.0.1', resolve);
    });
    return made;
  }

  /** Where a pool connects to. */
  get url(): string {
    const here = new URL(this.#target);
    const address = this.#server.address();
    here.port = String(typeof address === 'object' ? address?.port : '');
    return here.href;
  }

  /** Leads new connections there; those that are open stay where they are. */
  leadTo({ url }: { readonly url: string }): void {
    this.#target = new URL(url);
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Breaks every connection and takes no more. */
  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #join(client: Socket): void {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => other.write(bytes));
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}

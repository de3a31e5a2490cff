import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * An address that leads to one server and, when a test says so, to another: as a proxy, a virtual address or a name
 * does.
 */
export class Switch {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: URL;
  #messages = Infinity;
  #meet: () => Promise<void> = async () => undefined;

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

  /**
   * Has a test do something before so many messages of clients are handed on, the first of which is 1. What it answers
   * waits until that is done, and has it done where there were not so many.
   */
  atMessage(number: number, meet: () => Promise<void>): () => Promise<void> {
    let meeting: Promise<void> | undefined;
    this.#messages = number;
    this.#meet = () => (meeting ??= meet());
    return () => this.#meet();
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
      socket.on('data', (bytes) => {
        const isMet = socket === client && --this.#messages <= 0;
        if (!isMet) return void other.write(bytes);
        const goOn = (): void => void other.write(bytes);
        this.#meet().then(goOn, goOn);
      });
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}

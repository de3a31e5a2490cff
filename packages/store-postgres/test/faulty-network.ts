import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { FUNCTIONS } from './functions.js';

/**
 * What goes wrong with the next append on the wire: `answer-lost` breaks the connection when the server answers, so
 * after its commit; `down` does the same, and takes no connection afterwards; `request-lost` swallows the request;
 * `request-late` breaks the connection to the client at once and hands the request on when the test says so; `silent`
 * lets nothing through any more and breaks nothing.
 */
export type Trouble = 'answer-lost' | 'down' | 'request-lost' | 'request-late' | 'silent';

/** The last word of an append: itself, or in a turn the end of its transaction. */
const APPEND = new RegExp(`COMMIT\\0|"\\.${FUNCTIONS.append}\\((?!.* WHERE )`, 's');

/** A network between the store and the server, which fails when a test wants it to. */
export class FaultyNetwork {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #trouble: { readonly kind: Trouble; readonly request: RegExp } | undefined;
  #troubles = 0;
  #isDown = false;
  #isSilent = false;
  #late: (() => Promise<string>) | undefined;

  private constructor(target: URL) {
    this.#server = createServer((client) => this.#join(client, connect(Number(target.port), target.hostname)));
  }

  /** Lies between here and the server of that address. */
  static async before(url: string): Promise<{ readonly network: FaultyNetwork; readonly url: string }> {
    const network = new FaultyNetwork(new URL(url));
    const target = new URL(url);
    await new Promise<void>((resolve) => {
      network.#server.listen(0, '127.0.0.1', resolve);
    });
    target.port = String(network.#port);
    target.hostname = '127.0.0.1';
    return { network, url: target.href };
  }

  /** Fails the next append in this way, once. */
  failNextAppend(trouble: Trouble): void {
    this.failNext(APPEND, trouble);
  }

  /** Fails the next request that matches, once. */
  failNext(request: RegExp, kind: Trouble): void {
    this.#trouble = { kind, request };
  }

  /** Lets nothing through any more, on any connection, not even their end, and breaks none. */
  fallSilent(): void {
    this.#isSilent = true;
  }

  /** How often it has failed. */
  get troubles(): number {
    return this.#troubles;
  }

  /** Hands on the request that was held back, and resolves to what the server answers. */
  async deliverLate(): Promise<string> {
    return (await this.#late?.()) ?? 'nothing was held back';
  }

  /** Breaks all connections and takes no more. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  get #port(): number {
    const address = this.#server.address();
    return isAddress(address) ? address.port : 0;
  }

  #join(client: Socket, server: Socket): void {
    let [isCut, isMute] = [this.#isDown, false];
    const isSilent = (): boolean => isMute || this.#isSilent;
    if (isCut) client.destroy();
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    client.on('data', (bytes) => {
      if (isSilent()) return;
      const trouble = this.#trouble;
      if (trouble === undefined || !trouble.request.test(bytes.toString('latin1'))) return void server.write(bytes);
      this.#trouble = undefined;
      this.#troubles += 1;
      isMute = trouble.kind === 'silent';
      isCut = !isMute;
      this.#fail(trouble.kind, { client, server, bytes });
    });
    server.on('data', (bytes) => {
      if (isSilent()) return;
      if (!isCut) return void client.write(bytes);
      client.destroy();
      if (this.#late === undefined) server.destroy();
    });
    client.on('close', () => {
      if (!isCut && !isSilent()) server.destroy();
    });
    server.on('close', () => {
      if (!isSilent()) client.destroy();
    });
  }

  #fail(trouble: Trouble, { client, server, bytes }: { client: Socket; server: Socket; bytes: Buffer }): void {
    switch (trouble) {
      case 'down':
        this.#isDown = true;
        server.write(bytes);
        return;
      case 'answer-lost':
        server.write(bytes);
        return;
      case 'request-lost':
        client.destroy();
        server.destroy();
        return;
      case 'request-late':
        this.#late = () =>
          new Promise((resolve) => {
            server.once('data', (answer) => resolve(answer.toString()));
            server.write(bytes);
          });
        client.destroy();
        break;
      case 'silent':
        break;
    }
  }
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

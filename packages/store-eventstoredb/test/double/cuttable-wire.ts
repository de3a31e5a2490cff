import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** What the wire does with what the server sends. */
type Passing = 'all' | 'half-of-the-next-chunk' | 'nothing';

/**
 * A stretch of wire between client and double that can be cut, held or closed: the faults that happen below gRPC. It
 * listens on 127.0.0.1 only.
 */
export class CuttableWire {
  readonly #target: number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #passing: Passing = 'all';
  #isRefusing = false;
  #isStalled = false;
  #holdsAnswers = false;
  port = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  static async to(target: number): Promise<CuttableWire> {
    const wire = new CuttableWire(target);
    await wire.#listen(0);
    return wire;
  }

  /** Tears every connection, without a goodbye. New ones work. */
  cut(): void {
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
    this.#pairs.clear();
    this.#passing = 'all';
  }

  /** Lets half of the next chunk through, then tears. */
  cutInside(): void {
    this.#passing = 'half-of-the-next-chunk';
  }

  /** Swallows all that the server sends, and stays connected: a network that lost the way back. */
  hold(): void {
    this.#passing = 'nothing';
  }

  /** Ends {@link hold}. */
  release(): void {
    this.#passing = 'all';
  }

  /** Takes nothing more of what clients send, and stays connected: a server that has stalled. */
  stall(): void {
    this.#isStalled = true;
    for (const [client, server] of this.#pairs) client.unpipe(server).pause();
  }

  /** Ends {@link stall}. */
  resume(): void {
    this.#isStalled = false;
    for (const [client, server] of this.#pairs) client.pipe(server);
  }

  /**
   * Keeps back all that the server sends, until {@link letAnswersThrough}: a line that stalls on its way back, and then
   * goes on.
   */
  stallAnswers(): void {
    this.#holdsAnswers = true;
    for (const [, server] of this.#pairs) server.pause();
  }

  /** Calls back whenever something has arrived at a client that it has not read yet. */
  onPassed: () => void = () => undefined;

  /** Ends {@link stallAnswers}: what was kept back arrives now. */
  letAnswersThrough(): void {
    this.#holdsAnswers = false;
    for (const [, server] of this.#pairs) server.resume();
  }

  /**
   * Loses all that is sent over the connections there are, both ways, which stay open: a line that died without a word.
   * New ones work.
   */
  lose(): void {
    for (const [client, server] of this.#pairs) {
      client.unpipe(server).resume();
      server.removeAllListeners('data').resume();
    }
  }

  /** Tears every connection and refuses new ones. */
  refuse(): void {
    this.#isRefusing = true;
    this.cut();
  }

  /** Ends {@link refuse}. */
  admit(): void {
    this.#isRefusing = false;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
  }

  #join(client: Socket): void {
    if (this.#isRefusing) return void client.resetAndDestroy();
    const server = connect(this.#target, '127.0.0.1');
    client.setNoDelay(true);
    server.setNoDelay(true);
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    const part = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of pair) socket.on('error', part).on('close', part);
    if (!this.#isStalled) client.pipe(server);
    server.on('data', (chunk) => this.#pass(client, chunk));
    if (this.#holdsAnswers) server.pause();
  }

  #pass(client: Socket, chunk: Buffer): void {
    if (this.#passing === 'nothing') return;
    if (this.#passing === 'all') {
      client.write(chunk);
      return this.onPassed();
    }
    client.write(chunk.subarray(0, Math.ceil(chunk.length / 2)), () => this.cut());
  }
}

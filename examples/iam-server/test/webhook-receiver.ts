import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';

/** What a receiver does with a message: it fails, hangs, or lies. */
export type Doing = (response: ServerResponse, request: IncomingMessage) => void;

/** A message that arrived. */
export interface Taken {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver that does as it likes. */
export class Receiver {
  readonly taken: Taken[] = [];
  doing: Doing = (response) => response.writeHead(204).end();
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.taken.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      this.doing(response, request);
    });
  });

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('it listens on no port');
    return `http://127.0.0.1:${address.port}/hook?key=secret`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

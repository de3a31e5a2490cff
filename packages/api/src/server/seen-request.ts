import type { IncomingHttpHeaders } from 'node:http';
import { TLSSocket, type PeerCertificate } from 'node:tls';
import type { ApiRequest } from '../ports/ports.js';
import type { Channel } from './channel.js';

/** A request as ports see it. Of its connection nothing is looked at before somebody asks. */
export class SeenRequest implements ApiRequest {
  readonly verb: string;
  readonly path: string;
  readonly #channel: Channel;
  readonly #headers: IncomingHttpHeaders;

  constructor(channel: Channel, path: string) {
    this.verb = channel.verb;
    this.path = path;
    this.#channel = channel;
    this.#headers = channel.headers;
  }

  get(name: string): string | undefined {
    const value = this.#headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  get peerAddress(): string | undefined {
    return this.#channel.socket()?.remoteAddress;
  }

  get clientCertificate(): PeerCertificate | undefined {
    const socket = this.#channel.socket();
    // What HTTP/2 hands out stands for its socket, and says of itself what the socket would.
    return socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate() : undefined;
  }
}

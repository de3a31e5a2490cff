import type { IncomingHttpHeaders } from 'node:http';
import type { PeerCertificate } from 'node:tls';
import type { ApiRequest } from '../ports/ports.js';
import type { Channel } from './channel.js';

/** A request as ports see it. Of its connection nothing is looked at before somebody asks. */
export class SeenRequest implements ApiRequest {
  readonly verb: string;
  readonly path: string;
  readonly #channel: Channel;
  readonly #headers: IncomingHttpHeaders;
  readonly #authority: string | undefined;

  /** `authority`: the host that the target of the request names. */
  constructor(channel: Channel, path: string, authority?: string) {
    this.verb = channel.verb;
    this.path = path;
    this.#channel = channel;
    this.#headers = channel.headers;
    this.#authority = authority;
  }

  get(name: string): string | undefined {
    if (name === 'host' && this.#authority !== undefined) return this.#authority;
    const value = this.#headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  get peerAddress(): string | undefined {
    return this.#channel.peerAddress;
  }

  get clientCertificate(): PeerCertificate | undefined {
    return this.#channel.clientCertificate;
  }
}

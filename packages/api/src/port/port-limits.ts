/** What a client may take of a port, each with a default that suits an API of short calls. */
export interface PortLimits {
  /** Default 16,384: all headers of a request together. */
  readonly maxHeaderBytes?: number;
  /** Default 100: calls at a time on one connection of HTTP/2. */
  readonly maxConcurrentStreams?: number;
  /** Default 10,000: how long the headers of a request may take to arrive. */
  readonly headersTimeoutMs?: number;
  /** Default 30,000: how long a request may take to arrive as a whole. */
  readonly requestTimeoutMs?: number;
  /** Default 60,000: how long a connection is kept on which nothing is asked, or nothing of the answers is read. */
  readonly idleTimeoutMs?: number;
  /** Default 10,000: connections at a time. */
  readonly maxConnections?: number;
}

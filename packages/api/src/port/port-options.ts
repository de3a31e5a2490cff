import type { TlsOptions } from 'node:tls';
import { type OptionRules, parseOptions, rule } from '@login-policy/event-sourcing';

/** The limits for the clients of a network port. The defaults suit an API of short calls. */
export interface PortLimits {
  /** Default 16,384: the size of all headers of a request. */
  readonly maxHeaderBytes?: number;
  /**
   * Default 100: concurrent calls on one HTTP/2 connection. When all connections together have 1,000, one with more than
   * its share of these is refused another.
   */
  readonly maxConcurrentStreams?: number;
  /** Default 10,000: how long the headers of a request may take to arrive. */
  readonly headersTimeoutMs?: number;
  /** Default 30,000: how long a whole request may take to arrive. */
  readonly requestTimeoutMs?: number;
  /**
   * Default 60,000: how long a connection may be idle: no request arrives, or the client reads nothing of its answers.
   */
  readonly idleTimeoutMs?: number;
  /** Default 10,000: concurrent connections. */
  readonly maxConnections?: number;
}

/** The options of {@link openPort}. */
export interface PortOptions extends PortLimits {
  /** The port number; 0 for any free port. */
  readonly port: number;
  /** The address to listen on. Default 127.0.0.1: only this machine. */
  readonly host?: string;
  /**
   * Certificate and key. HTTP/1.1 and HTTP/2 are then negotiated by ALPN. Without them, the port accepts both protocols
   * in cleartext.
   */
  readonly tls?: Pick<TlsOptions, 'cert' | 'key' | 'ca' | 'minVersion' | 'requestCert' | 'rejectUnauthorized'>;
}

/** The options of closing a port. */
export interface CloseOptions {
  /**
   * Default 0: how long new connections and requests are still accepted. Even during this time, each HTTP/1.1
   * connection closes after its pending answers, and the client connects anew for its next request.
   */
  readonly drainMs?: number;
  /** Default 10,000: how long after the drain pending answers may take before their connections are closed. */
  readonly graceMs?: number;
  /** Called right before the connections are closed whose answers are still pending at the end of the grace period. */
  readonly onCutOff?: () => void;
}

const time = rule.optional(rule.numberBetween(1, rule.LONGEST_TIMER_MS));
const count = rule.optional(rule.wholeNumber(1, 2 ** 31 - 1));
const flag = rule.optional(rule.oneOf(true, false));

const pem = rule.mustBe('PEM, as a string or a Buffer, or a list of them', (value) =>
  (Array.isArray(value) ? value : [value]).every(
    (one) => (typeof one === 'string' && one !== '') || (one instanceof Uint8Array && one.length > 0),
  ),
);

/**
 * Without `ca` the public authorities are trusted, and without `tls` nothing is encrypted. A lost value must have
 * neither effect.
 */
const TLS: OptionRules<NonNullable<PortOptions['tls']>> = {
  cert: pem,
  key: pem,
  ca: rule.leftOutOr(pem),
  minVersion: rule.optional(rule.oneOf('TLSv1.2', 'TLSv1.3')),
  requestCert: flag,
  rejectUnauthorized: flag,
};

const PORT: OptionRules<PortOptions> = {
  port: rule.wholeNumber(0, 65_535),
  host: rule.optional(rule.nonEmptyString),
  tls: rule.leftOutOr(rule.optionsWith(TLS)),
  maxHeaderBytes: count,
  maxConcurrentStreams: count,
  headersTimeoutMs: time,
  requestTimeoutMs: time,
  idleTimeoutMs: time,
  maxConnections: count,
};

const CLOSE: OptionRules<CloseOptions> = {
  drainMs: rule.optional(rule.numberBetween(0, rule.LONGEST_TIMER_MS)),
  graceMs: rule.optional(rule.numberBetween(0, rule.LONGEST_TIMER_MS)),
  onCutOff: rule.optional(rule.aFunction),
};

/** Parses the options of a port. @throws RangeError that names an unknown or malformed option */
export function parsePortOptions(options: PortOptions): PortOptions {
  return parseOptions(options, 'the port', PORT);
}

/** Parses the options of closing a port. @throws RangeError as above */
export function parseCloseOptions(options: CloseOptions): CloseOptions {
  return parseOptions(options, 'close', CLOSE);
}

import {
  aFunction,
  leftOutOr,
  LONGEST_TIMER_MS,
  mustBe,
  nonEmptyString,
  numberBetween,
  oneOf,
  optional,
  optionsWith,
  parseOptions,
  wholeNumber,
  type OptionRules,
} from '@login-policy/event-sourcing/options';
import type { CloseOptions, PortOptions } from './port.js';

const time = optional(numberBetween(1, LONGEST_TIMER_MS));
const count = optional(wholeNumber(1, 2 ** 31 - 1));
const flag = optional(oneOf(true, false));

const pem = mustBe('PEM, as a string or a Buffer, or a list of them', (value) =>
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
  ca: leftOutOr(pem),
  minVersion: optional(oneOf('TLSv1.2', 'TLSv1.3')),
  requestCert: flag,
  rejectUnauthorized: flag,
};

const PORT: OptionRules<PortOptions> = {
  port: wholeNumber(0, 65_535),
  host: optional(nonEmptyString),
  tls: leftOutOr(optionsWith(TLS)),
  maxHeaderBytes: count,
  maxConcurrentStreams: count,
  headersTimeoutMs: time,
  requestTimeoutMs: time,
  idleTimeoutMs: time,
  maxConnections: count,
};

const CLOSE: OptionRules<CloseOptions> = {
  drainMs: optional(numberBetween(0, LONGEST_TIMER_MS)),
  graceMs: optional(numberBetween(0, LONGEST_TIMER_MS)),
  onCutOff: optional(aFunction),
};

/** Parses the options of a port. @throws RangeError that names an unknown or malformed option */
export function parsePortOptions(options: PortOptions): PortOptions {
  return parseOptions(options, 'the port', PORT);
}

/** Parses the options of closing a port. @throws RangeError as above */
export function parseCloseOptions(options: CloseOptions): CloseOptions {
  return parseOptions(options, 'close', CLOSE);
}

import { type OptionRules, parseOptions, rule } from '@login-policy/event-sourcing';
import type { CloseOptions, PortOptions } from './port.js';

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

import { InvalidValue, type Parser } from '../input/invalid-value.js';

const LONGEST = 2048;
const SCHEME = /^[a-z][a-z0-9+.-]*:./i;
const OUTSIDE_A_URI = /[\s\p{Cc}]/u;
const RUNS_SCRIPT = new Set(['javascript:', 'data:', 'vbscript:']);
const EXPECTED = 'empty, or an absolute http(s) or custom-scheme URI of at most 2,048 characters that runs no script';

/**
 * Parses where users are sent who signed in without a page to return to: empty for nowhere, otherwise an absolute
 * http(s) or custom-scheme URI that can't run script (docs/reference/login-policies.md#settings).
 */
export const parseRedirectUri: Parser<string> = (value, field) => {
  if (value === '') return value;
  if (typeof value !== 'string' || !isAcceptable(value)) throw new InvalidValue(field, EXPECTED, value);
  return value;
};

function isAcceptable(uri: string): boolean {
  // Browsers drop tabs and line breaks before they read the scheme, so none are allowed.
  if (uri.length > LONGEST || !uri.isWellFormed() || OUTSIDE_A_URI.test(uri) || !SCHEME.test(uri)) return false;
  const parsed = URL.parse(uri);
  if (parsed === null) return false;
  const { protocol, host } = parsed;
  if (protocol === 'http:' || protocol === 'https:') return host !== '' && /^https?:\/\//i.test(uri);
  return !RUNS_SCRIPT.has(protocol);
}

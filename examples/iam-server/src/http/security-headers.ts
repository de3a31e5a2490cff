import type { Transport } from '../sessions/cookies.js';
import type { Response } from './exchange.js';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const FEATURES = ['camera', 'display-capture', 'geolocation', 'microphone', 'payment', 'usb'];

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // The page needs none of these browser features.
  'permissions-policy': FEATURES.map((feature) => `${feature}=()`).join(', '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Answers to signed-in users must not be cached; the page's files override this.
  'cache-control': 'no-store',
};

/** Sets headers on every answer so that only the server's own page may use it. */
export function harden(response: Pick<Response, 'setHeader'>, transport: Transport): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  // After a visit over TLS, a browser uses only TLS for a year.
  if (transport === 'https') response.setHeader('strict-transport-security', 'max-age=31536000');
}

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
  // The page asks for none of what a browser could let it do.
  'permissions-policy': FEATURES.map((feature) => `${feature}=()`).join(', '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // What is said to one who is signed in is for nobody's cache; the files of the page say otherwise for themselves.
  'cache-control': 'no-store',
};

/** Has every answer of the server say that only its own page may do something with it. */
export function harden(response: Pick<Response, 'setHeader'>, transport: Transport): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  // A browser that was here over TLS comes over nothing else for a year.
  if (transport === 'https') response.setHeader('strict-transport-security', 'max-age=31536000');
}

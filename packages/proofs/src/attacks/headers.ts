import type { Chance } from './chance.js';

type Header = readonly [name: string, value: string];

/** Headers with a meaning, and values without one. */
const ODD: readonly Header[] = [
  ['x-zitadel-orgid', 'acme'],
  ['x-zitadel-orgid', 'acme'],
  ['x-zitadel-orgid', 'globex'],
  ['x-zitadel-orgid', ''],
  ['x-zitadel-orgid', 'x'.repeat(300)],
  ['if-match', '*'],
  ['if-match', '"3"'],
  ['if-match', 'W/"3"'],
  ['if-match', `"${'9'.repeat(18)}"`],
  ['if-none-match', '*'],
  ['idempotency-key', 'one'],
  ['idempotency-key', 'x'.repeat(300)],
  ['login-policy-reason', '%FF'],
  ['login-policy-reason', 'x'.repeat(3000)],
  ['login-policy-at-least', '9'.repeat(60)],
  ['login-policy-at-least', '0'],
  ['grpc-timeout', '1m'],
  ['grpc-timeout', '99999999H'],
  ['grpc-timeout', '1x'],
  ['connect-timeout-ms', '0'],
  ['connect-timeout-ms', '5000'],
  ['accept', 'application/grpc-web-text'],
  ['accept-encoding', 'gzip, br;q=0, *'],
  ['grpc-accept-encoding', 'gzip,,br'],
  ['content-encoding', 'gzip'],
  ['content-encoding', 'br, gzip'],
  ['grpc-encoding', 'snappy'],
  ['origin', 'https://app.test'],
  ['origin', 'https://elsewhere.test'],
  ['access-control-request-method', 'DELETE'],
  ['access-control-request-headers', 'x'.repeat(500)],
  ['last-event-id', '-1'],
  ['x-forwarded-for', '::ffff:127.0.0.1, unknown'],
  ['x-http-method-override', 'DELETE'],
  ['cookie', 'session-b3Vycw=..%2f..%2fiam.json; a; =; device-b3Vycw='],
  ['range', 'bytes=0-0,9-'],
  ['expect', '100-continue'],
];

/** A few additional headers of a call. */
export function oddHeaders(chance: Chance): readonly Header[] {
  // Often none, because more calls are then accepted, whose effects later calls meet.
  return chance.oneIn(2) ? chance.some(ODD, 3) : [];
}

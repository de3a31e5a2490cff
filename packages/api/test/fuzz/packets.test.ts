import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import fc, { type Arbitrary } from 'fast-check';
import { FLAGS, headerBlock, number, sendAtOnce, type Frame } from '../http2-bytes.js';
import { framed } from '../raw.js';
import { countEvents, openService, READER, type Service } from '../service.js';
import { paced } from '@login-policy/testkit';
import { FUZZ_RUNS, inTime } from './runs.js';

const HEALTH = '/grpc.health.v1.Health/Watch';
const UPDATE = '/zitadel.admin.v1.AdminService/UpdateLoginPolicy';

/** What HTTP/2 allows. */
const whole = fc.record(
  {
    ':method': fc.constantFrom('POST', 'GET', 'HEAD', 'PUT', 'OPTIONS', 'X'),
    ':scheme': fc.constantFrom('http', 'https'),
    ':path': fc.constantFrom(UPDATE, HEALTH, '/admin/v1/policies/login', '/debug/ready', '/', '*'),
    ':authority': fc.constant('x'),
    expect: fc.constantFrom('100-continue', '100-CONTINUE', '200-ok'),
    'content-type': fc.constantFrom('application/grpc', 'application/grpc-web', 'application/json', 'x\u00ff'),
    'grpc-timeout': fc.constantFrom('1m', '1S', '99999999H'),
    authorization: fc.constant(`Bearer ${READER}`),
  },
  { requiredKeys: [':method', ':scheme', ':path', ':authority'] },
);
/** What makes it something else, or nothing. */
const broken = fc.constantFrom<Readonly<Record<string, string>>>(
  { 'content-length': '7' },
  { 'content-length': '-1' },
  { connection: 'close' },
  { ':method': 'CONNECT' },
  { ':path': 'nowhere' },
  { 'Upper-Case': 'x' },
);
const headers: Arbitrary<Readonly<Record<string, string>>> = fc.oneof(
  { weight: 4, arbitrary: whole },
  fc.tuple(whole, broken).map(([given, more]) => ({ ...given, ...more })),
);

const flags = fc.constantFrom(FLAGS.endHeaders, FLAGS.endHeaders | FLAGS.endStream, FLAGS.none, 0xff);
const code = fc.constantFrom(0, 1, 2, 3, 5, 7, 8, 11, 99).map(number);
const message = fc.constantFrom(new Uint8Array(0), framed(new Uint8Array(0)), framed(new Uint8Array(3)).subarray(2));

const frame: Arbitrary<Frame> = fc
  .record({
    stream: fc.constantFrom(1, 1, 1, 3, 5, 0, 2),
    rest: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ type: fc.constant('headers' as const), flags, payload: headers.map(headerBlock) }),
      },
      { weight: 5, arbitrary: fc.record({ type: fc.constant('reset' as const), payload: code }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('data' as const), flags, payload: message }) },
      fc.record({ type: fc.constant('window' as const), payload: fc.constantFrom(0, 1, 2 ** 31 - 1).map(number) }),
      fc.record({ type: fc.constant('priority' as const), payload: fc.constant(Buffer.from([0, 0, 0, 1, 9])) }),
      fc.record({ type: fc.constant('goAway' as const), payload: code.map((one) => Buffer.concat([number(0), one])) }),
      fc.record({ type: fc.constant('continuation' as const), flags, payload: headers.map(headerBlock) }),
      fc.record({ type: fc.constant('settings' as const), payload: fc.constantFrom(settings(4, 0), settings(5, 1)) }),
    ),
  })
  .map(({ rest, stream }) => ({ ...rest, stream: rest.type === 'settings' || rest.type === 'goAway' ? 0 : stream }));

/** One setting, by its number. */
function settings(name: number, value: number): Buffer {
  return Buffer.concat([number(name).subarray(2), number(value)]);
}

describe('HTTP/2 frames in one packet, in any order, valid and damaged', () => {
  let service: Service;
  before(async () => {
    // A client that says that it goes, and does not, is not hung up on by Node: the port does it.
    service = await openService({ api: { bodyTimeoutMs: paced(60) }, listen: { idleTimeoutMs: paced(300) } });
  });
  after(async () => {
    await service.close();
    expect(service.failures).to.deep.equal([]);
  });

  it('never end the process or the service for others', async () => {
    const had = await countEvents(service.store);
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 6 }), async (frames) => {
        await inTime(sendAtOnce(service.listening.port, frames), 'a packet');
        expect((await fetch(`${service.url}/debug/healthz`)).status).to.equal(200);
      }),
      { numRuns: FUZZ_RUNS * 4 },
    );
    expect(await countEvents(service.store)).to.equal(had);
  });
});

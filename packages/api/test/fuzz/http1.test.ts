import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { gzipSync } from 'node:zlib';
import fc, { type Arbitrary } from 'fast-check';
import { talk } from '../raw.js';
import { countEvents, openService, ROOT, type Service } from '../service.js';
import { paced } from '@login-policy/testkit';
import { fuzzedCall, fuzzedHeaders, restForm, type RestForm } from './calls.js';
import { pieces } from './frames.js';
import { FUZZ_RUNS, inTime } from './runs.js';

/** A request of HTTP/1.1 as bytes, whole or spoilt. */
interface FuzzedRequest {
  readonly head: string;
  readonly pieces: readonly Buffer[];
}

const form: Arbitrary<RestForm> = fuzzedCall.map(
  (call) => restForm(call) ?? { verb: 'GET', path: '/admin/v1/policies/login', body: undefined },
);
const query = fc.constantFrom(
  ...['asOf=2', 'asOf=-1', 'asOf=2026-01-01T00:00:05Z', 'asOf=2026-01-01', 'asOf=%FF', 'limit=1', 'limit=-1'],
  ...['fromSequence=9999999999999999999', 'direction=sideways', 'query.limit=1&query.offset=99', '=&&==', 'asOf=0'],
);
const path = fc.oneof(
  { weight: 3, arbitrary: fc.constant((one: string) => one) },
  query.map((more) => (one: string) => `${one}${one.includes('?') ? '&' : '?'}${more}`),
  fc.constantFrom<(one: string) => string>(
    (one) => `${one}/`,
    (one) => `${one}/%`,
    (one) => `/${one}`,
    (one) => `${one}#x`,
    (one) => `http://elsewhere${one}`,
    (one) => one.replace('admin', 'management'),
    () => '/admin/v1/policies/login/history',
    () => '/management/v1/policies/login/history',
  ),
);
const verb = fc.option(fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'LOCK'));

/** How a body is said to be, with what it becomes. */
type Sending = (body: Buffer) => readonly [header: string, sent: Buffer];
const sized: Sending = (body) => [`content-length: ${body.length}`, body];
const sending = fc.oneof(
  { weight: 4, arbitrary: fc.constant(sized) },
  fc.constantFrom<Sending>(
    (body) => ['transfer-encoding: chunked', chunked(body)],
    (body) => [`content-length: ${body.length + 3}`, body],
    (body) => [`content-length: ${Math.max(body.length - 3, 0)}`, body],
    (body) => ['transfer-encoding: chunked', body],
    (body) => [`content-encoding: gzip\r\ncontent-length: ${gzipSync(body).length}`, gzipSync(body)],
    (body) => ['transfer-encoding: gzip, chunked', chunked(body)],
    (body) => [`content-length: ${body.length}\r\ntransfer-encoding: chunked`, chunked(body)],
    () => ['content-length: -1', Buffer.alloc(0)],
    () => ['content-length: 99999999', Buffer.alloc(0)],
    () => ['expect: 100-continue\r\ncontent-length: 2', Buffer.from('{}')],
  ),
);
const noise = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  fc.constantFrom(
    '{',
    '[]',
    'null',
    '{"type":',
    '"\ud800"',
    '{"__proto__":{"type":1}}',
    '{"type":1}{"type":1}',
    '\ufeff{}',
  ),
  fc.json({ maxDepth: 4 }),
);

const fuzzedRequest: Arbitrary<FuzzedRequest> = fc
  .record({ form, path, verb, sending, noise, headers: fuzzedHeaders, cuts: fc.array(fc.nat(60), { maxLength: 4 }) })
  .map(({ cuts, form: one, headers, noise: other, path: change, sending: send, verb: another }) => {
    const [said, sent] = send(Buffer.from(other ?? one.body ?? ''));
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `${another ?? one.verb} ${change(one.path)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${ROOT}\r\ncontent-type: application/json\r\n${lines.join('')}${said}\r\n\r\n`;
    return { head, pieces: pieces(sent, cuts) };
  });

function chunked(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
}

describe('generated HTTP/1.1 requests: valid, damaged and split', () => {
  let service: Service;
  before(async () => {
    const times = { headersTimeoutMs: paced(200), requestTimeoutMs: paced(400) };
    service = await openService({ api: { bodyTimeoutMs: paced(60) }, listen: times });
  });
  after(async () => {
    await service.close();
    expect(service.failures).to.deep.equal([]);
  });

  it('are never answered with a defect, and write nothing if refused', () =>
    fc.assert(
      fc.asyncProperty(fuzzedRequest, async ({ head, pieces: sent }) => {
        const had = await countEvents(service.store);
        const answer = await inTime(talk(service.listening.port, [Buffer.from(head, 'latin1'), ...sent]), head);
        const status = /^HTTP\/1\.1 (?:100 Continue\r\n\r\nHTTP\/1\.1 )?(\d+)/.exec(answer)?.[1];
        expect(status, `${head}\n${answer}`).to.match(/^(2\d\d|4\d\d|304|501|504)$/);
        if (status !== '200') expect(await countEvents(service.store)).to.equal(had);
      }),
      { numRuns: FUZZ_RUNS * 4 },
    ));
});

import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ClientHttp2Session } from 'node:http2';
import { paced } from '@login-policy/testkit';
import { FUZZ_RUNS } from './fuzz/runs.js';
import { ask, framed, grpc, session, talk } from './raw.js';
import { countEvents, openService, READER, ROOT, type Service } from './service.js';

const PATHS = [
  '/admin/v1/policies/login',
  '/admin/v1/policies/login/multi_factors',
  '/admin/v1/policies/login/idps/_search',
  '/management/v1/policies/login',
  '/management/v1/policies/login/second_factors/',
  '/v2/settings/login',
  '/admin/v1/policies/login/history',
  '/debug/ready',
  '/zitadel.admin.v1.AdminService/UpdateLoginPolicy',
  '/zitadel.management.v1.ManagementService/AddCustomLoginPolicy',
];

/** What may stand in a line of HTTP: anything but what ends it. */
const text = fc.string({ unit: 'binary-ascii', maxLength: 60 }).map((one) => one.replace(/[\r\n\0 ]/g, '_'));
const path = fc.oneof(
  fc.constantFrom(...PATHS),
  fc.tuple(fc.constantFrom(...PATHS), text).map(([one, more]) => one + more),
  text.map((one) => `/${one}`),
  fc.tuple(fc.constantFrom(...PATHS), fc.webQueryParameters()).map(([one, query]) => `${one}?${query}`),
);
const verb = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD');
const type = fc.constantFrom(
  'application/json',
  'application/proto',
  'application/grpc-web+proto',
  'application/grpc',
  'text/plain',
);
const header = fc.constantFrom(
  'x-zitadel-orgid',
  'if-match',
  'idempotency-key',
  'grpc-timeout',
  'accept',
  'origin',
  'content-encoding',
  'x-request-id',
  'login-policy-at-least',
);
const member = fc.constantFrom(
  'type',
  'idpId',
  'ownerType',
  'query',
  'allowRegister',
  'passwordCheckLifetime',
  'secondFactors',
  'idps',
  '__proto__',
  'ctx',
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.dictionary(member, fc.jsonValue()).map((json) => Buffer.from(JSON.stringify(json))),
  fc.jsonValue().map((json) => Buffer.from(JSON.stringify(json))),
);

describe('any input', () => {
  let service: Service;
  let on: ClientHttp2Session;
  before(async () => {
    service = await openService({ api: { bodyTimeoutMs: paced(500) } });
    on = session(service.url);
  });
  after(async () => {
    on.destroy();
    await service.close();
    expect(service.failures).to.deep.equal([]);
  });

  /** Somebody who may only read sends it, so whatever is granted writes nothing. */
  async function writesNothing(sending: () => Promise<void>): Promise<void> {
    const before_ = await countEvents(service.store);
    await sending();
    expect(await countEvents(service.store)).to.equal(before_);
  }

  it('over HTTP/1.1 is never answered with 500', () =>
    writesNothing(() =>
      fc.assert(
        fc.asyncProperty(
          verb,
          path,
          fc.tuple(type, header, text, body),
          async (method, place, [of, name, value, sent]) => {
            const head = `${method} ${place} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${READER}\r\ncontent-type: ${of}\r\n${name}: ${value}\r\ncontent-length: ${sent.length}\r\n\r\n`;
            const answer = await talk(service.listening.port, [Buffer.from(head, 'latin1'), sent]);
            expect(answer).to.match(/^HTTP\/1\.1 (?!500|502|505)[2345]\d\d /);
          },
        ),
        { numRuns: FUZZ_RUNS },
      ),
    ));

  it('as a gRPC message is answered with a status other than 13', () =>
    writesNothing(() =>
      fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...PATHS.slice(-2)),
          fc.uint8Array({ maxLength: 60 }),
          fc.boolean(),
          async (place, bytes, isFramed) => {
            const message = isFramed ? framed(bytes) : bytes;
            const { trailers } = await ask(on, grpc(place, { authorization: `Bearer ${READER}` }), message);
            expect(['3', '7']).to.include(trailers['grpc-status']);
          },
        ),
        { numRuns: FUZZ_RUNS },
      ),
    ));

  it('as settings is accepted or refused with code 3', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
        const place = '/zitadel.admin.v1.AdminService/UpdateLoginPolicy';
        const before_ = await countEvents(service.store);
        const { trailers } = await ask(on, grpc(place, { authorization: `Bearer ${ROOT}` }), framed(bytes));
        expect(['0', '3']).to.include(trailers['grpc-status']);
        if (trailers['grpc-status'] === '3') expect(await countEvents(service.store)).to.equal(before_);
      }),
      { numRuns: FUZZ_RUNS },
    ));
});

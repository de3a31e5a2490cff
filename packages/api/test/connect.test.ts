import { gunzipSync, gzipSync } from 'node:zlib';
import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { ask, framed, grpc, session, talk } from './raw.js';
import { countEvents, INSTANCE, openService, ROOT, type Service } from './service.js';

const ADMIN = '/zitadel.admin.v1.AdminService';
const bearer = { headers: { authorization: `Bearer ${ROOT}` } };
const json = { 'content-type': 'application/json' };
/** As deep as a body may be long. */
const DEEP = `{"query":${'{"query":'.repeat(20_000)}1${'}'.repeat(20_001)}`;

describe('unary calls', () => {
  let service: Service;
  before(async () => {
    service = await openService();
    for (let index = 0; index < 60; index++) {
      const identityProvider = { id: `identity-provider-${index}`, ownerType: 'SYSTEM' } as const;
      await service.policies.addIdentityProvider({ instanceId: INSTANCE }, identityProvider, { actor: 'test' });
    }
  });
  after(async () => {
    await service.close();
    expect(service.failures).to.deep.equal([]);
  });

  it('are answered compressed to clients that accept it, if that saves bytes', async () => {
    const baseUrl = service.url;
    const ways: readonly Transport[] = [
      createConnectTransport({ baseUrl, httpVersion: '1.1' }),
      createConnectTransport({ baseUrl, httpVersion: '2', useBinaryFormat: true }),
      createGrpcTransport({ baseUrl }),
      createGrpcWebTransport({ baseUrl, httpVersion: '1.1' }),
    ];
    for (const transport of ways) {
      let packing: string | null = null;
      const onHeader = (headers: Headers): void => {
        packing = headers.get('content-encoding') ?? headers.get('grpc-encoding');
      };
      const client = createClient(AdminService, transport);
      const { result } = await client.listLoginPolicyIDPs({}, { ...bearer, onHeader });
      expect([result.length, packing]).to.deep.equal([60, 'gzip']);
      await client.healthz({}, { ...bearer, onHeader });
      expect(packing, 'short').to.equal(null);
    }
  });

  it('are answered uncompressed by default', async () => {
    const on = session(service.url);
    const { body, headers } = await ask(on, grpc(`${ADMIN}/ListLoginPolicyIDPs`, json), Buffer.from('{}'));
    expect(headers['content-encoding']).to.equal(undefined);
    expect(body.toString().match(/"idpId"/g)).to.have.length(60);
    const asked = { ...json, 'accept-encoding': 'deflate, gzip;q=0.5, br' };
    const packed = await ask(on, grpc(`${ADMIN}/ListLoginPolicyIDPs`, asked), Buffer.from('{}'));
    expect(packed.headers['content-encoding']).to.equal('br');
    const gzipped = { ...json, 'accept-encoding': 'gzip' };
    const answer = await ask(on, grpc(`${ADMIN}/ListLoginPolicyIDPs`, gzipped), Buffer.from('{}'));
    expect(gunzipSync(answer.body).equals(body)).to.equal(true);
    on.close();
  });

  it('may use JSON over HTTP/1.1, with the content length as sent', async () => {
    const body = '{"type":"SECOND_FACTOR_TYPE_OTP_EMAIL"}';
    const lines = `host: x\r\nconnection: close\r\nauthorization: Bearer ${ROOT}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
    const answer = await talk(service.listening.port, [
      `POST ${ADMIN}/AddSecondFactorToLoginPolicy HTTP/1.1\r\n${lines}\r\n\r\n${body}`,
    ]);
    expect(answer).to.match(/^HTTP\/1\.1 200 /);
  });

  it('are refused with code 3 if their JSON is nested too deeply, over every protocol', async () => {
    const had = await countEvents(service.store);
    const on = session(service.url);
    const call = `${ADMIN}/ListLoginPolicyIDPs`;
    const texts = [
      await ask(on, grpc(call, json), Buffer.from(DEEP)),
      await ask(on, grpc(call, { ...json, 'content-encoding': 'gzip' }), gzipSync(DEEP)),
      await ask(on, grpc(call, { 'content-type': 'application/grpc+json' }), framed(Buffer.from(DEEP))),
      await ask(on, grpc(call, { 'content-type': 'application/grpc-web+json' }), framed(Buffer.from(DEEP))),
      await ask(on, grpc('/admin/v1/policies/login/idps/_search', json), Buffer.from(DEEP)),
    ].map(({ body, headers, trailers }) =>
      [headers[':status'], trailers['grpc-status'], trailers['grpc-message'], body.toString('latin1')].join(' '),
    );
    expect(texts.map((text) => /LP-[A-Z]+-\d\d|LP-500/.exec(text)?.[0])).to.deep.equal(texts.map(() => 'LP-ARG-01'));
    expect(await countEvents(service.store)).to.equal(had);
    on.close();
  });
});

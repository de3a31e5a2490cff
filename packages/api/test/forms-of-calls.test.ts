import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { gzipSync } from 'node:zlib';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import type { AccessEntry } from '@login-policy/api';
import { ask, framed, grpc, session, talk, type RawAnswer } from './raw.js';
import { ACME, countEvents, INSTANCE, openService, type Service } from './service.js';

const ADMIN = '/zitadel.admin.v1.AdminService';
const ADD_POLICY = '/zitadel.management.v1.ManagementService/AddCustomLoginPolicy';
const MESSAGE = framed(new Uint8Array(0));

/** Everything in which a refusal can stand: trailers, or the body. */
function textOf({ body, headers, trailers }: RawAnswer): string {
  return [headers[':status'], trailers['grpc-status'], trailers['grpc-message'], body.toString('latin1')].join(' ');
}

describe('a call in JSON or binary', () => {
  let service: Service;
  let on: ClientHttp2Session;
  const entries: AccessEntry[] = [];
  before(async () => {
    service = await openService({ api: { onAnswered: (entry: AccessEntry) => entries.push(entry) } });
    on = session(service.url);
  });
  after(async () => {
    on.close();
    await service.close();
    expect(service.failures).to.deep.equal([]);
  });

  const json = { 'content-type': 'application/json' };
  const ways: Readonly<Record<string, (text: string) => readonly [OutgoingHttpHeaders, Uint8Array]>> = {
    Connect: (text) => [json, Buffer.from(text)],
    'packed Connect': (text) => [{ ...json, 'content-encoding': 'gzip' }, gzipSync(text)],
    gRPC: (text) => [{ 'content-type': 'application/grpc+json' }, framed(Buffer.from(text))],
    'packed gRPC': (text) => [
      { 'content-type': 'application/grpc+json', 'grpc-encoding': 'gzip' },
      framed(gzipSync(text), 1),
    ],
    'gRPC-Web': (text) => [{ 'content-type': 'application/grpc-web+json' }, framed(Buffer.from(text))],
  };
  const say = async (way: string, path: string, text: string): Promise<RawAnswer> => {
    const [headers = {}, body] = ways[way]?.(text) ?? [];
    return ask(on, grpc(path, { 'x-zitadel-orgid': ACME, ...headers }), body);
  };

  it('gets its status in headers if trailers are impossible: over HTTP/1.0 and for HEAD', async () => {
    const { port } = service.listening;
    const type = 'content-type: application/grpc\r\nconnection: close\r\ncontent-length: 0';
    for (const [verb, version] of [
      ['HEAD', '1.1'],
      ['HEAD', '1.0'],
      ['POST', '1.0'],
    ] as const) {
      const said = await talk(port, [`${verb} ${ADMIN}/NoSuchMethod HTTP/${version}\r\nhost: x\r\n${type}\r\n\r\n`]);
      expect(said.split('\r\n')[0], said).to.equal('HTTP/1.1 200 OK');
      expect(said.toLowerCase(), `${verb} ${version}`).to.include('\r\ngrpc-status: 12\r\n');
    }
  });

  it('is refused if its JSON has an unknown enum value or field', async () => {
    const had = await countEvents(service.store);
    for (const way of Object.keys(ways)) {
      for (const text of [
        '{"passwordlessType":"PASSWORDLESS_TYPE_ALOWED"}',
        '{"secondFactors":["FOO"]}',
        '{"forceMFA":true}',
        '{"idps":[{"idpId":"a","ownerType":"FOO"}]}',
      ]) {
        expect(textOf(await say(way, ADD_POLICY, text)), `${way} ${text}`).to.include('LP-ARG-01');
      }
    }
    expect(await countEvents(service.store)).to.equal(had);
  });

  it('accepts the recovery codes by name in JSON', async () => {
    const text = '{"secondFactors":["SECOND_FACTOR_TYPE_RECOVERY_CODES", 1],"allow_register":true}';
    const acme = { instanceId: INSTANCE, organizationId: ACME };
    for (const way of Object.keys(ways)) {
      expect(textOf(await say(way, ADD_POLICY, text)), way).to.not.include('LP-');
      expect(await service.policies.policy(acme), way).to.nested.include({ 'policy.settings.allowRegister': true });
      expect(await service.policies.secondFactors(acme), way).to.deep.include({ items: ['RECOVERY_CODES', 'TOTP'] });
      await service.policies.remove(acme, { actor: 'test' });
    }
  });

  it('is refused with an error id, whatever the reason', async () => {
    const read = `${ADMIN}/GetLoginPolicy`;
    const packed = { 'grpc-encoding': 'gzip' };
    const web = { 'content-type': 'application/grpc-web+proto' };
    const cases: readonly (readonly [string, RegExp, OutgoingHttpHeaders, Uint8Array])[] = [
      ['Connect, timeout', /^400 .*LP-ARG-04/, { ...json, 'connect-timeout-ms': 'x' }, Buffer.from('{}')],
      ['Connect, packing', /^501 .*LP-HTTP-09/, { ...json, 'content-encoding': 'zstd' }, Buffer.from('{}')],
      ['Connect, length', /^429 .*LP-HTTP-04/, json, Buffer.alloc(300_000, ' ')],
      [
        'Connect, bomb',
        /^429 .*LP-HTTP-04/,
        { ...json, 'content-encoding': 'gzip' },
        gzipSync(Buffer.alloc(1_000_000)),
      ],
      ['Connect, rubbish', /^400 .*LP-ARG-01/, { ...json, 'content-encoding': 'gzip' }, Buffer.from('rubbish')],
      ['Connect, no JSON', /^400 .*LP-ARG-01/, json, Buffer.from('{')],
      ['gRPC, timeout', /^200 3 .*LP-ARG-04/, { ...packed, 'grpc-timeout': 'x' }, MESSAGE],
      ['gRPC, packing', /^200 12 .*LP-HTTP-09/, { 'grpc-encoding': 'deflate' }, MESSAGE],
      ['gRPC, bomb', /^200 8 .*LP-HTTP-04/, packed, framed(gzipSync(Buffer.alloc(1_000_000)), 1)],
      ['gRPC, rubbish', /^200 3 .*LP-ARG-01/, packed, framed(Buffer.from('rubbish'), 1)],
      ['gRPC, cut off', /^200 3 .*LP-ARG-01/, packed, MESSAGE.subarray(0, 3)],
      ['gRPC, nothing', /^200 3 .*LP-ARG-01/, packed, new Uint8Array(0)],
      ['gRPC, too many', /^200 3 .*LP-ARG-01/, packed, Buffer.concat([MESSAGE, MESSAGE])],
      ['gRPC-Web, packing', /^200 .*grpc-status: 12.*LP-HTTP-09/s, { ...web, 'grpc-encoding': 'deflate' }, MESSAGE],
      ['another type', /^415 .*LP-HTTP-10/, { 'content-type': 'text/plain' }, MESSAGE],
    ];
    for (const [name, wanted, headers, body] of cases) {
      entries.length = 0;
      const answer = await ask(on, grpc(read, headers), body);
      expect(textOf(answer), name).to.match(wanted);
      expect(entries.map(({ refusal }) => refusal).join(), name).to.match(/^LP-[A-Z]+-\d\d$/);
    }
  });

  it('gets the list of supported compressions', async () => {
    const overGrpc = await ask(on, grpc(`${ADMIN}/GetLoginPolicy`, { 'grpc-encoding': 'deflate' }), MESSAGE);
    expect(overGrpc.headers['grpc-accept-encoding']).to.equal('gzip,br');
    const connect = { ...json, 'content-encoding': 'zstd' };
    const overConnect = await ask(on, grpc(`${ADMIN}/GetLoginPolicy`, connect), Buffer.from('{}'));
    expect(overConnect.headers['accept-encoding']).to.equal('gzip,br');
  });

  it('is answered with 405 and the allowed method if it is not a POST', async () => {
    const get = await ask(on, { ...grpc(`${ADMIN}/GetLoginPolicy`), ':method': 'PUT' }, MESSAGE);
    expect(textOf(get)).to.match(/^405 .*LP-HTTP-03/);
    expect(get.headers['allow']).to.equal('POST');
  });

  it('is answered with code 12 in its own protocol if the method is not served', async () => {
    for (const path of [`${ADMIN}/GetMyInstance`, '/zitadel.user.v2.UserService/GetUserByID']) {
      for (const headers of [{ 'grpc-encoding': 'gzip' }, { 'content-type': 'application/grpc+json' }]) {
        const answer = await ask(on, grpc(path, headers), framed(gzipSync(Buffer.from('{}')), 1));
        expect(textOf(answer)).to.match(/^200 12 .*LP-HTTP-07/);
      }
      const web = { 'content-type': 'application/grpc-web+proto', 'grpc-encoding': 'gzip' };
      expect(textOf(await ask(on, grpc(path, web), MESSAGE))).to.match(/grpc-status: 12.*LP-HTTP-07/s);
    }
    const connect = await ask(on, grpc(`${ADMIN}/GetMyInstance`, json), Buffer.from('{}'));
    expect(textOf(connect)).to.match(/^501 .*"code":"unimplemented".*LP-HTTP-07/);
  });

  it('may request the health in compressed messages', async () => {
    const check = '/grpc.health.v1.Health/Check';
    const name = Buffer.from('zitadel.admin.v1.AdminService');
    const asked = Buffer.concat([Buffer.from([0x0a, name.length]), name]);
    for (const body of [framed(gzipSync(asked), 1), framed(asked)]) {
      const answer = await ask(on, grpc(check, { 'grpc-encoding': 'gzip' }), body);
      expect(answer.body.toString('hex')).to.equal('00000000020801');
      expect(answer.trailers['grpc-status']).to.equal('0');
    }
    const bomb = framed(gzipSync(Buffer.alloc(1_000_000)), 1);
    expect(textOf(await ask(on, grpc(check, { 'grpc-encoding': 'gzip' }), bomb))).to.match(/^200 8 .*LP-HTTP-04/);
    const rubbish = framed(Buffer.from('rubbish'), 1);
    expect(textOf(await ask(on, grpc(check, { 'grpc-encoding': 'gzip' }), rubbish))).to.match(/^200 3 .*LP-ARG-01/);
    const strange = grpc(check, { 'grpc-encoding': 'deflate' });
    expect(textOf(await ask(on, strange, MESSAGE))).to.match(/^200 12 .*LP-HTTP-09/);
  });
});

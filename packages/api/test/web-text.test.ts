import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { GrpcWebClientBase, MethodDescriptor, MethodType } from 'grpc-web';
import './clients/google-web-clients.js';
import { asking, lagging, statusIn, WATCH } from './health.js';
import { base64, framed } from './raw.js';
import { countEvents, openService, ROOT, type Service } from './service.js';

const ADD = '/zitadel.admin.v1.AdminService/AddIDPToLoginPolicy';
const READ = '/zitadel.admin.v1.AdminService/GetLoginPolicy';
const TEXT = 'application/grpc-web-text';
const MAX_BYTES = 1000;

interface Asked {
  readonly body: Uint8Array;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answered {
  readonly type: string | null;
  /** Out of base64, if it was in it. */
  readonly body: string;
  readonly code: string | undefined;
}

describe('gRPC-Web in base64', () => {
  let service: Service;
  before(async () => {
    service = await openService({ api: { maxBodyBytes: MAX_BYTES, origins: 'any' } });
  });
  after(async () => {
    await service.close();
    expect(service.failures).to.deep.equal([]);
  });

  async function ask({ body, path = ADD, headers = {} }: Asked): Promise<Answered> {
    const answer = await fetch(service.url + path, {
      method: 'POST',
      headers: { 'content-type': TEXT, authorization: `Bearer ${ROOT}`, ...headers },
      body,
    });
    expect(answer.status).to.equal(200);
    const text = await answer.text();
    const type = answer.headers.get('content-type');
    const read = type?.startsWith(TEXT) === true ? Buffer.from(text, 'base64').toString('latin1') : text;
    return { type, body: read, code: /grpc-status: (\d+)/.exec(read)?.[1] };
  }

  /** An identity provider whose name makes the message as long as that. */
  const adding = (name: string): Uint8Array => {
    const id = Buffer.from(name);
    return framed(Buffer.concat([Buffer.from([0x0a, id.length]), id]));
  };

  it('is read whole, in separately padded parts, and with a charset', async () => {
    for (let cut = 0; cut <= 7; cut++) {
      const bytes = adding(`in pieces ${cut}`);
      const body = Buffer.concat([base64(bytes.subarray(0, cut)), base64(bytes.subarray(cut))]);
      const { code, type } = await ask({ body });
      expect([cut, code, type]).to.deep.equal([cut, '0', `${TEXT}+proto`]);
    }
    for (const type of [`${TEXT}+proto`, `${TEXT}; charset=utf-8`, `${TEXT}+proto;charset=UTF-8`]) {
      const { code } = await ask({ body: base64(adding(type)), headers: { 'content-type': type } });
      expect([type, code]).to.deep.equal([type, '0']);
    }
  });

  it('is refused with code 3 if it is malformed or has no message, and nothing is written', async () => {
    const had = await countEvents(service.store);
    const whole = base64(adding('refused')).toString();
    const bodies = [
      ...['', '=', '====', 'AAAA====', 'AA=A', `${whole}=`, `=${whole}`, whole.slice(1), whole.slice(0, -1)],
      ...[whole.replace('A', '-'), whole.replace('A', ' '), whole.replace('A', 'ü'), whole.slice(0, 8), whole + whole],
    ];
    for (const body of bodies) {
      const { body: said, code, type } = await ask({ body: Buffer.from(body) });
      expect([body, code, type]).to.deep.equal([body, '3', `${TEXT}+proto`]);
      expect(said, body).to.contain('LP-ARG-01');
    }
    const packed = { body: base64(framed(new Uint8Array(0), 1)), headers: { 'grpc-encoding': 'gzip' } };
    expect((await ask(packed)).code).to.equal('3');
    expect(await countEvents(service.store)).to.equal(had);
  });

  it('has the same size limit as any other body', async () => {
    // What is in it is not a message, so that one that is read is refused with 3 for that.
    const bytes = framed(new Uint8Array(MAX_BYTES - 5).fill(0xff));
    expect((await ask({ body: base64(bytes) })).code).to.equal('3');
    expect(
      (await ask({ body: Buffer.concat([base64(bytes.subarray(0, 5)), base64(bytes.subarray(5))]) })).code,
    ).to.equal('3');
    for (const more of [1, 3, 2000]) {
      expect((await ask({ body: base64(Buffer.concat([bytes, Buffer.alloc(more)])) })).code).to.equal('8');
    }
  });

  it('is authenticated before it is read', async () => {
    const stranger = { authorization: 'Bearer of-bad-tidings' };
    expect((await ask({ body: Buffer.from('?'), headers: stranger })).code).to.equal('16');
  });

  it('is answered in the accepted form, otherwise in that of the request', async () => {
    const empty = framed(new Uint8Array(0));
    const asked = async (type: string, accept: string): Promise<string | null> => {
      const body = type.startsWith(TEXT) ? base64(empty) : empty;
      const answer = await ask({ path: READ, body, headers: { 'content-type': type, accept } });
      expect(answer.code).to.equal('0');
      return answer.type;
    };
    const [binary, text] = ['application/grpc-web+proto', `${TEXT}+proto`];
    expect(await asked(TEXT, '*/*')).to.equal(text);
    expect(await asked(TEXT, `*/*, ${TEXT};q=0.5`)).to.equal(text);
    expect(await asked(TEXT, binary)).to.equal(binary);
    expect(await asked(binary, TEXT)).to.equal(text);
    expect(await asked(binary, binary)).to.equal(binary);
    expect(await asked('application/grpc-web', '*/*')).to.equal('application/grpc-web');
  });

  it('may be used by web pages', async () => {
    const origin = { origin: 'https://page.example' };
    const asked = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-grpc-web',
    };
    const preflight = await fetch(service.url + READ, { method: 'OPTIONS', headers: { ...origin, ...asked } });
    expect(preflight.headers.get('access-control-allow-headers')).to.equal('content-type,x-grpc-web');
    const answer = await fetch(service.url + READ, { method: 'POST', headers: { ...origin, 'content-type': TEXT } });
    expect(answer.headers.get('access-control-allow-origin')).to.equal('*');
    expect(answer.headers.get('access-control-expose-headers')).to.contain('grpc-status');
  });
});

describe('a watch of the health by grpc-web', () => {
  it('receives separate messages, and ends with the port', async () => {
    const lag = lagging();
    const service = await openService({ api: { loginPolicies: lag.policies } });
    const method = new MethodDescriptor(WATCH, MethodType.SERVER_STREAMING, Object, Object, asking, statusIn);
    const client = new GrpcWebClientBase({ format: 'text' });
    const stream = client.serverStreaming<string, string>(service.url + WATCH, '', {}, method);
    const said: unknown[] = [];
    const ended = new Promise<void>((resolve) => {
      stream.on('status', ({ code }) => said.push(code));
      stream.on('data', (status) => said.push(status));
      stream.on('end', resolve);
    });
    await lag.firstAsked;
    // xhr2 gives out what it received only when that is all; fetch gives it out as it comes.
    const bodies = (
      await fetch(service.url + WATCH, { ...asText, body: base64(framed(asking(''))) })
    ).body?.getReader();
    const first = Buffer.from((await bodies?.read())?.value ?? []).toString();
    expect(first).to.equal('AAAAAAIIAQ==');
    await service.listening.close({ graceMs: 60_000 });
    await ended;
    expect(said).to.deep.equal(['SERVING', 'NOT_SERVING', 0]);
    await service.close();
  });
});

const asText = { method: 'POST', headers: { 'content-type': TEXT } };

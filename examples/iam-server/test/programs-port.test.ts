import { readdir } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { bearer, call, signIn } from './client.js';
import { TestBench } from './running-server.js';

const METHOD = '/zitadel.admin.v1.AdminService/RemoveMultiFactorFromLoginPolicy';
/** A frame of gRPC around the request to remove the multi-factor of number 1. */
const REMOVAL = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]);

describe('a port for programs', function () {
  this.timeout(40_000);
  const bench = new TestBench();
  afterEach(() => bench.clear());

  it('serves the API over gRPC and REST, and ends with the server', async () => {
    const { server, quickstart } = await bench.serve({ IAM_API_PORT: '0' });
    const url = apiUrlIn(server.output.said);
    expect(await grpcStatus(url, bearer(quickstart.tokens.viewer))).to.equal('7');
    expect(await grpcStatus(url, bearer(quickstart.tokens.owner))).to.equal('0');
    const read = await call(url, '/admin/v1/policies/login', { headers: bearer(quickstart.tokens.viewer) });
    expect(read.bytes.toString()).to.include('"sequence":"5"').and.not.include('MULTI_FACTOR');
    expect((await call(url, '/', {})).status, 'the page is not there').to.equal(404);
    expect((await server.stop()).code).to.equal(0);
  });

  it('takes no cookie: a browser sends it to every port of a host', async () => {
    const { server, quickstart } = await bench.serve({ IAM_API_PORT: '0' });
    const url = apiUrlIn(server.output.said);
    const headers = await signIn(quickstart, 'owner');
    expect((await call(quickstart.url, '/admin/v1/policies/login', { headers })).status).to.equal(200);
    expect((await call(url, '/admin/v1/policies/login', { headers })).status).to.equal(401);
    expect(await grpcStatus(url, headers)).to.equal('16');
  });

  it('is said when it can not be had, before anything is written', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const folder = await bench.folder();
    const ended = await bench.start(folder, { IAM_API_PORT: port }).ended();
    taken.close();
    expect(await readdir(folder)).to.deep.equal([]);
    expect(ended.code).to.equal(1);
    expect(ended.complained).to.equal(
      `IAM_API_PORT ${port} on HOST 127.0.0.1 can't be listened on: another program does.\n`,
    );
  });
});

function apiUrlIn(said: string): string {
  const url = /gRPC as well +(http:\S+)\n/.exec(said)?.[1];
  if (url === undefined) throw new Error(`no port for programs was printed: ${said}`);
  return url;
}

async function grpcStatus(url: string, headers: Readonly<Record<string, string>>): Promise<unknown> {
  const session = connect(url);
  const stream = session.request({
    ...headers,
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: METHOD,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  let status: unknown;
  const look = (seen: IncomingHttpHeaders): void => {
    status = seen['grpc-status'] ?? status;
  };
  stream.on('response', look).on('trailers', look).end(REMOVAL);
  stream.resume();
  await once(stream, 'close');
  session.close();
  return status;
}

import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import fc from 'fast-check';
import { connect, type ClientHttp2Session } from 'node:http2';
import { ask, framed, grpc } from '../raw.js';
import { countEvents, openService, type Service } from '../service.js';
import { paced } from '@login-policy/testkit';
import { fuzzedFrames, type FuzzedFrames } from './frames.js';
import { FUZZ_RUNS, inTime } from './runs.js';

const ALIVE = '/zitadel.admin.v1.AdminService/Healthz';

interface Answered {
  /** The status of HTTP; `undefined` for a stream that was closed without an answer. */
  readonly http: number | undefined;
  /** That of gRPC, in headers or trailers. */
  readonly grpc: string | undefined;
  readonly body: string;
}

describe('calls of every protocol: valid, damaged, split, incomplete and aborted', () => {
  let service: Service;
  let on: ClientHttp2Session;
  before(async () => {
    service = await openService({ api: { bodyTimeoutMs: paced(60) } });
    on = opened(service.url);
  });
  after(async () => {
    on.destroy();
    await service.close();
    expect(service.failures).to.deep.equal([]);
  });

  /** A server may close what is broken beyond repair, as Node 24 does; then it has to take a new connection. */
  const nextCall = async (): Promise<unknown> => {
    for (;;) {
      if (isOver(on)) on = opened(service.url);
      const { trailers } = await inTime(ask(on, grpc(ALIVE), framed(new Uint8Array(0))), 'the next call');
      if (!isOver(on)) return trailers['grpc-status'];
    }
  };

  it('never cause a defect or silence, write nothing if refused, and affect no other call', () =>
    fc.assert(
      fc.asyncProperty(fuzzedFrames, async (call) => {
        const had = await countEvents(service.store);
        const answer = await inTime(answerTo(on, call), 'a call');
        expect([500, 502, 505], answer.body).to.not.include(answer.http);
        expect(['2', '13'], answer.body).to.not.include(answer.grpc);
        if (isRefused(answer)) expect(await countEvents(service.store)).to.equal(had);
        expect(await nextCall()).to.equal('0');
      }),
      { numRuns: FUZZ_RUNS * 4 },
    ));
});

function isOver({ closed, destroyed }: ClientHttp2Session): boolean {
  return closed || destroyed;
}

function opened(url: string): ClientHttp2Session {
  return connect(url).on('error', () => undefined);
}

/** Who broke off was told nothing: what he said may have been whole, and done. */
function isRefused({ body, grpc: code, http }: Answered): boolean {
  const frames = /^[A-Za-z0-9+/]+=*$/.test(body) ? Buffer.from(body, 'base64').toString('latin1') : body;
  const inBody = /grpc-status: *(\d+)/.exec(frames)?.[1];
  return http !== undefined && (http !== 200 || (code ?? inBody ?? '0') !== '0');
}

function answerTo(on: ClientHttp2Session, { ending, headers, pieces }: FuzzedFrames): Promise<Answered> {
  return new Promise((resolve) => {
    const stream = on.request({ ':method': 'POST', ...headers }, { endStream: false });
    const chunks: Uint8Array[] = [];
    let [http, code]: [number | undefined, string | undefined] = [undefined, undefined];
    const note = (given: Readonly<Record<string, unknown>>): void => {
      if (typeof given['grpc-status'] === 'string') code = given['grpc-status'];
    };
    stream.on('response', (given) => {
      http = given[':status'];
      note(given);
    });
    stream.on('trailers', note).on('data', (chunk: Uint8Array) => chunks.push(chunk));
    stream.on('error', () => undefined);
    stream.on('close', () => resolve({ http, grpc: code, body: Buffer.concat(chunks).toString('latin1') }));
    for (const piece of pieces) stream.write(piece);
    if (ending === 'ended') stream.end();
    else if (ending === 'broken off') setImmediate(() => stream.close(8));
  });
}

import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import fc from 'fast-check';
import { fromBinary, toBinary, toJson, type JsonValue, type Message } from '@bufbuild/protobuf';
import type { ClientHttp2Session } from 'node:http2';
import { ask, framed, grpc, session } from '../raw.js';
import { countEvents, openService, ROOT, type Service } from '../service.js';
import { fuzzedCall, restForm, rpcPathOf, type FuzzedCall, type RestForm } from './calls.js';
import { messageOf } from './message-of.js';
import { FUZZ_RUNS, inTime } from './runs.js';

/** What was answered, in the words that all protocols have: a message or a code. */
interface Said {
  readonly code: number;
  readonly json?: JsonValue;
  readonly tag?: unknown;
  readonly id?: unknown;
}

describe('the same calls over REST and over gRPC, one after another on two equal services', () => {
  let rest: Service;
  let rpc: Service;
  let onRest: ClientHttp2Session;
  let onRpc: ClientHttp2Session;
  before(async () => {
    // A message of gRPC can't have a name that its sender does not know.
    const lenient = { api: { unknownNames: 'ignore' } } as const;
    [rest, rpc] = [await openService(lenient), await openService(lenient)];
    [onRest, onRpc] = [session(rest.url), session(rpc.url)];
  });
  after(async () => {
    // A run in which hardly anything is granted would show nothing.
    expect(await countEvents(rest.store)).to.be.greaterThan(FUZZ_RUNS / 10);
    onRest.destroy();
    onRpc.destroy();
    await rest.close();
    await rpc.close();
    expect([...rest.failures, ...rpc.failures]).to.deep.equal([]);
  });

  it('are answered alike, and refused by both or none', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fuzzedCall, { minLength: 4, maxLength: 12 }), async (calls) => {
        for (const call of calls) {
          const form = restForm(call);
          if (form !== undefined) await bothAlike(call, form);
        }
      }),
      { numRuns: FUZZ_RUNS },
    ));

  async function bothAlike(call: FuzzedCall, form: RestForm): Promise<void> {
    const message = messageOf(call);
    const had = await countEvents(rest.store);
    const overRest = await inTime(askRest(onRest, call, form), form.path);
    if (overRest.code !== 0) expect(await countEvents(rest.store)).to.equal(had);
    if (message === undefined) {
      // There is nothing that gRPC could be asked: REST has to have refused it, be it for another reason.
      expect(overRest.code, form.path).to.not.equal(0);
      return;
    }
    const overGrpc = await inTime(askGrpc(onRpc, call, message), call.method.name);
    expect(await countEvents(rpc.store)).to.equal(await countEvents(rest.store));
    // REST looks at the path before it asks who is there, gRPC at the message after that: then the refusals may differ.
    const isOfPath = overRest.id === 'LP-ARG-01' || (overRest.id === 'LP-ARG-02' && overGrpc.id !== 'LP-ARG-02');
    if (isOfPath) expect(overGrpc.code).to.not.equal(0);
    else expect(overRest).to.deep.equal(overGrpc);
  }
});

async function askRest(on: ClientHttp2Session, { headers }: FuzzedCall, form: RestForm): Promise<Said> {
  const asked = { ':method': form.verb, ':path': form.path, authorization: `Bearer ${ROOT}`, ...headers };
  const answer = await ask(on, asked, Buffer.from(form.body ?? ''));
  // A field that the published descriptors, by which gRPC is read here, do not have.
  const hide = (name: string, value: unknown): unknown => (name === 'allowLocalAuthentication' ? undefined : value);
  const json: JsonValue = JSON.parse(answer.body.toString(), hide);
  const tag = sequenceIn(answer.headers['etag']);
  if (answer.headers[':status'] === 200) return { code: 0, json, tag };
  return { code: Number(memberOf(json, 'code')), id: memberOf(memberOf(memberOf(json, 'details'), '0'), 'id') };
}

async function askGrpc(on: ClientHttp2Session, { headers, method }: FuzzedCall, message: Message): Promise<Said> {
  const answer = await ask(on, grpc(rpcPathOf(method), headers), framed(toBinary(method.input, message)));
  const code = Number(answer.trailers['grpc-status']);
  if (code === 0) {
    const json = toJson(method.output, fromBinary(method.output, answer.body.subarray(5)));
    return { code, json, tag: sequenceIn(answer.headers['etag']) };
  }
  const status = Buffer.from(String(answer.trailers['grpc-status-details-bin']), 'base64').toString('latin1');
  return { code, id: /LP-[A-Z]*-?\d+/.exec(status)?.[0] };
}

/** Two services that are alike have events of their own. */
function sequenceIn(tag: unknown): string | undefined {
  return typeof tag === 'string' ? tag.replace(/\..*/, '') : undefined;
}

function memberOf(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined;
}

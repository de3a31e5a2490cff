import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openPort, type NodeResponse } from '@login-policy/api';
import { paced } from '@login-policy/testkit';
import { bytesOf, FLAGS, headerBlock, number, opening, sendAtOnce, type Frame } from './http2-bytes.js';
import { openService, type Service } from './service.js';

const CODES = { cancel: 8, refused: 7, internal: 2, none: 0 };

/** The headers of a request. */
function request(stream: number, flags: number = FLAGS.endHeaders, more: Readonly<Record<string, string>> = {}): Frame {
  const headers = { ':method': 'POST', ':scheme': 'http', ':path': '/', ':authority': 'x', ...more };
  return { type: 'headers', flags, stream, payload: headerBlock(headers) };
}

/** A request that breaks off at once, once with each code. */
function brokenOff(more: Readonly<Record<string, string>> = {}): readonly (readonly Frame[])[] {
  return Object.values(CODES).map((code) => [
    request(1, FLAGS.endHeaders, more),
    { type: 'reset', stream: 1, payload: number(code) },
  ]);
}

const MANY = 60;
const refused = Array.from({ length: MANY }, (_, at) => request(3 + 2 * at, FLAGS.endHeaders, { 'Not-Allowed': 'x' }));
const WHOLE = FLAGS.endHeaders | FLAGS.endStream;
const last = request(3 + 2 * MANY, WHOLE);
const data: Frame = { type: 'data', stream: 1, payload: new Uint8Array(5) };
const goAway = (code: number): Frame => ({ type: 'goAway', payload: Buffer.concat([number(0), number(code)]) });

/** Each of these ended the process of one Node or another, the first packet or one of the next. */
function tenTimes(...frames: readonly Frame[]): readonly (readonly Frame[])[] {
  return Array.from({ length: 10 }, () => frames);
}

describe('an anonymous client that resets in the packet of its request', () => {
  let service: Service;
  before(async () => {
    service = await openService();
  });
  after(async () => {
    await service.close();
    expect(service.failures).to.deep.equal([]);
  });

  it('does not end the process, whatever the code of the reset', () => survives(service, brokenOff()));

  it('does not end the process when it waits for 100-continue', () =>
    survives(service, brokenOff({ expect: '100-continue' })));

  it('does not end the process when it sends GOAWAY without an error and another request in one packet', () =>
    survives(service, tenTimes(request(1), ...refused, goAway(CODES.none), last)));

  it('does not end the process when it sends GOAWAY with an error', () =>
    survives(service, tenTimes(goAway(CODES.internal), request(1), data)));
});

async function survives({ listening, url }: Service, packets: readonly (readonly Frame[])[]): Promise<void> {
  for (const frames of packets) {
    await sendAtOnce(listening.port, frames);
    expect((await fetch(`${url}/debug/healthz`)).status).to.equal(200);
  }
}

describe('a request that is in flight when its port begins to close', () => {
  it('is answered', async () => {
    const asked = new EventEmitter();
    const responses: NodeResponse[] = [];
    const port = await openPort(
      (_, response) => {
        responses.push(response);
        asked.emit('request');
      },
      { port: 0 },
    );
    const socket = connect(port.port, '127.0.0.1');
    socket.write(opening([request(1, WHOLE)]));
    await once(asked, 'request');
    // From here, what is sent is read before anything leaves that the port says because it ends.
    await nextTurn();
    socket.write(bytesOf(request(3, WHOLE)));
    const closed = port.close({ graceMs: paced(1000) });
    await Promise.race([once(asked, 'request'), closed]);
    for (const response of responses) response.end();
    socket.resume();
    await closed;
    expect(responses).to.have.length(2);
  });
});

import { constants, type ClientHttp2Session } from 'node:http2';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openPort, type OpenPort } from '@login-policy/api';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { ask, session } from './raw.js';

const MOST = 1000;
const MORE = 200;

describe('a port with more open calls of HTTP/2 than it takes', () => {
  let port: OpenPort;
  const sessions: ClientHttp2Session[] = [];
  const asked: Promise<unknown>[] = [];
  let waiting = 0;
  before(async () => {
    port = await openPort(
      (request, response) => {
        if (request.url !== '/wait') return void response.end();
        waiting++;
        response.on('close', () => waiting--);
      },
      { port: 0, maxConcurrentStreams: MOST + MORE },
    );
  });
  after(async () => {
    for (const one of sessions) one.destroy();
    await Promise.all(asked);
    await port.close({ graceMs: 0 });
  });

  const opened = (): ClientHttp2Session => {
    const one = session(port.url);
    sessions.push(one);
    return one;
  };

  const get = (on: ClientHttp2Session, path: string): ReturnType<typeof ask> =>
    ask(on, { ':method': 'GET', ':path': path }, new Uint8Array(0));

  it('refuses the rest before they are handled, and answers a session with fewer', async () => {
    const greedy = opened();
    const refused: (number | undefined)[] = [];
    for (let call = 0; call < MOST + MORE; call++)
      asked.push(get(greedy, '/wait').then(({ closedWith }) => refused.push(closedWith)));
    while (waiting + refused.length < MOST + MORE) await nextTurn();
    expect([waiting, ...new Set(refused)]).to.deep.equal([MOST, constants.NGHTTP2_REFUSED_STREAM]);
    const { headers } = await get(opened(), '/');
    expect(headers[':status']).to.equal(200);
  });

  it('takes as many again when those have ended', async () => {
    for (const one of sessions) one.destroy();
    while (waiting > 0) await nextTurn();
    const next = opened();
    for (let call = 0; call < MOST; call++) asked.push(get(next, '/wait'));
    while (waiting < MOST) await nextTurn();
  });
});

import { Deadline } from '@login-policy/event-sourcing';
import { within } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

const LIMIT_MS = 50;

describe('a time-out that fires late, because the event loop was blocked', () => {
  let server: Server;
  let [client, peer]: readonly Socket[] = [];

  beforeEach(async () => {
    server = createServer((socket) => (peer = socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    client = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
    await Promise.all([once(client, 'connect'), once(server, 'connection')]);
  });

  afterEach(() => {
    client?.destroy();
    peer?.destroy();
    server.close();
  });

  it('first reads what has arrived, in a wait for a result', async () => {
    const answer = within(nextData(), LIMIT_MS);
    sendAndBlock();
    expect(String(await answer)).to.equal('answer');
  });

  it('first reads what has arrived, in a call with a deadline', async () => {
    const answer = new Deadline('a test', { waitMs: LIMIT_MS }).wait(nextData());
    sendAndBlock();
    expect(String(await answer)).to.equal('answer');
  });

  it('still ends a wait without an answer', async () => {
    const answers = [within(nextData(), LIMIT_MS), new Deadline('a test', { waitMs: LIMIT_MS }).wait(nextData())];
    block();
    const outcomes = await Promise.all(answers.map((answer) => answer.catch((caught: unknown) => String(caught))));
    expect(outcomes.map(String)).to.deep.equal(['Symbol(time is up)', outcomes[1]]);
    expect(outcomes[1]).to.contain('a test did not finish before its deadline');
  });

  async function nextData(): Promise<unknown> {
    const [data]: readonly unknown[] = await once(client ?? expect.fail(), 'data');
    return data;
  }

  function sendAndBlock(): void {
    peer?.write('answer');
    block();
  }

  function block(): void {
    const until = performance.now() + 2 * LIMIT_MS;
    while (performance.now() < until);
  }
});

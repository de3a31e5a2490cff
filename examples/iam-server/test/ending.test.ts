import { Agent } from 'node:http';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { after, describe, it } from 'mocha';
import { bearer, call, json, responseTo, send, whole, type Changed, type PolicyRead } from './client.js';
import { TestBench } from './running-server.js';
import { eventually } from './waiting.js';

const FACTORS = '/admin/v1/policies/login/second_factors';
const BODY = '{"type":"SECOND_FACTOR_TYPE_OTP_EMAIL"}';

describe('ending the server', () => {
  const bench = new TestBench();
  after(() => bench.clear());

  it('completes running requests at SIGTERM, accepts no new ones, and ends with exit code 0', async () => {
    const { server, quickstart } = await bench.serveAlone();
    const { url, tokens } = quickstart;
    const agent = new Agent({ keepAlive: true });
    const headers = {
      ...bearer(tokens.owner),
      'content-type': 'application/json',
      'content-length': String(BODY.length),
      expect: '100-continue',
    };
    const sent = send(url, FACTORS, { verb: 'POST', headers, agent });
    // The server says so when it has begun with the request: from then on it is in flight.
    const begun = new Promise((resolve) => sent.once('continue', resolve));
    const response = responseTo(sent);
    sent.write(BODY.slice(0, 5));
    await begun;
    server.signal('SIGTERM');
    await eventually('a port that is closed', async () => {
      const answer = await call(url, '/debug/healthz').catch(() => undefined);
      return answer === undefined ? true : undefined;
    });
    sent.end(BODY.slice(5));
    const answer = await whole(await response);
    expect(answer.status).to.equal(200);
    expect(answer.headers.connection, 'the client asks for nothing more here').to.equal('close');
    expect(json<Changed>(answer).details.sequence).to.equal('5');
    const answeredAt = performance.now();
    const { code, complained } = await server.ended();
    expect(performance.now() - answeredAt, 'no wait for a connection that is kept').to.be.below(paced(5000));
    expect(code).to.equal(0);
    expect(complained).not.to.include('"error"');
  });

  it('does not wait for health watches, and is not ended by a closing terminal', async () => {
    const { server, quickstart } = await bench.serveAlone();
    server.signal('SIGHUP');
    await eventually('a word on the signal', () => server.output.complained.includes('SIGHUP') || undefined);
    const headers = { 'content-type': 'application/grpc-web' };
    const sent = send(quickstart.url, '/grpc.health.v1.Health/Watch', { verb: 'POST', headers });
    const watching = responseTo(sent);
    sent.end(Buffer.alloc(5));
    const said = whole(await watching);
    server.signal('SIGINT');
    expect((await server.ended()).code).to.equal(0);
    expect((await said).bytes.toString('latin1')).to.contain('grpc-status: 0');
  });

  it('closes unanswered requests in time, and reports their number', async () => {
    const { server, quickstart } = await bench.serve({ IAM_STOP_SECONDS: '4' });
    const headers = { ...bearer(quickstart.tokens.owner), 'content-type': 'application/json', 'content-length': '99' };
    const sent = send(quickstart.url, FACTORS, { verb: 'POST', headers: { ...headers, expect: '100-continue' } });
    const begun = new Promise((resolve) => sent.once('continue', resolve));
    const broken = responseTo(sent).catch(() => 'cut off');
    sent.write('{');
    await begun;
    await server.stop();
    expect(await broken).to.equal('cut off');
    expect(server.errors).to.deep.equal(['1 request was not answered, and is cut off.']);
  });

  it('loses no acknowledged change when it is killed', async () => {
    const { server, quickstart } = await bench.serveAlone();
    const headers = bearer(quickstart.tokens.owner);
    await call(quickstart.url, FACTORS, { verb: 'POST', headers, body: JSON.parse(BODY) });
    server.signal('SIGKILL');
    await server.ended();
    const url = (await bench.serve({}, server.folder)).server.url;
    const { policy } = json<PolicyRead>(await call(url, '/admin/v1/policies/login', { headers }));
    expect(policy.secondFactors).to.include('SECOND_FACTOR_TYPE_OTP_EMAIL');
  });
});

import { describe, it } from 'mocha';
import { expect } from 'chai';
import { paced } from '@login-policy/testkit';
import { talk } from './raw.js';
import { countEvents, openService, ROOT } from './service.js';

const PATH = '/admin/v1/policies/login/multi_factors';
const HEAD = `HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ROOT}\r\n`;
const CHUNKED = 'transfer-encoding: chunked\r\n\r\nRUBBISH\r\n\r\n';

/** The status of the answer, and how many events there are more. */
async function said(request: string): Promise<readonly [status: string | undefined, events: number]> {
  const service = await openService({ api: { bodyTimeoutMs: paced(100) } });
  try {
    const had = await countEvents(service.store);
    const answer = await talk(service.listening.port, [request]);
    return [/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1], (await countEvents(service.store)) - had];
  } finally {
    await service.close();
  }
}

describe('invalid bytes on an HTTP/1.1 connection', () => {
  it('after a complete request do not change its answer', async () => {
    expect(await said(`DELETE ${PATH}/1 ${HEAD}\r\nRUBBISH\r\n\r\n`)).to.deep.equal(['200', 1]);
  });

  it('as a body that is not read do not either', async () => {
    expect(await said(`DELETE ${PATH}/1 ${HEAD}${CHUNKED}`)).to.deep.equal(['200', 1]);
  });

  it('as a body that is read are refused, and nothing is written', async () => {
    const [status, events] = await said(`POST ${PATH} ${HEAD}${CHUNKED}`);
    expect(status).to.match(/^40[08]$/);
    expect(events).to.equal(0);
  });
});

import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { FLAGS, headerBlock, number, sendAtOnce, type Frame } from './http2-bytes.js';
import { openService, type Service } from './service.js';

const CODES = { cancel: 8, refused: 7, internal: 2, none: 0 };

/** A request that asks to be told to go on, and that breaks off in the same breath. */
function brokenOff(more: Readonly<Record<string, string>>, code: number): readonly Frame[] {
  const headers = { ':method': 'POST', ':scheme': 'http', ':path': '/', ':authority': 'x', ...more };
  return [
    { type: 'headers', flags: FLAGS.endHeaders, stream: 1, payload: headerBlock(headers) },
    { type: 'reset', stream: 1, payload: number(code) },
  ];
}

describe('a stranger who breaks off in the packet they ask in', () => {
  let service: Service;
  before(async () => {
    service = await openService();
  });
  after(async () => {
    await service.close();
    expect(service.failures).to.deep.equal([]);
  });

  it('does not end the process, whatever code they break off with', () => survives(service, {}));

  it('does not end it when they wait to be told to go on', () => survives(service, { expect: '100-continue' }));
});

async function survives({ listening, url }: Service, more: Readonly<Record<string, string>>): Promise<void> {
  for (const code of Object.values(CODES)) {
    await sendAtOnce(listening.port, brokenOff(more, code));
    const alive = await fetch(`${url}/debug/healthz`);
    expect(alive.status).to.equal(200);
  }
}

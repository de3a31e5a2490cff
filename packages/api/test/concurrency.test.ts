import { describe, it } from 'mocha';
import { expect } from 'chai';
import { CLIENTS } from './clients/all.js';
import { codeOf } from './life.js';
import { countEvents, openService, ROOT } from './service.js';

const REMOVAL = {
  service: 'admin',
  method: 'RemoveMultiFactorFromLoginPolicy',
  request: { type: 1 },
  token: ROOT,
} as const;

describe('32 concurrent removals of one factor, over all protocols', () => {
  it('result in one success, 31 refusals and one event', async () => {
    const service = await openService();
    const clients = CLIENTS.map((makeClient) => makeClient(service.url));
    try {
      const before = await countEvents(service.store);
      const callers = Array.from({ length: Math.ceil(32 / clients.length) }, () => clients)
        .flat()
        .slice(0, 32);
      const codes = (await Promise.all(callers.map((client) => client.call(REMOVAL)))).map(codeOf);
      expect(codes.filter((code) => code === 0)).to.have.length(1);
      expect(codes.filter((code) => code === 9)).to.have.length(31);
      expect(await countEvents(service.store)).to.equal(before + 1);
    } finally {
      for (const client of clients) client.close?.();
      await service.close();
    }
  });
});

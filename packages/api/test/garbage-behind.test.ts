import { describe, it } from 'mocha';
import { expect } from 'chai';
import { talk } from './raw.js';
import { countEvents, openService, ROOT } from './service.js';

const DELETE = `DELETE /admin/v1/policies/login/multi_factors/1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ROOT}\r\n\r\n`;

describe('a whole request with rubbish behind it', () => {
  it('is answered for what it did, and then the connection is closed', async () => {
    const service = await openService();
    try {
      const had = await countEvents(service.store);
      const answer = await talk(service.listening.port, [`${DELETE}RUBBISH\r\n\r\n`]);
      expect(await countEvents(service.store)).to.equal(had + 1);
      expect(answer).to.match(/^HTTP\/1\.1 200 /);
    } finally {
      await service.close();
    }
  });
});

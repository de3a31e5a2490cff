import { describe, it } from 'mocha';
import { expect } from 'chai';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ask, framed, grpc, session } from './raw.js';
import { openService, ROOT, type Service } from './service.js';

const ROUND = 4000;
const AT_ONCE = 50;
const PATH = '/zitadel.admin.v1.AdminService/RemoveMultiFactorFromLoginPolicy';
const REFUSED = '/admin/v1/policies/login/second_factors/4';
const authorization = `Bearer ${ROOT}`;
const message = framed(Buffer.from([8, 0]));

/** Asks for refusals and reads again and again: by gRPC, by REST over HTTP/1.1 and HTTP/2, by gRPC-Web and by Connect. */
async function round(service: Service): Promise<void> {
  const on = session(service.url);
  const kinds = [
    () => ask(on, grpc(PATH, { 'grpc-timeout': '5000m' }), message),
    () => ask(on, { ':method': 'DELETE', ':path': REFUSED, authorization }, Buffer.alloc(0)),
    () => ask(on, grpc(PATH, { 'content-type': 'application/grpc-web+proto' }), message),
    () => ask(on, grpc(PATH, { 'content-type': 'application/json' }), Buffer.from('{"type":0}')),
    async () => (await fetch(`${service.url}/admin/v1/policies/login`, { headers: { authorization } })).text(),
  ];
  for (let done = 0; done < ROUND; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, async (_, index) => kinds[index % kinds.length]?.()));
  }
  await new Promise<void>((resolve) => {
    on.close(resolve);
  });
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('there is no gc');
  Reflect.apply(collect, undefined, []);
  return process.memoryUsage().heapUsed;
}

describe('memory', function () {
  // As many requests take as long as the machine needs for them.
  this.timeout(0);
  it('does not grow with the number of requests: 28,000 of them', async () => {
    const service = await openService();
    try {
      // The engine goes on compiling for a while: measured sooner, what it keeps for itself looks like growth.
      for (let warming = 0; warming < 4; warming++) await round(service);
      const warm = heapAfterCollection();
      await round(service);
      await round(service);
      await round(service);
      const grown = heapAfterCollection() - warm;
      // Some 20 bytes a request is what the engine takes for itself; a string kept of each would be seen.
      expect(grown).to.be.lessThan(3 * ROUND * 40);
    } finally {
      await service.close();
    }
  });
});

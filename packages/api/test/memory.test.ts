import { describe, it } from 'mocha';
import { expect } from 'chai';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ask, framed, grpc, session } from './raw.js';
import { openService, ROOT, type Service } from './service.js';

/** Of requests, in each round; `npm run proofs` says more. */
const ROUND = Number(process.env['PROOF_ROUNDS'] ?? 500);
const AT_ONCE = 50;
/** The engine goes on compiling for a while: measured sooner, what it keeps for itself looks like growth. */
const WARMING = 4;
const MEASURED = 3;
/**
 * Some 20 bytes a request is what the engine takes for itself: in a long run a string kept of each would be seen, in a
 * short one, which the engine is still busy compiling in, whatever is kept of a connection or a body.
 */
const MOST = Math.max(1_000_000, MEASURED * ROUND * 40);
const PATH = '/zitadel.admin.v1.AdminService/RemoveMultiFactorFromLoginPolicy';
const REFUSED = '/admin/v1/policies/login/second_factors/4';
const authorization = `Bearer ${ROOT}`;
const message = framed(Buffer.from([8, 0]));

/**
 * Asks for refusals and reads again and again: by gRPC, by REST over HTTP/1.1 and HTTP/2, by gRPC-Web and by Connect.
 */
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

describe('memory', () => {
  it(`does not grow with the number of requests: ${(WARMING + MEASURED) * ROUND} of them`, async () => {
    const service = await openService();
    try {
      for (let warming = 0; warming < WARMING; warming++) await round(service);
      const warm = heapAfterCollection();
      for (let measured = 0; measured < MEASURED; measured++) await round(service);
      const grown = heapAfterCollection() - warm;
      expect(grown).to.be.lessThan(MOST);
    } finally {
      await service.close();
    }
  });
});

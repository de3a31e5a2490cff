import { describe, it } from 'mocha';
import { expect } from 'chai';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ask, framed, grpc, session } from './raw.js';
import { openService, ROOT, type Service } from './service.js';

const ROUND = 600;
const PATH = '/zitadel.admin.v1.AdminService/RemoveMultiFactorFromLoginPolicy';

/** Asks for the same refusal again and again, over REST and over gRPC. */
async function round(service: Service): Promise<void> {
  const on = session(service.url);
  const message = framed(Buffer.from([8, 1]));
  const headers = { authorization: `Bearer ${ROOT}` };
  for (let done = 0; done < ROUND; done += 50) {
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        if (index % 5 !== 0) return ask(on, grpc(PATH, { 'grpc-timeout': '5000m' }), message);
        return (
          await fetch(`${service.url}/admin/v1/policies/login/multi_factors/1`, { method: 'DELETE', headers })
        ).text();
      }),
    );
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
  it('does not grow with the number of requests', async () => {
    const service = await openService();
    try {
      await round(service);
      await round(service);
      const warm = heapAfterCollection();
      await round(service);
      await round(service);
      await round(service);
      const grown = heapAfterCollection() - warm;
      // A leak of 200 bytes a request, over three rounds, would be seen.
      expect(grown).to.be.lessThan(3 * ROUND * 200);
    } finally {
      await service.close();
    }
  });
});

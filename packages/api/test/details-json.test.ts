import { describe, it } from 'mocha';
import { expect } from 'chai';
import fc from 'fast-check';
import { fromJsonString, toJson } from '@bufbuild/protobuf';
import { instant, parseInstant } from '@login-policy/event-sourcing';
import { RemoveMultiFactorFromLoginPolicyResponseSchema } from '@zitadel/proto/zitadel/admin_pb.js';
import { askOf } from './rest-client.js';
import { openService, ROOT } from './service.js';

const FACTORS = '/admin/v1/policies/login/multi_factors';
const headers = { authorization: `Bearer ${ROOT}` };
const schema = RemoveMultiFactorFromLoginPolicyResponseSchema;

/** Any millisecond of the years that RFC 3339 can say, the whole seconds and the edges among them. */
const moment = fc.oneof(
  fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) }),
  fc.integer({ min: 0, max: 253_402_300_799 }).map((seconds) => seconds * 1000),
  fc.constantFrom(0, 1, 999, 1000, 1010, 1100, Date.UTC(9999, 11, 31, 23, 59, 59, 999)),
);

describe('the answer of a command over REST', () => {
  it('equals the protobuf JSON of the message, for any time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { minLength: 2, maxLength: 6 }), async (moments) => {
        const ascending = moments.toSorted((left, right) => left - right);
        let next = 0;
        const clock = () => instant(ascending[Math.min(next, ascending.length - 1)] ?? 0);
        const service = await openService({ clock });
        for (; next < ascending.length; next++) {
          const taken = next % 2 === 0 ? { method: 'DELETE' } : { method: 'POST', body: '{"type":1}' };
          const answer = await fetch(`${service.url}${FACTORS}${next % 2 === 0 ? '/1' : ''}`, { ...taken, headers });
          const text = await answer.text();
          expect(answer.status, text).to.equal(200);
          expect(text).to.equal(JSON.stringify(toJson(schema, fromJsonString(schema, text))));
        }
        await service.close();
      }),
      { numRuns: 60 },
    );
  });

  it('contains the nearest date that a Timestamp can represent, if a clock was out of range (Q28)', async () => {
    for (const [recorded, said] of [
      ['+012000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'],
      ['-000005-01-01T00:00:00.000Z', '0001-01-01T00:00:00Z'],
    ] as const) {
      const service = await openService({ clock: () => parseInstant(recorded) });
      const removed = await askOf(service, `DELETE ${FACTORS}/1`, {});
      expect([removed.status, removed.at('details.changeDate')]).to.deep.equal([200, said]);
      const read = await askOf(service, 'GET /admin/v1/policies/login', {});
      expect([read.status, read.at('policy.details.changeDate')]).to.deep.equal([200, said]);
      const list = await askOf(service, `POST ${FACTORS}/_search`, {});
      expect([list.status, list.at('details.viewTimestamp')]).to.deep.equal([200, said]);
      await service.close();
    }
  });
});

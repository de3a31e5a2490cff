import { loginPolicyProjection, type LoginPolicyRow } from '@login-policy/domain/model';
import { eventId, instant, position, revision } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { policies } from './arbitraries.js';

const ID = eventId('01ARZ3NDEKTSV4RRFFQ69G5FAV');

const rows: fc.Arbitrary<LoginPolicyRow> = fc
  .record({
    policy: policies,
    createdAt: fc.integer({ min: 0, max: 8_640_000_000_000_000 }),
    changedAt: fc.integer({ min: 0, max: 8_640_000_000_000_000 }),
    place: fc.bigInt({ min: 0n, max: 2n ** 60n }),
    customIn: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
  })
  .map(({ policy, createdAt, changedAt, place, customIn }) => ({
    policy,
    changeInfo: {
      eventId: ID,
      revision: revision(place),
      position: position(place),
      createdAt: instant(createdAt),
      changedAt: instant(changedAt),
    },
    customIn,
  }))
  .filter((row): row is LoginPolicyRow => row.policy.stage === 'active');

describe('the row of a policy', () => {
  it('is stored as the text of its encoding, and decoded from it', () => {
    const { encode, decode, text } = loginPolicyProjection.rows;
    fc.assert(
      fc.property(rows, (row) => {
        const encoded = JSON.stringify(encode(row));
        expect(text?.(row)).to.equal(encoded);
        expect(decode(JSON.parse(encoded))).to.deep.equal(row);
      }),
    );
  });
});

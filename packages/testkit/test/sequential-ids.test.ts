import { eventId } from '@login-policy/event-sourcing';
import { sequentialIds } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';

describe('sequential ids', () => {
  it('count up from one, in the digits of a ULID', () => {
    const next = sequentialIds();
    const ids = Array.from({ length: 33 }, () => next());
    expect(ids[0]).to.equal('00000000000000000000000001');
    expect(ids[9]).to.equal('0000000000000000000000000A');
    expect(ids[17]).to.equal('0000000000000000000000000J');
    expect(ids[30]).to.equal('0000000000000000000000000Z');
    expect(ids[31]).to.equal('00000000000000000000000010');
  });

  it('are ULIDs, each another one, in ascending order', () => {
    const next = sequentialIds();
    const ids = Array.from({ length: 5000 }, () => next());
    expect(ids.map(eventId)).to.deep.equal(ids);
    expect(new Set(ids).size).to.equal(5000);
    expect(ids.toSorted()).to.deep.equal(ids);
  });

  it('begin anew in every source', () => {
    expect(sequentialIds()()).to.equal(sequentialIds()());
  });
});

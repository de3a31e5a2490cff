import { expect } from 'chai';
import { describe, it } from 'mocha';
import { isConflict, isSaidElsewhere, leavesOpen, refusalOf, sentenceOf } from '../src/wire/failure.js';
import { jsonOf, UnexpectedAnswer } from '../src/wire/json.js';

describe('a refusal', () => {
  it('is shown with the message of its detail, without the id', () => {
    const body = { code: 10, message: 'Moved on. (LP-COND-01)', details: [{ id: 'LP-COND-01', message: 'Moved on.' }] };
    const refusal = refusalOf(412, JSON.stringify(body));
    expect(sentenceOf(refusal)).to.equal('Moved on.');
    expect(refusal.id).to.equal('LP-COND-01');
    expect(isConflict(refusal)).to.equal(true);
  });

  it('is shown as a message even if a proxy answered, or something other than JSON', () => {
    expect(sentenceOf(refusalOf(502, '<html>Bad gateway</html>'))).to.contain('status 502');
    expect(sentenceOf(refusalOf(500, '{"details":"none"}'))).to.contain('status 500');
    expect(sentenceOf(refusalOf(429, '{"message":"Too many tries."}'))).to.equal('Too many tries.');
    expect(isConflict(refusalOf(409, '{}'))).to.equal(false);
  });
});

describe('an answer to a change', () => {
  it('leaves open whether it was recorded, unless the server itself refused (T56)', () => {
    const own = (status: number): unknown => refusalOf(status, '{"details":[{"id":"LP-ARG-01","message":"No."}]}');
    expect([400, 403, 409].map((status) => leavesOpen(own(status)))).to.deep.equal([false, false, false]);
    expect(leavesOpen(own(503))).to.equal(true);
    expect([403, 413, 429].map((status) => leavesOpen(refusalOf(status, '<html>')))).to.deep.equal([true, true, true]);
    expect(() => jsonOf('<html>signed in</html>')).to.throw(UnexpectedAnswer);
    expect(leavesOpen(new UnexpectedAnswer('it is not JSON'))).to.equal(true);
    expect(isSaidElsewhere(refusalOf(401, '<html>'))).to.equal(false);
  });
});

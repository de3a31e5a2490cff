import { Lru } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';

describe('what was used last', () => {
  it('is remembered, and what was not used the longest is forgotten, also when it was there first (K14)', () => {
    const lru = new Lru<string, number>(3);
    for (const [index, key] of ['a', 'b', 'c'].entries()) lru.set(key, index);
    lru.get('a');
    lru.set('d', 3);
    expect(['a', 'b', 'c', 'd'].map((key) => lru.get(key))).to.deep.equal([0, undefined, 2, 3]);
  });

  it('is counted by weight, so that few large ones do not fill the memory (L2)', () => {
    const lru = new Lru<string, string>(10, (value) => value.length);
    lru.set('a', 'xxxx');
    lru.set('b', 'xxxx');
    lru.set('a', 'xxxxxx');
    expect(lru.get('b')).to.equal('xxxx');
    lru.set('c', 'xx');
    expect([lru.get('a'), lru.get('b'), lru.get('c')]).to.deep.equal([undefined, 'xxxx', 'xx']);
    lru.set('d', 'x'.repeat(11));
    expect(['b', 'c', 'd'].map((key) => lru.get(key))).to.deep.equal(['xxxx', 'xx', undefined]);
  });

  it('refuses a capacity that is none', () => {
    for (const capacity of [-1, 1.5, Number.NaN]) expect(() => new Lru(capacity)).to.throw(RangeError);
  });
});

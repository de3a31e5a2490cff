import { Lru } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { assert, array, constantFrom, property, tuple } from 'fast-check';
import { describe, it } from 'mocha';

describe('an LRU cache', () => {
  it('evicts the least recently used entry (K14)', () => {
    const lru = new Lru<string, number>(3);
    for (const [index, key] of ['a', 'b', 'c'].entries()) lru.set(key, index);
    lru.get('a');
    lru.set('d', 3);
    expect(['a', 'b', 'c', 'd'].map((key) => lru.get(key))).to.deep.equal([0, undefined, 2, 3]);
  });

  it('evicts in the order of insertion if all entries were used, and a use counts once', () => {
    const lru = new Lru<string, number>(2);
    for (const key of ['a', 'b']) lru.set(key, 1);
    for (const key of ['a', 'b']) lru.get(key);
    lru.set('c', 1);
    lru.set('d', 1);
    expect(['a', 'b', 'c', 'd'].map((key) => lru.get(key))).to.deep.equal([undefined, undefined, 1, 1]);
  });

  it('has or lacks an entry, and asking does not count as a use', () => {
    const lru = new Lru<string, undefined>(2);
    for (const key of ['a', 'b']) lru.set(key, undefined);
    expect(['a', 'b', 'c'].map((key) => lru.has(key))).to.deep.equal([true, true, false]);
    lru.set('c', undefined);
    expect(['a', 'b', 'c'].map((key) => lru.has(key))).to.deep.equal([false, true, true]);
  });

  it('is empty after being cleared, and has room again', () => {
    const lru = new Lru<string, string>(3, (value) => value.length);
    lru.set('a', 'xxx');
    lru.clear();
    expect(lru.get('a')).to.equal(undefined);
    for (const key of ['a', 'b', 'c']) lru.set(key, 'x');
    expect(['a', 'b', 'c'].map((key) => lru.get(key))).to.deep.equal(['x', 'x', 'x']);
  });

  it('may hold one entry that fills it', () => {
    const lru = new Lru<string, string>(3, (value) => value.length);
    lru.set('a', 'xxx');
    expect(lru.get('a')).to.equal('xxx');
  });

  it('counts entries by weight, so that a few large ones do not fill the memory (L2)', () => {
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

  it('holds what a list in the order of insertion would, whatever is set, read and removed in between', () => {
    const steps = array(tuple(constantFrom('set', 'get', 'delete'), constantFrom(...KEYS)), { maxLength: 60 });
    assert(
      property(steps, (taken) => {
        const lru = new Lru<string, string>(4);
        let list: readonly { readonly key: string; readonly isUsed: boolean }[] = [];
        for (const [step, key] of taken) {
          lru[step](key, key);
          const known = list.find((entry) => entry.key === key);
          if (step === 'get') list = list.map((entry) => (entry === known ? { key, isUsed: true } : entry));
          else if (step === 'delete') list = list.filter((entry) => entry !== known);
          else if (known === undefined) list = [...withRoom(list), { key, isUsed: false }];
        }
        expect(KEYS.filter((key) => lru.has(key))).to.deep.equal(list.map(({ key }) => key).toSorted());
      }),
    );
  });

  it('refuses a malformed capacity', () => {
    for (const capacity of [-1, 1.5, Number.NaN]) expect(() => new Lru(capacity)).to.throw(RangeError);
  });
});

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const;

/** A list of up to four entries without the one that leaves for a new one. */
function withRoom<Entry extends { readonly isUsed: boolean }>(list: readonly Entry[]): readonly Entry[] {
  const [first, ...rest] = list;
  if (first === undefined || list.length < 4) return list;
  return first.isUsed ? withRoom([...rest, { ...first, isUsed: false }]) : rest;
}

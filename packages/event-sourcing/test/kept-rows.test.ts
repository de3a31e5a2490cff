import { isFault } from '@login-policy/event-sourcing';
import { KeptRows } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tallies } from './tally.js';

function keptRows(most?: number) {
  let decoded = 0;
  const definition = tallies();
  const decode: typeof definition.rows.decode = (stored) => {
    decoded += 1;
    return definition.rows.decode(stored);
  };
  const kept = new KeptRows({ ...definition, rows: { ...definition.rows, decode } }, 'a store', most);
  return { kept, decoded: () => decoded };
}

describe('rows that are kept', () => {
  it('are frozen throughout, since they are handed to many; what is more than plain stays as it is', () => {
    const none: { a: object } = Object.assign(Object.create(null), { a: {} });
    const plain = { list: [{ deep: { deeper: 1 } }], none, at: new Date() };
    const definition = { ...tallies(), rows: { encode: () => null, decode: () => plain } };
    const kept = new KeptRows<typeof plain>({ ...definition, index: () => ({}) }, 'a store');
    const row = kept.read('a', '{}');
    expect(row).to.equal(plain);
    for (const part of [row, row?.list, row?.list[0], row?.list[0]?.deep, row?.none, row?.none.a])
      expect(Object.isFrozen(part)).to.equal(true);
    expect(Object.isFrozen(row?.at)).to.equal(false);
  });

  it('are decoded again only when their text is another', () => {
    const { kept, decoded } = keptRows();
    const first = kept.read('a', '5');
    kept.renew();
    expect(kept.current('a')).to.equal(undefined);
    expect(kept.read('a', '5')).to.equal(first);
    expect(decoded()).to.equal(1);
    expect(kept.current('a')?.row, 'known without a look from now on').to.equal(5);
    expect(kept.read('a', '6')).to.equal(6);
    expect(kept.read('a', '7'), 'another text at the same moment').to.equal(7);
    expect(decoded()).to.equal(3);
  });

  it('do not exist where none are to be kept', () => {
    const { kept, decoded } = keptRows(0);
    expect([kept.read('a', '5'), kept.read('a', '5'), kept.current('a')]).to.deep.equal([5, 5, undefined]);
    expect(decoded()).to.equal(2);
  });

  it('are known without a look till somebody else may have written, also that there is none', () => {
    const { kept } = keptRows();
    expect(kept.current('never seen')).to.equal(undefined);
    expect([kept.read('a', '5'), kept.read('b', undefined)]).to.deep.equal([5, undefined]);
    expect([kept.current('a')?.row, kept.current('b')]).to.deep.include(5);
    expect(kept.current('b')).to.have.property('row', undefined);
    kept.written('a', 7, '7');
    expect(kept.current('a')?.row).to.equal(7);
    kept.renew();
    expect([kept.current('a'), kept.current('b')]).to.deep.equal([undefined, undefined]);
    expect(kept.read('a', undefined)).to.equal(undefined);
  });

  it('that are not what was written are damage, each time they are read', () => {
    const { kept } = keptRows();
    for (let round = 0; round < 2; round++) {
      expect(() => kept.read('a', '{'))
        .to.throw()
        .that.satisfies((caught: unknown) => isFault(caught, 'store-damaged'));
    }
  });
});

import { isFault, toJsonObject } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { toJson } from '#insides';

const REFUSED: Readonly<Record<string, readonly [unknown, string]>> = {
  'a bigint': [{ a: [1, { b: 1n }] }, '$.a[1].b'],
  undefined: [{ a: undefined }, '$.a'],
  NaN: [[Number.NaN], '$[0]'],
  infinity: [Infinity, '$'],
  'minus zero': [{ a: -0 }, '$.a'],
  'a function': [{ a: () => 1 }, '$.a'],
  'a symbol': [{ a: Symbol('x') }, '$.a'],
  'a Date': [{ a: new Date(0) }, '$.a'],
  'a Map': [new Map(), '$'],
  'a lone surrogate': [{ a: '\udc00' }, '$.a'],
  'a lone surrogate in a key': [{ '\udc00': 1 }, '$'],
  'a hole in a list': [Array(2), '$[0]'],
  'a prototype-polluting key': [JSON.parse('{"a":{"__proto__":{"x":1}}}'), '$.a'],
};

describe('what JSON can hold', () => {
  for (const [what, [value, path]] of Object.entries(REFUSED)) {
    it(`does not include ${what}, and the fault names the path`, () => {
      try {
        toJson(value);
      } catch (fault) {
        expect(isFault(fault, 'unserialisable-data')).to.equal(true);
        expect(fault).to.have.nested.property('facts.path', path);
        return;
      }
      expect.fail('it was not refused');
    });
  }

  it('includes 64 levels and no more, so no circular structure', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 'bottom' : [nested(levels - 1)]);
    expect(toJson(nested(64))).to.deep.equal(nested(64));
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    for (const deeper of [nested(65), loop]) expect(() => toJson(deeper)).to.throw(/deeper than 64/);
  });

  it('includes each of its values by itself', () => {
    for (const value of ['text', '', 0, -1.5, true, false, null]) expect(toJson(value)).to.equal(value);
  });

  it('does not include minus zero, and the fault names it', () => {
    expect(() => toJson([-0])).to.throw("$[0] can't be stored: -0 is not a JSON number");
  });

  it('is copied exactly, and neither copy nor original can change the other', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ stringUnit: 'grapheme' })), (value) => {
        fc.pre(!hasNegativeZero(value) && !JSON.stringify(value).includes('"__proto__"'));
        const copy = toJsonObject(value);
        expect(copy).to.deep.equal(value);
        expect(Object.isFrozen(copy)).to.equal(true);
      }),
    );
  });
});

/** JSON text writes minus zero as 0, so it does not come back. */
function hasNegativeZero(value: unknown): boolean {
  if (typeof value === 'number') return Object.is(value, -0);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasNegativeZero);
}

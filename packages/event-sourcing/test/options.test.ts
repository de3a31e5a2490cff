import { openMemoryStore, parseOptions, rule } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const rules = {
  url: rule.nonEmptyString,
  kind: rule.optional(rule.oneOf('one', 'other')),
  bytes: rule.optional(rule.wholeNumber(1, 2 ** 31 - 1)),
  age: rule.optional(rule.numberBetween(0, 1)),
  isAllowed: rule.leftOutOr(rule.aFunction),
  names: rule.optional(rule.listOf('strings', (item) => typeof item === 'string')),
  directory: rule.optional(rule.withMethods('exists')),
  tls: rule.optional(rule.optionsWith({ cert: rule.nonEmptyString, key: rule.nonEmptyString })),
};
const url = 'https://example.com';

function refusalOf(options: unknown): string {
  try {
    Reflect.apply(parseOptions, undefined, [options, 'open', rules]);
  } catch (caught) {
    return String(caught);
  }
  return 'none';
}

describe('options', () => {
  it('are refused with a message that names the function, the option, the expected form and the value', () => {
    const said: readonly (readonly [object, string])[] = [
      [{}, 'url must be a non-empty string, not undefined.'],
      [{ url: '' }, 'url must be a non-empty string, not "".'],
      [{ url, kind: 'another' }, 'kind must be "one" or "other", not "another".'],
      [{ url, bytes: Number.NaN }, 'bytes must be a whole number from 1 to 2,147,483,647, not NaN.'],
      [{ url, bytes: 0 }, 'bytes must be a whole number from 1 to 2,147,483,647, not 0.'],
      [{ url, bytes: 1.5 }, 'bytes must be a whole number from 1 to 2,147,483,647, not 1.5.'],
      [{ url, bytes: '5' }, 'bytes must be a whole number from 1 to 2,147,483,647, not "5".'],
      [{ url, bytes: 5n }, 'bytes must be a whole number from 1 to 2,147,483,647, not 5n.'],
      [{ url, age: Number.NaN }, 'age must be a number from 0 to 1, not NaN.'],
      [{ url, age: Infinity }, 'age must be a number from 0 to 1, not Infinity.'],
      [{ url, isAllowed: 'yes' }, 'isAllowed must be a function, not "yes".'],
      [{ url, names: 'one' }, 'names must be a list of strings, not "one".'],
      [{ url, names: ['one', 1] }, 'names must be a list of strings, not a list.'],
      [{ url, directory: {} }, 'directory must be an object with the method exists, not an object.'],
      [{ url, directory: null }, 'directory must be an object with the method exists, not null.'],
      [{ url, tls: { cert: 'x' } }, 'tls.key must be a non-empty string, not undefined.'],
      [{ url, tls: 'x' }, 'tls must be a plain object, not "x".'],
    ];
    for (const [options, sentence] of said) expect(refusalOf(options)).to.equal(`RangeError: open: ${sentence}`);
  });

  it('with an unknown name are refused with the nearest name, or with all names', () => {
    const known = 'There are url, kind, bytes, age, isAllowed, names, directory and tls.';
    const said: readonly (readonly [object, string])[] = [
      [{ url, isAlowed: () => true }, 'isAlowed is not an option. Did you mean isAllowed?'],
      [{ url, xyzxyzxyz: 1 }, `xyzxyzxyz is not an option. ${known}`],
      [{ url, toString: undefined }, `toString is not an option. ${known}`],
      [{ url, tls: { certs: 'x' } }, 'tls.certs is not an option. Did you mean cert?'],
    ];
    for (const [options, sentence] of said) expect(refusalOf(options)).to.equal(`RangeError: open: ${sentence}`);
    expect(() => openMemoryStore(Object({ clokc: () => 0 }))).to.throw(RangeError, 'Did you mean clock?');
  });

  it('must be a plain object, because the options of other objects could go unnoticed', () => {
    class Options {
      readonly url = url;
      isAllowed(): boolean {
        return false;
      }
    }
    for (const given of [new Options(), new Map(), new Date(), Promise.resolve({}), Object.create({ isAllowed: 1 })])
      expect(refusalOf(given)).to.equal(
        'RangeError: open: its options must be a plain object, not an instance of a class.',
      );
    expect(refusalOf([])).to.equal('RangeError: open: its options must be a plain object, not a list.');
    for (const given of [undefined, null, 5, true])
      expect(refusalOf(given)).to.equal(`RangeError: open: its options must be a plain object, not ${given}.`);
    const bare = Object.assign(Object.create(null), { url });
    expect(parseOptions(bare, 'open', rules)).to.deep.equal({ url });
  });

  it('may be undefined, except for options that restrict something', () => {
    expect(parseOptions(Object({ url, bytes: undefined }), 'open', rules)).to.deep.equal({ url });
    expect(refusalOf({ url, isAllowed: undefined })).to.equal(
      'RangeError: open: isAllowed must be a function, not undefined.',
    );
    expect(refusalOf({ url })).to.equal('none');
  });

  it('are not affected by later changes of the given object', () => {
    const given = { url, bytes: 5 };
    const parsed = parseOptions<{ url: string; bytes?: number }>(given, 'open', {
      url: rule.nonEmptyString,
      bytes: rule.optional(rule.wholeNumber(1, 9)),
    });
    given.bytes = Number.NaN;
    expect(parsed.bytes).to.equal(5);
  });
});

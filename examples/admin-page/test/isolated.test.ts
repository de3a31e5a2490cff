import { expect } from 'chai';
import { describe, it } from 'mocha';
import { isolated, shownName } from '../src/words/isolated.js';

describe('a name in a sentence', () => {
  it('is isolated from the surrounding text direction', () => {
    expect(isolated('Safe \u202Ecod.exe\u202C Ltd')).to.equal('\u2068Safe cod.exe Ltd\u2069');
    expect(isolated('out\u2069 \u202E')).to.equal('\u2068out \u2069');
    expect(isolated('شركة')).to.equal('\u2068شركة\u2069');
  });

  it('is the id if it has no visible character', () => {
    expect(['\u200B\u2060', ' \t', '', 'A'].map((name) => shownName(name, 'org-1'))).to.deep.equal([
      'org-1',
      'org-1',
      'org-1',
      'A',
    ]);
  });

  it('is unchanged if it is written from left to right', () => {
    for (const name of ['Acme', 'Zürich – “Müller”', 'Ελλάδα', 'Москва']) expect(isolated(name)).to.equal(name);
  });
});

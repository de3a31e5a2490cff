import { expect } from 'chai';
import { describe, it } from 'mocha';
import { passing } from '../src/parts/organization-filter.js';

describe('seeking an organization', () => {
  it('finds it whatever the case and the accents, by name and by id', () => {
    const all = ['Zürich AG', 'ÉCOLE', 'Oslo'].map((name, index) => ({ id: `org-${index}`, name, isCustom: false }));
    const found = (text: string): readonly string[] => passing(all, { text, policy: 'any' }).map(({ name }) => name);
    expect(found('zurich')).to.deep.equal(['Zürich AG']);
    expect(found('ZÜR')).to.deep.equal(['Zürich AG']);
    expect(found('ecole')).to.deep.equal(['ÉCOLE']);
    expect(found('ORG-2')).to.deep.equal(['Oslo']);
    expect(found('')).to.have.lengthOf(3);
  });
});

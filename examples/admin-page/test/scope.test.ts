import { expect } from 'chai';
import { describe, it } from 'mocha';
import { headersOf, organization } from '../src/wire/scope.js';

describe('the headers of a request about an organization', () => {
  it('name each id in UTF-8, also one beyond what a header holds as it is', () => {
    for (const id of ['70669147545070419', 'Zürich', 'Ωmega 組織']) {
      const sent = new Headers(headersOf(organization(id))).get('x-zitadel-orgid');
      const bytes = Uint8Array.from(sent ?? '', (character) => character.charCodeAt(0));
      expect(new TextDecoder().decode(bytes)).to.equal(id);
    }
  });
});

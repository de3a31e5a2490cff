import { expect } from 'chai';
import { describe, it } from 'mocha';
import { policyChangeOf } from '../src/wire/policy-change.js';
import { changeInWords, changesInShort } from '../src/words/change.js';

const removed = policyChangeOf({ what: 'multi-factor', factor: 'U2F_WITH_VERIFICATION', step: 'removed' });
const forced = policyChangeOf({ what: 'setting', setting: 'forceMfa', before: false, after: true });
const shorter = policyChangeOf({
  what: 'setting',
  setting: 'lifetimes.passwordCheck',
  before: 'PT240H',
  after: 'PT72H',
});

describe('a change in words', () => {
  it('has a sign with the meaning of its colour', () => {
    expect(changeInWords(removed)).to.include({ sign: '−', what: 'Passkeys (U2F with verification)' });
    expect(changeInWords({ what: 'policy', step: 'added' })).to.include({ sign: '+', step: 'added' });
    expect(changeInWords(forced)).to.deep.include({ sign: '±', values: ['off', 'on'] });
  });

  it('shows lifetimes in words', () => {
    expect(changeInWords(shorter).values).to.deep.equal(['10 days', '3 days']);
  });

  it('shows the name of an unknown factor or setting', () => {
    const factor = policyChangeOf({ what: 'second-factor', factor: 'CARRIER_PIGEON', step: 'added' });
    expect(changeInWords(factor).what).to.equal('CARRIER_PIGEON');
    const setting = policyChangeOf({ what: 'setting', setting: 'allowPigeons', before: false, after: true });
    expect(changeInWords(setting).what).to.equal('allowPigeons');
  });

  it('joins several changes to one clause', () => {
    expect(changesInShort([])).to.equal('changed nothing');
    expect(changesInShort([removed])).to.equal('removed Passkeys (U2F with verification)');
    expect(changesInShort([forced, removed])).to.equal('changed Require a second factor from off to on, and 1 more');
    expect(changesInShort([{ what: 'policy', step: 'added' }, forced])).to.equal('added the default policy');
    expect(changesInShort([{ what: 'policy', step: 'added' }, forced], 'Acme')).to.equal('gave Acme a custom policy');
    expect(changesInShort([{ what: 'policy', step: 'removed' }], 'Acme')).to.equal('reset Acme to the default');
  });

  it('is not derived from a malformed answer', () => {
    expect(() => policyChangeOf({ what: 'weather' })).to.throw("can't be read");
    expect(() => policyChangeOf({ what: 'multi-factor', factor: 'U2F', step: 'lost' })).to.throw("can't be read");
  });
});

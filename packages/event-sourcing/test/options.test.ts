import { openMemoryStore } from '@login-policy/event-sourcing';
import { refuseUnknownOptions } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';

describe('options of a store', () => {
  it('are refused by their names where there are none such, and those there are are said', () => {
    expect(() => openMemoryStore(Object({ clokc: () => 0 }))).to.throw(
      RangeError,
      '"clokc" is not an option: there are clock, history',
    );
    const known = ['one', 'other'];
    expect(() => refuseUnknownOptions({ one: 1, toString: 1 }, known)).to.throw(
      RangeError,
      '"toString" is not an option',
    );
    expect(() => refuseUnknownOptions({ other: undefined }, known)).not.to.throw();
    expect(() => refuseUnknownOptions({}, known)).not.to.throw();
  });
});

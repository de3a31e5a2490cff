import { openMemoryStore } from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';

describe('a store that delegates to another one', () => {
  it('hands on every method, also those that a store may lack', () => {
    const { eventStore } = openMemoryStore();
    const delegate = delegating(eventStore);
    for (const method of ['erase', 'proveHead', 'readStreams', 'receipts'] as const) {
      expect(eventStore[method], method).to.be.a('function');
      expect(delegate[method], method).to.be.a('function');
    }
  });
});

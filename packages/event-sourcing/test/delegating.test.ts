import { openMemoryStore, type EventStore } from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';

/** Each method of the port but `follow`, which a memory store lacks: the compiler names a new one. */
const METHODS = Object.keys({
  append: true,
  close: true,
  erase: true,
  head: true,
  knows: true,
  proveHead: true,
  readAll: true,
  readStream: true,
  readStreams: true,
  receipt: true,
  receipts: true,
  subscribe: true,
  trouble: true,
} satisfies Record<Exclude<keyof EventStore, 'acknowledged' | 'follow' | 'lateByMs' | 'provesReads'>, true>);

describe('a store that delegates to another one', () => {
  it('hands on every method, also those that a store may lack', () => {
    const { eventStore } = openMemoryStore();
    const delegate = delegating(eventStore);
    for (const method of METHODS) {
      expect(Reflect.get(eventStore, method), method).to.be.a('function');
      expect(Reflect.get(delegate, method), method).to.be.a('function');
    }
  });
});

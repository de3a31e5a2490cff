import * as kernel from '@login-policy/event-sourcing';
import { counterEvents, counterTotals } from '@login-policy/testkit';
import type { Arguments } from './walk.js';

const id = kernel.streamId('Counter', 'a');
const ulid = '01JDZZZZZZZZZZZZZZZZZZZZZZ';
const newEvent = () => ({
  ...{ id: kernel.monotonicIds()(), type: 'Counted', schemaVersion: 1, data: { by: 1 } },
  metadata: { actor: 'tester', correlationId: 'c' },
});
const other = kernel.streamId('Counter', 'recorded');
const recorded = () => ({
  ...{ ...newEvent(), id: kernel.eventId(ulid), streamId: other, revision: kernel.revision(0) },
  ...{ position: kernel.position(1), recordedAt: kernel.instant(0) },
});
const context = () => ({
  actor: 'tester',
  reason: 'r',
  correlationId: 'c',
  causationId: 'd',
  idempotencyKey: 'k',
  waitMs: 1000,
});
const wait = () => ({ signal: new AbortController().signal });
const fresh = () => ({ ...wait(), waitMs: 1000, atLeast: kernel.START });
const query = () => ({ index: 'parity', value: 'odd', afterKey: 'a', beforeKey: 'b', direction: 'forwards', limit: 1 });
const model = () => counterTotals;
/** Decides whatever it is given. */
const decider = {
  initial: undefined,
  evolve: () => undefined,
  decide: () => kernel.accept({ type: 'Counted', data: { by: 1 } }),
};
const store = 'event-sourcing openMemoryStore()';

export const kernelCalls: Readonly<Record<string, Arguments>> = {
  'event-sourcing CommandHandler': () => [
    {
      eventStore: kernel.openMemoryStore().eventStore,
      decider,
      events: counterEvents,
      ids: kernel.monotonicIds(),
      attempts: 3,
    },
  ],
  'event-sourcing CommandHandler().dryRun': () => [
    id,
    { type: 'Count', data: { by: 1 } },
    { ifRevision: 'no-stream', ...wait() },
  ],
  'event-sourcing CommandHandler().handle': () => [id, { type: 'Count', data: { by: 1 } }, context()],
  'event-sourcing Deadline': () => ['a test', fresh()],
  'event-sourcing ProjectionRunner.open': () => [
    { store: kernel.openMemoryStore(), projection: counterTotals, maxAgeMs: 1, pageSize: 1, follows: 'always' },
  ],
  'event-sourcing ProjectionRunner.open().read': () => [['a'], fresh()],
  'event-sourcing ProjectionRunner.open().query': () => [query(), fresh()],
  'event-sourcing ProjectionRunner.open().keys': () => [query(), fresh()],
  'event-sourcing ProjectionRunner.open().count': () => [{ index: 'parity', value: 'odd' }, fresh()],
  'event-sourcing ProjectionRunner.open().unreadable': () => [
    { kind: 'stray-stream', afterKey: 'a', limit: 1 },
    fresh(),
  ],
  'event-sourcing ProjectionRunner.open().ready': () => [fresh()],
  'event-sourcing ProjectionRunner.open().lag': () => [wait().signal],
  'event-sourcing ProjectionRunner.open().catchUp': () => [wait().signal],
  'event-sourcing ProjectionRunner.open().rebuild': () => [wait().signal],
  'event-sourcing ProjectionRunner.open().resume': () => [],
  'event-sourcing ProjectionRunner.open().close': () => [{ closeMs: 10 }],
  'event-sourcing categoryOf': () => [id],
  'event-sourcing eventCodec': () => [{ Counted: { upcasters: [], read: () => ({}), write: () => ({}) } }],
  'event-sourcing eventId': () => [ulid],
  'event-sourcing fingerprint': () => [{ a: 1 }],
  'event-sourcing instant': () => [1],
  'event-sourcing instantToIso': () => [1],
  'event-sourcing isFault': () => [new kernel.Fault('store-closed', { store: 's' }), 'store-closed'],
  'event-sourcing laterPosition': () => [1n, 2n],
  'event-sourcing monotonicIds': () => [() => 1],
  'event-sourcing openMemoryStore': () => [{ clock: () => 1, history: [recorded()] }],
  'event-sourcing parseInstant': () => ['2024-06-13T06:44:39.050Z'],
  'event-sourcing parsePosition': () => ['1'],
  'event-sourcing parseStreamId': () => ['Counter-a'],
  'event-sourcing position': () => [1n],
  'event-sourcing positionToString': () => [1n],
  'event-sourcing revision': () => [1n],
  'event-sourcing streamId': () => ['Counter', 'a'],
  'event-sourcing toJsonObject': () => [{ a: 1 }],
  'event-sourcing yieldToLoop': () => [],
  'event-sourcing isJsonObject': () => [{}],
  'event-sourcing isPlainObject': () => [{}],
  'event-sourcing shown': () => [{}],
  'event-sourcing Deadline.throwIfExpired': () => ['reading', wait()],
  'event-sourcing deepFrozen': () => [{}],
  'event-sourcing eventCodec().encode': () => [{ type: 'Counted', data: {} }],
  [`${store}.consume`]: () => [
    {
      name: 'a',
      handle: () => undefined,
      filter: { categories: ['Counter'] },
      from: 0n,
      pageSize: 1,
      handleTimeoutMs: 1000,
      signal: wait().signal,
    },
  ],
  [`${store}.eventStore.trouble`]: () => [],
  [`${store}.clock`]: () => [],
  'event-sourcing yieldToLoop().call': () => [],
  'event-sourcing monotonicIds().call': () => [],
  [`${store}.consume().status`]: () => [],
  [`${store}.consume().close`]: () => [],
  [`${store}.close`]: () => [],
  [`${store}.eventStore.append`]: () => [
    {
      ...{ streamId: id, expected: 'no-stream', events: [newEvent()], receipt: { key: 'k', fingerprint: 'f' } },
      ...{ recordedAt: 1, expectedElsewhere: { streamId: kernel.streamId('Counter', 'b'), eventId: undefined } },
      ...wait(),
    },
  ],
  [`${store}.eventStore.readStream`]: () => [
    id,
    { ...wait(), from: 0n, direction: 'forwards', limit: 1, pageSize: 1, isBeforeAppend: false },
  ],
  [`${store}.eventStore.readAll`]: () => [{ ...wait(), after: 0n, filter: { categories: ['Counter'] }, pageSize: 1 }],
  [`${store}.eventStore.readStreams`]: () => [
    { ...wait(), upTo: 0n, filter: { categories: ['Counter'] }, pageSize: 1 },
  ],
  [`${store}.eventStore.subscribe`]: () => [{ ...wait(), after: 0n, filter: { categories: ['Counter'] }, pageSize: 1 }],
  [`${store}.eventStore.receipt`]: () => [id, 'k', wait()],
  [`${store}.eventStore.receipts`]: () => [{ ...wait(), pageSize: 1 }],
  [`${store}.eventStore.erase`]: () => [
    { streamId: other, revision: 0n, eventId: ulid, commitments: { actor: 'x' } },
    wait(),
  ],
  [`${store}.eventStore.head`]: () => [wait()],
  [`${store}.eventStore.knows`]: () => [0n, wait()],
  [`${store}.eventStore.proveHead`]: () => [0n, wait()],
  [`${store}.eventStore.close`]: () => [],
  [`${store}.readModels.open`]: () => [model()],
  [`${store}.readModels.close`]: () => [],
  [`${store}.readModels.open().read`]: () => [['a'], wait()],
  [`${store}.readModels.open().query`]: () => [query(), wait()],
  [`${store}.readModels.open().keys`]: () => [query(), wait()],
  [`${store}.readModels.open().count`]: () => [{ index: 'parity', value: 'odd' }, wait()],
  [`${store}.readModels.open().checkpoint`]: () => [wait()],
};

const author = 'a part for the author of a domain, who gives it parsed values';
export const kernelTrusted: Readonly<Record<string, string>> = {
  'event-sourcing accept': 'a value in a decision, which the handler checks',
  'event-sourcing reject': 'a value in a decision, which the handler checks',
  'event-sourcing CommandHandler().states*': 'the parts of the kernel behind it',
  'event-sourcing CommandHandler().decider*': 'the rules that were handed in',
  'event-sourcing ProjectionRunner.open().rows*': 'the parts of the kernel behind it',
  'event-sourcing openMemoryStore().readModels.open().parts*': 'the parts of the kernel behind it',
  'event-sourcing openMemoryStore().readModels.open().steps*': 'the parts of the kernel behind it',
  [`${store}.readModels.open().commit`]: 'how a runner moves rows',
  [`${store}.readModels.open().catchUp`]: 'how a runner moves rows',
  [`${store}.readModels.open().changed`]: 'how a runner moves rows',
  [`${store}.readModels.open().beginRebuild`]: 'how a runner moves rows',
  'event-sourcing ProjectionRunner': 'private: opened by ProjectionRunner.open',
  'event-sourcing AS_RECORDED.*': author,
  'event-sourcing eventCodec().decode': 'what a store recorded',
  'event-sourcing eventCodec().reads': 'what a store recorded',
  'event-sourcing reducePage': author,
  'event-sourcing parseOptions': author,
  'event-sourcing Deadline.run': author,
  'event-sourcing Deadline().*': author,
  'event-sourcing Deadline.firstToAbort': author,
  'event-sourcing Fault': author,
  'event-sourcing Lru*': author,
  'event-sourcing UnreadableRow': author,
  'event-sourcing acrossCopies': author,
  'event-sourcing hintFor': author,
  'event-sourcing joinInWords': author,
  'event-sourcing observedCall': author,
  'event-sourcing rule.*': author,
  'event-sourcing valuesAwaited': author,
};

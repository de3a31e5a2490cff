import { isFault, openMemoryStore, type RecordedEvent, streamId } from '@login-policy/event-sourcing';
import { onAbort, OPTIONAL_METADATA, TIME_UP, within } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { raise } from './followed.js';
import { tallies } from './tally.js';

describe('waiting on a signal', () => {
  it('uses one listener for all waits, and calls each callback once unless it is removed', () => {
    const control = new AbortController();
    let listeners = 0;
    const listen = control.signal.addEventListener.bind(control.signal);
    control.signal.addEventListener = (...given: Parameters<typeof listen>): void => {
      listeners += 1;
      listen(...given);
    };
    const called: number[] = [];
    const takenBack = Array.from({ length: 20 }, (_, number) => onAbort(control.signal, () => called.push(number)));
    for (const [number, takeBack] of takenBack.entries()) if (number > 2) takeBack();
    control.abort();
    control.abort();
    expect([called, listeners]).to.deep.equal([[0, 1, 2], 1]);
  });

  it('ends at once if the signal has fired, and never without a signal', () => {
    const called: string[] = [];
    onAbort(AbortSignal.abort(), () => called.push('fired'))();
    onAbort(undefined, () => called.push('none'))();
    expect(called).to.deep.equal(['fired']);
  });

  it('ends a wait, which ignores later results', async () => {
    const control = new AbortController();
    const waited = within(Promise.reject(new Error('too late')), 600_000, AbortSignal.abort());
    expect(await waited).to.equal(TIME_UP);
    const never = new Promise<string>(() => undefined);
    const inVain = within(never, 600_000, control.signal);
    control.abort();
    expect(await inVain).to.equal(TIME_UP);
    expect(await within(Promise.resolve(7), 600_000)).to.equal(7);
    const wrong = within(rejectedWithText(), 600_000);
    expect(await wrong.catch((caught: unknown) => caught)).to.be.instanceOf(Error);
  });

  it('lasts until the result if there is no limit, as in `close({ closeMs: Infinity })`', async () => {
    const later = new Promise<number>((resolve) => setTimeout(resolve, 30, 7));
    expect(await within(later, Infinity)).to.equal(7);
  });
});

/** As a driver might reject that was not written in TypeScript. */
async function rejectedWithText(): Promise<never> {
  const text: unknown = 'not an error';
  throw text;
}

describe('a memory store that begins with a history', () => {
  it('starts with it unchanged, and refuses one with a missing event', async () => {
    const recorded = openMemoryStore();
    await raise(recorded, streamId('tally', 'a'), 1, 2, 4);
    const history: RecordedEvent[] = [];
    for await (const page of recorded.eventStore.readAll()) history.push(...page);
    const store = openMemoryStore({ history });
    const read: RecordedEvent[] = [];
    for await (const page of store.eventStore.readAll()) read.push(...page);
    expect(read).to.deep.equal(history);
    for (const lacking of [history.slice(1), history.toSpliced(1, 1), [...history, ...history]])
      expect(() => openMemoryStore({ history: lacking })).to.throw(
        RangeError,
        /^expected revision \d of tally-a, got \d$/,
      );
  });

  it('refuses one with an event that no store would have recorded, and names its member', async () => {
    const recorded = openMemoryStore();
    await raise(recorded, streamId('tally', 'a'), 1, 2);
    const history: RecordedEvent[] = [];
    for await (const page of recorded.eventStore.readAll()) history.push(...page);
    const [first, last] = history;
    if (last === undefined) throw new Error('unreachable');
    for (const [wrong, member] of [
      [{ metadata: { ...last.metadata, actor: 5 } }, 'metadata.actor'],
      [{ metadata: { ...last.metadata, correlationId: undefined } }, 'metadata.correlationId'],
      ...OPTIONAL_METADATA.map((name) => [{ metadata: { ...last.metadata, [name]: 5 } }, `metadata.${name}`] as const),
      [{ metadata: null }, 'metadata'],
      [{ streamId: 5 }, 'streamId'],
      [{ type: 5 }, 'type'],
      [{ id: 5 }, 'id'],
    ] as const)
      expect(
        () => openMemoryStore({ history: Array.of(Object(first), Object({ ...last, ...wrong })) }),
        member,
      ).to.throw(RangeError, `history[1]: $.${member} can't be stored: `);
  });
});

describe('a memory store that is closed', () => {
  it('also closes its read models', async () => {
    const store = openMemoryStore();
    const model = await store.readModels.open(tallies());
    await store.close();
    await store.close();
    for (const asked of [store.readModels.open(tallies()), model.read([]), store.eventStore.head()])
      expect(isFault(await asked.catch((caught: unknown) => caught), 'store-closed')).to.equal(true);
  });
});

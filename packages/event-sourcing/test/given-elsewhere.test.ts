import {
  accept,
  CommandHandler,
  isFault,
  openMemoryStore,
  reject,
  streamId,
  type Decider,
  type EventId,
  type EventStore,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';
import { tally, tallyEvents, type TallyCommand, type TallyEvent } from './tally.js';

const stream = streamId('tally', 'a');
const elsewhere = streamId('limit', 'a');
const raise: TallyCommand = { type: 'raise', by: 1 };

interface Facts {
  readonly last: EventId | undefined;
}

/** Raises only while the other stream ends with what was looked up. */
const bound: Decider<TallyCommand, TallyEvent, number, 'too-late', Facts> = {
  ...tally,
  decide(command, state, { facts, ...context }) {
    const decision = tally.decide(command, state, { ...context, facts: undefined });
    if (decision.outcome === 'rejected' || facts === undefined) return reject('too-late');
    return { ...accept(...decision.events), given: { streamId: elsewhere, eventId: facts.last } };
  },
};

function handlerOn(eventStore: EventStore, afterLookUp: () => Promise<unknown>, lookUps: (EventId | undefined)[]) {
  return new CommandHandler<TallyCommand, TallyEvent, number, 'too-late', Facts>({
    eventStore,
    decider: bound,
    events: tallyEvents,
    attempts: 4,
    facts: {
      isNeededFor: () => true,
      async lookUp() {
        let last: EventId | undefined;
        for await (const page of eventStore.readStream(elsewhere)) last = page.at(-1)?.id;
        lookUps.push(last);
        await afterLookUp();
        return { last };
      },
    },
  });
}

describe('a decision by what another stream ends with', () => {
  it('is made again with new facts after that stream has changed', async () => {
    const { eventStore } = openMemoryStore();
    const lookUps: (EventId | undefined)[] = [];
    const change = async (): Promise<void> => {
      if (lookUps.length > 1) return;
      await eventStore.append({ streamId: elsewhere, expected: 'any', events: [newEvent()] });
    };
    const handled = await handlerOn(eventStore, change, lookUps).handle(stream, raise, { actor: 'tester' });
    expect(handled).to.deep.include({ outcome: 'accepted', state: 1 });
    expect(lookUps).to.have.length(2);
    expect(lookUps[0]).to.equal(undefined);
    expect(lookUps[1]).to.be.a('string');
  });

  it('fails with concurrent-change when that stream changes in every attempt', async () => {
    const { eventStore } = openMemoryStore();
    const lookUps: (EventId | undefined)[] = [];
    const change = () => eventStore.append({ streamId: elsewhere, expected: 'any', events: [newEvent()] });
    const handling = handlerOn(eventStore, change, lookUps).handle(stream, raise, { actor: 'tester' });
    const fault: unknown = await handling.catch((caught: unknown) => caught);
    expect(isFault(fault, 'concurrent-change') && fault.facts).to.deep.equal({ streamId: stream, attempts: 4 });
    expect(lookUps).to.have.length(4);
    for await (const page of eventStore.readStream(stream)) expect(page).to.deep.equal([]);
  });
});

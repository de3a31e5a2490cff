import { eventId, type Position, START } from '@login-policy/event-sourcing';
import { ordinalOf, positionOf } from '@login-policy/event-sourcing/store';
import { demandSame } from '../../demand.js';
import type { Suite } from '../contract.js';
import { refusal } from '../refusals.js';
import { FIRST, OTHER_KIND, type EventStoreUnderTest } from './event-store-under-test.js';
import { Subscriber } from './subscriber.js';
import { demandEvents, readAll } from './reading.js';

/** What happens to positions of a lost history, as after a restored backup (V3). */
export const lostHistories: Suite<EventStoreUnderTest> = {
  title: 'a position that now belongs to another event',
  guarantees: {
    'is refused by a read or a subscription that continues from it': refusesToContinue,
    'is not known, and neither is one beyond the end; the positions of events are': knowsOwnPositions,
  },
};

async function refusesToContinue({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = [...(await record(FIRST, 2)), ...(await record(OTHER_KIND, 1)), ...(await record(FIRST, 1))];
  demandSame({ what: 'number of events', actual: all.length, expected: 4 });
  for (const { position } of all) {
    const after = ofAnotherHistory(position);
    for (const options of [{ after }, { after, filter: { categories: ['Counter'] } }]) {
      const fault = await refusal(readAll(eventStore, options), 'position-unknown');
      demandSame({ what: 'position', actual: fault.facts.position, expected: after });
      await refusal(new Subscriber(eventStore, options).next(), 'position-unknown');
    }
  }
  demandEvents(await readAll(eventStore, { after: all[1]?.position ?? START }), all.slice(2));
}

async function knowsOwnPositions(subject: EventStoreUnderTest): Promise<void> {
  const all = [...(await subject.record(FIRST, 2)), ...(await subject.record(OTHER_KIND, 1))];
  for (const eventStore of [subject.eventStore, await subject.another()]) {
    for (const position of [START, ...all.map((event) => event.position), await eventStore.head()]) {
      demandSame({ what: `known ${position}`, actual: await eventStore.knows(position), expected: true });
    }
    const [beyond, ...others] = [positionAfter(await eventStore.head()), ...all.map((event) => event.position)];
    for (const position of [beyond, ...others.map(ofAnotherHistory)]) {
      demandSame({ what: `known ${position}`, actual: await eventStore.knows(position), expected: false });
    }
  }
}

const ANOTHER_ID = eventId('01AN0THERH1ST0RY00ZZZZZZZZ');

/** The position that another event would have at the same place. */
export function ofAnotherHistory(position: Position): Position {
  return positionOf(ordinalOf(position), ANOTHER_ID);
}

/** A position past the end. */
export function positionAfter(head: Position): Position {
  return positionOf(ordinalOf(head) + 1_000_000n, ANOTHER_ID);
}

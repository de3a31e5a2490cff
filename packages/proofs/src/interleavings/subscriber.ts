import { setImmediate as nextTurn } from 'node:timers/promises';
import { START, type EventStore, type Position, type RecordedEvent } from '@login-policy/event-sourcing';
import type { Chance } from '../attacks/chance.js';
import { signalAfter } from './calls.js';
import { CATEGORIES } from './counts.js';
import type { SharedLog } from './shared-log.js';

/** What a subscriber works with. */
interface SubscriberParts {
  readonly chance: Chance;
  readonly log: SharedLog;
}

/** Follows a subscription for a while: it must deliver every event once, in order, and each append as a whole. */
export async function followSubscription(eventStore: EventStore, { chance, log }: SubscriberParts): Promise<void> {
  const ends = log.events.filter(isEndOfAppend).map(({ position }) => position);
  const after = chance.pick([START, ...ends]);
  const category = chance.oneIn(2) ? undefined : chance.pick(CATEGORIES);
  const filter = category === undefined ? {} : { filter: { categories: [category] } };
  const isWanted = ({ position, streamId }: RecordedEvent): boolean =>
    position > after && (category === undefined || streamId.startsWith(`${category}-`));
  const got: RecordedEvent[] = [];
  const options = { after, ...filter, pageSize: chance.pick([1, 2, 500]), signal: signalAfter(chance.below(200)) };
  for await (const message of eventStore.subscribe(options)) {
    if (message.kind === 'events') {
      got.push(...message.events);
      if (!message.events.every(isPlaced)) log.note('a subscriber got half of an append');
    } else demandCaughtUp(message.position);
    for (let turns = chance.oneIn(10) ? 10 : 0; turns > 0; turns--) await nextTurn();
    if (chance.oneIn(50)) break;
  }
  const wanted = wantedUpTo(got.at(-1)?.position ?? START);
  if (got.some(({ id }, index) => id !== wanted[index]?.id)) log.note('a subscriber got other events than the log has');

  function demandCaughtUp(position: Position): void {
    const isMissing = wantedUpTo(position).length > got.length;
    if (isMissing) log.note('a subscriber was told that it had caught up before it had its events');
  }

  function wantedUpTo(position: Position): readonly RecordedEvent[] {
    const events = log.upTo(position);
    if (events === undefined) log.note('a subscriber is at no event of the log');
    return events?.filter(isWanted) ?? [];
  }
}

function isEndOfAppend({ append }: RecordedEvent): boolean {
  return append === undefined || append.place === append.count;
}

/** Whether an event comes with all others of its append. */
function isPlaced({ append }: RecordedEvent, index: number, events: readonly RecordedEvent[]): boolean {
  if (append === undefined) return true;
  const first = index - append.place + 1;
  return events[first]?.append?.place === 1 && events[first + append.count - 1]?.append?.place === append.count;
}

import type { RecordedEvent, Store } from '@login-policy/event-sourcing';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { plain } from '../output/plain.js';
import { Receipts } from './receipts.js';
import { differenceOf, eventName } from './same-event.js';

/** What two stores have in common that are the same. */
export interface Verified {
  readonly events: number;
  readonly receipts: number;
  /** Whether each event stands at the same position in both, so that a kept position goes on being good. */
  readonly hasSamePositions: boolean;
}

/** Reads both stores from end to end, side by side. @throws Failure naming the first difference. */
export async function verifyCopy(from: Store, to: Store): Promise<Verified> {
  const copies = eventsOf(to);
  let [events, hasSamePositions] = [0, true];
  try {
    for await (const event of eventsOf(from)) {
      const { value: copy } = await copies.next();
      if (copy === undefined) throw moved();
      const member = differenceOf(event, copy);
      if (member !== undefined) throw different(`the ${member} of ${eventName(event)}`);
      hasSamePositions &&= event.position === copy.position;
      events += 1;
    }
    if ((await copies.next()).value !== undefined) throw different('the target has more events');
  } finally {
    await copies.return();
  }
  const [kept, copied] = [await Receipts.of(from), await Receipts.of(to)];
  for (const [one, other] of [
    [kept, copied],
    [copied, kept],
  ] as const) {
    const [missing] = one.missingIn(other);
    if (missing !== undefined) throw different(`the receipt ${JSON.stringify(missing.key)} of ${missing.streamId}`);
  }
  return { events, receipts: kept.count, hasSamePositions };
}

async function* eventsOf({ eventStore }: Store): AsyncGenerator<RecordedEvent, void, undefined> {
  for await (const page of eventStore.readAll()) yield* page;
}

function moved(): Failure {
  return new Failure(
    EXIT.tryAgain,
    'The source was written to meanwhile. Stop all who write to it, and give the same command again: it copies the rest.',
  );
}

function different(what: string): Failure {
  return new Failure(EXIT.refused, `The copy is not like its source: ${plain(what)}.`);
}

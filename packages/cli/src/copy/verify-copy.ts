import type { RecordedEvent, Store } from '@login-policy/event-sourcing';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { printable } from '../output/printable.js';
import { Receipts } from './receipts.js';
import { differenceOf, eventName } from './same-event.js';

/** The result of comparing two equal stores. */
export interface CopyVerification {
  readonly events: number;
  readonly receipts: number;
  /** Whether each event has the same position in both, so that stored positions stay valid. */
  readonly hasSamePositions: boolean;
}

/** Reads both stores completely, in parallel, and compares them. @throws Failure that names the first difference. */
export async function verifyCopy(from: Store, to: Store): Promise<CopyVerification> {
  const copies = eventsOf(to);
  let [events, hasSamePositions] = [0, true];
  try {
    for await (const event of eventsOf(from)) {
      const { value: copy } = await copies.next();
      if (copy === undefined) throw sourceChanged();
      const member = differenceOf(event, copy);
      if (member !== undefined) throw different(`the ${member} of ${eventName(event)}`);
      hasSamePositions &&= event.position === copy.position;
      events += 1;
    }
    if ((await copies.next()).value !== undefined) throw different('the target has more events');
  } finally {
    await copies.return();
  }
  const [expected, copied] = [await Receipts.of(from), await Receipts.of(to)];
  for (const [one, other] of [
    [expected, copied],
    [copied, expected],
  ] as const) {
    const [missing] = one.missingIn(other);
    if (missing !== undefined) throw different(`the receipt ${JSON.stringify(missing.key)} of ${missing.streamId}`);
  }
  return { events, receipts: expected.count, hasSamePositions };
}

async function* eventsOf({ eventStore }: Store): AsyncGenerator<RecordedEvent, void, undefined> {
  for await (const page of eventStore.readAll()) yield* page;
}

function sourceChanged(): Failure {
  return new Failure(
    EXIT.tryAgain,
    'A program wrote to the source meanwhile. Stop all writers, and run the same command again to copy the rest.',
  );
}

function different(what: string): Failure {
  return new Failure(EXIT.refused, `The copy differs from its source: ${printable(what)}.`);
}

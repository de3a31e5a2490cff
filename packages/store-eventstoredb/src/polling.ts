import {
  subscribeByReading,
  type Position,
  type ReadAhead,
  type ReadAllOptions,
  type SubscriptionMessage,
} from '@login-policy/event-sourcing';
import { within } from './deadline.js';
import type { LogReader } from './reading-all.js';

/** What {@link pollMessages} needs. */
export interface Polling {
  readonly log: LogReader;
  readonly options: ReadAllOptions;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** A subscription without a call of its own: it looks for more from time to time. */
export function pollMessages(after: Position, polling: Polling): AsyncIterable<SubscriptionMessage> {
  const source = {
    readAhead: (place: Position): Promise<ReadAhead> => readAhead(place, polling),
    changed: async (stop: AbortSignal): Promise<void> => {
      await within(new Promise<void>(() => undefined), polling.everyMs, stop);
    },
  };
  return subscribeByReading(source, after, polling.signal);
}

async function readAhead(after: Position, { log, options, signal }: Polling): Promise<ReadAhead> {
  // The end is looked up first: when nothing comes after `after`, all up to there has been looked at.
  const end = await log.end(signal);
  if (after > end) await log.refuseBeyond(after, signal);
  for await (const page of log.pages({ ...options, after }, signal)) {
    const last = page.at(-1)?.event.position ?? after;
    return { events: page.map(({ event }) => event), considered: last, isHead: false };
  }
  return { events: [], considered: signal.aborted ? after : end, isHead: true };
}

import type { RecordedEvent, Store } from '@login-policy/event-sourcing';
import type { Difference } from '@login-policy/witness';
import { eventName } from '../copy/same-event.js';
import { counted } from '../output/counted.js';
import { printable } from '../output/printable.js';

/** Says where a log does not contain the history of a tree head. */
export async function differenceText(difference: Difference, store: Store): Promise<string> {
  const { matching } = difference;
  const same = matching === 0 ? '' : ` The first ${counted(matching, 'event')} of it are shown to be the same.`;
  if (difference.outcome === 'shorter')
    return `The log is ${counted(difference.by, 'event')} short of the tree head: it has ${difference.size}.${same}\n`;
  if (difference.within > matching + 1)
    return `The log differs from the tree head. The first difference is one of the events ${matching + 1} to ${difference.within}.${same}\n`;
  const event = await eventAt(store, matching);
  const now = event === undefined ? '' : `: in its place is now ${printable(eventName(event))}`;
  return `The log differs from the tree head at event ${difference.within}${now}.${same}\n`;
}

async function eventAt({ eventStore }: Store, index: number): Promise<RecordedEvent | undefined> {
  let before = 0;
  for await (const page of eventStore.readAll()) {
    if (before + page.length > index) return page[index - before];
    before += page.length;
  }
  return undefined;
}

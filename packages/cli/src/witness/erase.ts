import { openLoginPolicies } from '@login-policy/domain';
import type { RecordedEvent } from '@login-policy/event-sourcing';
import { eraseTexts, type EraseAnswer } from '@login-policy/witness';
import { actorOf, CHANGE_OPTIONS, isConfirmed } from '../changes/change-options.js';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { eventName } from '../copy/same-event.js';
import { printable } from '../output/printable.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import type { OpenedStore } from '../store/open-store.js';
import { STORE_OPTIONS } from '../store/store-url.js';
import { withStore } from '../store/with-store.js';

const { actor, reason, yes } = CHANGE_OPTIONS;
const TEXTS = ['actor', 'reason'] as const;

/** Destroys texts. */
export const erase: Command = {
  name: 'witness erase',
  section: 'Witness',
  summary: 'Destroys the texts of actor and reason of an event, and leaves commitments, so that tree heads still hold.',
  details: [
    'For good. That it happened is recorded. Rebuild read models that hold the texts, such as an audit log, and rewrite the file or table (VACUUM). Backups still hold them. On EventStoreDB it is refused.',
  ],
  arguments: [{ name: 'EVENT', description: 'The id of the event.' }],
  options: {
    ...STORE_OPTIONS,
    only: { placeholder: 'TEXT', description: 'Only actor, or only reason. Default: both.' },
    ...Object.fromEntries(
      Object.entries({ actor, reason, yes }).flatMap(([name, spec]) => (spec ? [[name, spec]] : [])),
    ),
    ...OUTPUT_OPTIONS,
  },
  examples: ["login-policy witness erase 01JDQ5Z9W6T1N8C2M4X7R3B0KE --reason 'request 12' --store sqlite:iam.db"],
  run: (invocation) => withStore(invocation, { purpose: 'write' }, (store) => eraseIn(invocation, store)),
};

async function eraseIn(invocation: Invocation, store: OpenedStore): Promise<ExitCode> {
  const { args, io } = invocation;
  const only = args.value('only');
  const texts = TEXTS.filter((text) => only === undefined || only === text);
  if (texts.length === 0) throw new Failure(EXIT.usage, `--only must be actor or reason, not ${JSON.stringify(only)}.`);
  const by = actorOf(args);
  const event = await eventWith(args.requiredArgument('EVENT'), store, io.interrupted);
  const question = `Erase ${texts.join(' and ')} of ${printable(eventName(event))} for good?`;
  if (!(await isConfirmed(invocation, question, () => ''))) {
    writeResult(
      invocation,
      () => ({ outcome: 'not-confirmed' }),
      () => 'Nothing was done.\n',
    );
    return EXIT.refused;
  }
  const { id: eventId, revision, streamId } = event;
  // Opened, so that the append of the record keeps its rows at the head.
  const policies = store.readModelUpdates === 'inline' ? await openLoginPolicies({ store }) : undefined;
  const answer = await eraseTexts(store, { eventId, revision, streamId, texts, ...by });
  await policies?.close();
  if (answer.outcome === 'refused') throw new Failure(EXIT.refused, REFUSALS[answer.reason]);
  writeResult(
    invocation,
    () => answer,
    () => 'Erased. Rebuild read models that hold the texts, and rewrite the file or table (VACUUM).\n',
  );
  return EXIT.done;
}

const REFUSALS: Readonly<Record<(EraseAnswer & { outcome: 'refused' })['reason'], string>> = {
  'not-supported': 'This store can’t erase a text of a recorded event (not-supported). Nothing was changed.',
  'not-found': 'The event is not there any more (not-found). Nothing was changed.',
  'no-salt': 'The text was recorded without a salt, so tree heads would no longer hold (no-salt). Nothing was changed.',
};

async function eventWith(id: string, { eventStore }: OpenedStore, signal: AbortSignal): Promise<RecordedEvent> {
  for await (const page of eventStore.readAll({ signal })) {
    const found = page.find((event) => event.id === id);
    if (found !== undefined) return found;
  }
  signal.throwIfAborted();
  throw new Failure(EXIT.refused, `There is no event ${JSON.stringify(id)}. history --json shows the ids of events.`);
}

import { openLoginPolicies } from '@login-policy/domain';
import type { Store } from '@login-policy/event-sourcing';
import type { Command, Run } from '../command-line/command.js';
import { copyLog } from '../copy/copy-log.js';
import { Receipts } from '../copy/receipts.js';
import { verifyCopy } from '../copy/verify-copy.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';
import { answer, OUTPUT_OPTIONS } from '../output/answer.js';
import { Progress } from '../output/progress.js';
import { openStore } from '../store/open-store.js';
import { parseStoreUrl, readTextFile, refuseSecret, type StorePlace } from '../store/store-url.js';

/** A store that writes appends one by one gets them one by one: in another order a copy could not be taken up again. */
const AT_ONCE = { sqlite: 500, postgres: 500, esdb: 1 } as const;

/** Copies a store into another. */
export const copy: Command = {
  name: 'copy',
  section: 'Operate',
  summary:
    'Copies a store into another one: all events with ids, times and places, and all receipts of idempotency keys.',
  details: [
    'The target is empty, or holds what an earlier copy of the same source has brought there: then it is taken up again. At the end both are read from end to end and compared. Nobody may write to either meanwhile; stop all who write before the last run.',
    'Positions stay the same between SQLite and PostgreSQL. On EventStoreDB they are the server’s own: order and times stay, and a position that was kept is good for nothing there. Read models are not copied, but made anew.',
    'Checkpoints of consumers are not copied: what a handler did belongs to the program, and only it knows whether it is to be done again. A consumer begins with the first event of the target, unless it is told a position (from), which it can be wherever positions are the same.',
  ],
  arguments: [
    { name: 'FROM', is: 'The URL of the source, or @FILE to read it from a file.' },
    { name: 'TO', is: 'The URL of the target, or @FILE.' },
  ],
  options: OUTPUT_OPTIONS,
  examples: ['login-policy copy sqlite:iam.db @postgres-url', 'login-policy copy sqlite:iam.db sqlite:copy.db'],
  run: copied,
};

async function copied(run: Run): Promise<ExitCode> {
  const { given, io } = run;
  const [source, target] = ['FROM', 'TO'].map((word) => placeIn(given.demandedWord(word), io));
  if (source === undefined || target === undefined) throw new Error('Both words have to be there.');
  if (source.shown === target.shown) throw new Failure(EXIT.usage, 'FROM and TO are the same store.');
  const from = await openStore(source, { purpose: 'look' });
  try {
    const to = await openStore(target, { purpose: 'make', durability: 'normal' });
    try {
      const bar = new Progress(io, 'Copied');
      const receipts = await Receipts.of(from);
      const atOnce = AT_ONCE[target.kind];
      const onProgress = (events: number): void => bar.count(events, 'events');
      const done = await copyLog({ from, to, receipts, atOnce, signal: io.interrupted, onProgress });
      bar.end();
      const verified = await verifyCopy(from, to);
      if (to.keeps === 'inline') await makeReadModel(to, io.interrupted);
      const positions = verified.hasSamePositions
        ? 'the same'
        : 'those of the target: a program that kept one begins anew';
      answer(
        run,
        () => ({ ...done, ...verified }),
        () =>
          `${done.copied} events copied, ${done.before} were there. Compared: ${verified.events} events and ${verified.receipts} receipts are the same in both.\nPositions are ${positions}.\nCheckpoints of consumers are not copied: begin each from its position, or all is handled again.\n`,
      );
      return EXIT.done;
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Who looks into it may not be allowed to write. */
async function makeReadModel(store: Store, signal: AbortSignal): Promise<void> {
  const loginPolicies = await openLoginPolicies({ store });
  try {
    await loginPolicies.readModel.catchUp(signal);
  } finally {
    await loginPolicies.close();
  }
}

function placeIn(word: string, io: Io): StorePlace {
  if (word.startsWith('@')) return parseStoreUrl(readTextFile(word.slice(1), io).trim(), io);
  refuseSecret(word);
  return parseStoreUrl(word, io);
}

import { statSync } from 'node:fs';
import { openLoginPolicies } from '@login-policy/domain';
import type { Store } from '@login-policy/event-sourcing';
import type { Command, Invocation } from '../command-line/command.js';
import { copyLog } from '../copy/copy-log.js';
import { Receipts } from '../copy/receipts.js';
import { verifyCopy } from '../copy/verify-copy.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { counted } from '../output/counted.js';
import { Progress } from '../output/progress.js';
import { openStore } from '../store/open-store.js';
import { PATIENCE_OPTIONS, patienceOf } from '../store/patiently.js';
import { storeUrlIn, storeUrlOf, type StoreAddress } from '../store/store-url.js';

/**
 * The number of concurrent appends. EventStoreDB gets one at a time, because out-of-order appends would make it
 * impossible to resume the copy.
 */
const CONCURRENT_APPENDS = { sqlite: 500, postgres: 500, esdb: 1 } as const;

/** Copies a store into another. */
export const copy: Command = {
  name: 'copy',
  section: 'Operate',
  summary:
    'Copies a store into another one: all events with their ids, times and order, and all receipts of idempotency keys.',
  details: [
    'The target must be empty, or contain an interrupted copy of the same source, which is then resumed. At the end, both stores are read completely and compared. No program may write to either store meanwhile, so stop all writers before the last run.',
    'Between SQLite and PostgreSQL, positions stay the same. EventStoreDB assigns its own positions: order and times stay the same, but stored positions are not valid there. Read models are not copied but rebuilt.',
    'Checkpoints of consumers are not copied, because only the program knows whether its handlers must run again. A consumer begins with the first event of the target, unless it gets a position (from), which is only valid where positions are the same.',
  ],
  arguments: [
    { name: 'FROM', description: 'The URL of the source, or @FILE to read it from a file.' },
    { name: 'TO', description: 'The URL of the target, or @FILE.' },
  ],
  options: { ...PATIENCE_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['login-policy copy sqlite:iam.db @postgres-url', 'login-policy copy sqlite:iam.db sqlite:copy.db'],
  run: copyStore,
};

async function copyStore(invocation: Invocation): Promise<ExitCode> {
  const { args, io } = invocation;
  const source = await addressIn(args.requiredArgument('FROM'), io);
  const target = await addressIn(args.requiredArgument('TO'), io);
  if (isSame(source, target)) throw new Failure(EXIT.usage, 'FROM and TO are the same store.');
  const from = await openStore(source, { purpose: 'read' });
  try {
    const to = await openStore(target, { purpose: 'create', durability: 'normal' });
    try {
      const bar = new Progress(io, 'Copied');
      const receipts = await Receipts.of(from);
      const atOnce = CONCURRENT_APPENDS[target.kind];
      const onProgress = (events: number): void => bar.count(events, 'events');
      const patience = patienceOf(args, io.interrupted);
      const counts = await copyLog({ from, to, receipts, atOnce, patience, signal: io.interrupted, onProgress });
      bar.end();
      const verified = await verifyCopy(from, to);
      if (to.readModelUpdates === 'inline') await createReadModel(to, io.interrupted);
      const positions = verified.hasSamePositions
        ? 'the same'
        : 'assigned by the target: a program with a stored position must start over';
      writeResult(
        invocation,
        () => ({ ...counts, ...verified }),
        () =>
          `${counted(counts.copied, 'event')} copied, ${counted(counts.before, 'was', 'were')} already there. The same in both: ${counted(verified.events, 'event')}, ${counted(verified.receipts, 'receipt')}.\nPositions are ${positions}.\nCheckpoints of consumers are not copied: start each from its position; otherwise it handles all events again.\n`,
      );
      return EXIT.done;
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Creates the read model now, because a user who only reads may not be allowed to write. */
async function createReadModel(store: Store, signal: AbortSignal): Promise<void> {
  const loginPolicies = await openLoginPolicies({ store });
  try {
    await loginPolicies.readModel.catchUp(signal);
  } finally {
    await loginPolicies.close();
  }
}

/** Whether both are one store. A file may have several names. */
function isSame(source: StoreAddress, target: StoreAddress): boolean {
  if (source.kind !== 'sqlite' || target.kind !== 'sqlite') return source.shown === target.shown;
  const [one, other] = [source, target].map(({ path }) => statSync(path, { throwIfNoEntry: false }));
  return source.path === target.path || (one !== undefined && one.ino === other?.ino && one.dev === other.dev);
}

async function addressIn(text: string, io: Io): Promise<StoreAddress> {
  return text.startsWith('@') ? await storeUrlIn(text.slice(1), io) : storeUrlOf(text, io);
}

import { resolve } from 'node:path';
import { openLoginPolicies } from '@login-policy/domain';
import { isFault } from '@login-policy/event-sourcing';
import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { withStore } from '../store/with-store.js';
import { STORE_OPTIONS, storePlaceOf } from '../store/store-url.js';

/** Copies a SQLite file while it is in use. */
export const backup: Command = {
  name: 'backup',
  section: 'Operate',
  summary: 'Writes a consistent copy of a SQLite file while other programs write to it. It never overwrites a file.',
  details: [
    'PostgreSQL and EventStoreDB have tools of their own (pg_dump, a snapshot of the disk); or copy the store into a SQLite file.',
  ],
  arguments: [{ name: 'FILE', is: 'The file to write. It must not exist.' }],
  options: STORE_OPTIONS,
  examples: ['login-policy backup iam-2026-11-28.db --store sqlite:iam.db'],
  run: backedUp,
};

async function backedUp({ given, io }: Run): Promise<ExitCode> {
  const place = storePlaceOf(given, io);
  if (place.kind !== 'sqlite') {
    const advice = `Use its own tools, or login-policy copy ${place.shown} sqlite:FILE.`;
    throw new Failure(EXIT.usage, `backup is for SQLite files. ${advice}`);
  }
  const file = given.requiredWord('FILE');
  const { openSqliteStore } = await import('@login-policy/store-sqlite');
  const store = await openSqliteStore({ path: place.path, readOnly: true });
  try {
    await store.backup(resolve(io.cwd, file), { signal: io.interrupted });
  } catch (caught) {
    // These faults are about the written file, not about the store.
    if (!isFault(caught, 'store-unavailable') && !isFault(caught, 'store-full')) throw caught;
    throw new Failure(EXIT.output, `${file} can't be written: ${caught.message}.`, { cause: caught });
  } finally {
    await store.close();
  }
  io.out.write(`Backed up to ${file}.\n`);
  return EXIT.done;
}

/** Creates a store, or migrates it to this version. */
export const migrate: Command = {
  name: 'migrate',
  section: 'Operate',
  summary: 'Creates an empty store if none exists; otherwise migrates its schema to this version.',
  details: [
    'Programs of the previous release can go on using the store (docs/how-to/upgrade-and-go-back.md). A second run changes nothing.',
  ],
  options: STORE_OPTIONS,
  examples: ['login-policy migrate --store sqlite:iam.db'],
  run: (run) =>
    withStore(run, { purpose: 'make' }, async (store, place) => {
      const loginPolicies = await openLoginPolicies({ store });
      try {
        await loginPolicies.readModel.catchUp(run.io.interrupted);
      } finally {
        await loginPolicies.close();
      }
      run.io.out.write(`${place.shown} is ready for this version.\n`);
      return EXIT.done;
    }),
};

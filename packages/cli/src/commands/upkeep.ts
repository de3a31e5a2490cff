import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openLoginPolicies } from '@login-policy/domain';
import { isFault } from '@login-policy/event-sourcing';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { withStore } from '../store/with-store.js';
import { STORE_OPTIONS, storeAddressOf } from '../store/store-url.js';

/** Copies a SQLite file while it is in use. */
export const backup: Command = {
  name: 'backup',
  section: 'Operate',
  summary: 'Writes a consistent copy of a SQLite file while other programs write to it. It never overwrites a file.',
  details: [
    'PostgreSQL and EventStoreDB have tools of their own (pg_dump, a snapshot of the disk); or copy the store into a SQLite file.',
  ],
  arguments: [{ name: 'FILE', description: 'The file to write. It must not exist.' }],
  options: STORE_OPTIONS,
  examples: ['login-policy backup iam-2026-11-28.db --store sqlite:iam.db'],
  run: writeBackup,
};

async function writeBackup({ args, io }: Invocation): Promise<ExitCode> {
  const address = await storeAddressOf(args, io);
  if (address.kind !== 'sqlite') {
    const advice = `Use its own tools, or login-policy copy ${address.shown} sqlite:FILE.`;
    throw new Failure(EXIT.usage, `backup is for SQLite files. ${advice}`);
  }
  const file = args.requiredArgument('FILE');
  const path = resolve(io.cwd, file);
  if (existsSync(path)) throw new Failure(EXIT.output, `${file} exists already, and is not overwritten.`);
  const { openSqliteStore } = await import('@login-policy/store-sqlite');
  const store = await openSqliteStore({ path: address.path, readOnly: true }).catch(withBackupAdvice);
  try {
    await store.backup(path, { signal: io.interrupted });
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

/** Only a program of its own version can open a file; to migrate it first would leave no way back. */
function withBackupAdvice(caught: unknown): never {
  if (!isFault(caught, 'store-foreign') || !caught.message.includes('schema version')) throw caught;
  const advice = 'Back it up by the version of login-policy that wrote it, before you migrate it.';
  throw new Failure(EXIT.store, `${caught.message}. ${advice}`, { cause: caught });
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
  run: (invocation) =>
    withStore(invocation, { purpose: 'create' }, async (store, address) => {
      const loginPolicies = await openLoginPolicies({ store });
      try {
        await loginPolicies.readModel.catchUp(invocation.io.interrupted);
      } finally {
        await loginPolicies.close();
      }
      invocation.io.out.write(`${address.shown} is ready for this version.\n`);
      return EXIT.done;
    }),
};

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { embeddedPackage, type Identity } from './embedded-machine.js';

const run = promisify(execFile);

export const ENVIRONMENT = { PATH: process.env['PATH'], LC_ALL: 'C' };

const OPTIONS = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];

/** Beside what the set-up keeps for this clone. */
const KEPT = fileURLToPath(new URL('../../../.data/', import.meta.url));

/**
 * Makes the files of a new cluster. `initdb` takes six times the processor of a copy, so it runs once for this clone
 * and each version, user and options.
 */
export async function makeCluster(
  data: string,
  { binaries, identity }: { readonly binaries: string; readonly identity: Identity },
): Promise<void> {
  const kept = keptFor(identity);
  if (existsSync(kept)) return void (await run('cp', ['-a', kept, data]));
  const owner = { ...identity, env: ENVIRONMENT, cwd: dirname(data) };
  await run(join(binaries, 'initdb'), ['-D', data, ...OPTIONS], owner);
  mkdirSync(KEPT, { recursive: true });
  const unfinished = mkdtempSync(`${kept}-`);
  try {
    await run('cp', ['-a', data, join(unfinished, 'data')]);
    renameSync(join(unfinished, 'data'), kept);
  } catch (caught) {
    // Another process may have been first.
    if (!existsSync(kept)) throw caught;
  } finally {
    await run('rm', ['-rf', unfinished]);
  }
}

function keptFor({ uid }: Identity): string {
  const parts = [readFileSync(join(embeddedPackage(), 'package.json'), 'utf8'), uid ?? process.getuid?.(), OPTIONS];
  const name = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  return join(KEPT, `postgres-${name}`);
}

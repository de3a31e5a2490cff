import { realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { installEnvironment } from './pnpm.mjs';
import { SetUpFailed, programOfNpm, run, say } from './process.mjs';

const probe = `new (require('better-sqlite3'))(':memory:').close()`;

/** What a machine must have where no prebuilt binary of better-sqlite3 fits or can be fetched. */
const driverNeeds =
  `better-sqlite3 has no binary for Node ${process.versions.node} on ${process.platform}-${process.arch} at hand, and could ` +
  'not be compiled. Install a C++ compiler, make and Python 3 (Debian, Ubuntu: apt-get install build-essential python3), ' +
  'or let this machine reach github.com, then run the same command again.';

/**
 * Proves that better-sqlite3's native half loads in a Node that has no SQLite of its own, and fetches or compiles it where it
 * does not. Every other Node needs nothing native: the install script is not among those that pnpm runs.
 */
export async function ensureSqliteDriver(root) {
  if (isBuiltin('node:sqlite') || (await load(root)).code === 0) return;

  say('Node 20 needs the native half of better-sqlite3; fetching or building it (a minute or two).');
  const rebuild = await run([...programOfNpm('npm'), 'run', 'install'], {
    cwd: realpathSync(join(root, 'node_modules', 'better-sqlite3')),
    env: installEnvironment(),
    doing: 'building better-sqlite3',
  });
  const again = await load(root);
  if (again.code === 0) return;
  throw new SetUpFailed(driverNeeds, `${rebuild.output}\n${reasonIn(again.output)}`);
}

function reasonIn(output) {
  return output.split('\n').find((line) => /Error/.test(line)) ?? output;
}

/** In a process of its own: a binary for another Node may end the process that loads it. */
function load(root) {
  return run([process.execPath, '--input-type=commonjs', '--eval', probe], {
    cwd: root,
    doing: 'loading better-sqlite3',
  });
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Peers } from './peers.js';

/**
 * Prepares the peers. emmett's SQLite store uses the driver `sqlite3`, whose native part the workspace's install does
 * not build. It is built here on first use. If it can't be, the peer is left out with a reason, as in a quick run.
 */
export async function openPeers(isQuick: boolean, tell: (line: string) => void): Promise<Peers> {
  if (isQuick) return { emmettSqlite: undefined, whyNot: 'a quick run has no peers' };
  try {
    buildDriver(tell);
    return { emmettSqlite: await import('@event-driven-io/emmett-sqlite'), whyNot: undefined };
  } catch (caught) {
    const whyNot = caught instanceof Error ? caught.message : String(caught);
    tell(`emmett-sqlite is left out: ${whyNot}`);
    return { emmettSqlite: undefined, whyNot };
  }
}

function buildDriver(tell: (line: string) => void): void {
  const requireFromPeer = createRequire(fileURLToPath(import.meta.resolve('@event-driven-io/emmett-sqlite')));
  const folder = dirname(requireFromPeer.resolve('sqlite3/package.json'));
  if (existsSync(join(folder, 'build', 'Release', 'node_sqlite3.node'))) return;
  tell(`Building sqlite3, which emmett-sqlite needs, in ${folder}: about a minute …`);
  const built = spawnSync('npm', ['run', 'install'], {
    cwd: folder,
    env: withHeaders(),
    encoding: 'utf8',
    shell: true,
  });
  if (built.status === 0) return;
  const said = `${built.stdout}\n${built.stderr}`.trim().split('\n').slice(-3).join(' | ');
  throw new Error(`its driver sqlite3 can't be built here (npm run install in ${folder}): ${said}`);
}

/** Uses the headers that Node was installed with, instead of fetching them. */
function withHeaders(): NodeJS.ProcessEnv {
  const beside = dirname(dirname(process.execPath));
  if (!existsSync(join(beside, 'include', 'node', 'node.h'))) return process.env;
  return { npm_config_nodedir: beside, ...process.env };
}

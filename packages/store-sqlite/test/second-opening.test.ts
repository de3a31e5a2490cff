import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne } from './events.js';
import { freshFolder } from './files.js';

const onlooker = fileURLToPath(new URL('./onlooker.js', import.meta.url));

/** How many events another program finds, which opens the file, looks and goes. */
async function seenFromOutside(path: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [onlooker, path]);
  return JSON.parse(stdout);
}

/** The paths that Node itself opens meanwhile, beside SQLite. */
async function openedByNode(work: () => Promise<void>): Promise<readonly string[]> {
  const paths: string[] = [];
  const { openSync } = fs;
  fs.openSync = (path, ...rest) => {
    paths.push(String(path));
    return openSync(path, ...rest);
  };
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    fs.openSync = openSync;
    syncBuiltinESMExports();
  }
  return paths;
}

describe('a store that is opened a second time in one process', () => {
  for (const again of ['and stays open', 'and is closed again'] as const) {
    it(`keeps its locks, so that no tool beside it takes the log away: the second one opens ${again}`, async () => {
      const folder = await freshFolder();
      const path = folder.path('store.db');
      const first = await openSqliteStore({ path });
      await first.eventStore.append(appendOne());
      const second = await openSqliteStore({ path });
      if (again === 'and is closed again') await second.close();
      expect(await seenFromOutside(path)).to.deep.equal({ count: 1 });
      await first.eventStore.append(appendOne());
      expect(await seenFromOutside(path), 'what was acknowledged is in the file').to.deep.equal({ count: 2 });
      await second.close();
      await first.close();
      await folder.remove();
    });
  }

  // Closing any descriptor of a file drops all the locks this process has on it. SQLite alone knows how to avoid that;
  // from 3.52 on it also notices in time, so that only an older tool beside us would do the harm.
  it('is never opened but by SQLite', async () => {
    const folder = await freshFolder();
    const path = folder.path('store.db');
    const first = await openSqliteStore({ path });
    const opened = await openedByNode(async () => {
      await (await openSqliteStore({ path, integrityCheck: 'full' })).close();
    });
    expect(opened).to.deep.equal([]);
    await first.close();
    await folder.remove();
  });
});

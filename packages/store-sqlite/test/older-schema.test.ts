import { existsSync } from 'node:fs';
import { isFault } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { faultOf, freshFolder, type Folder } from './files.js';
import { tamper } from './raw.js';

describe('a file that this program did not make, or may not migrate', () => {
  let folder: Folder;
  let path: string;

  beforeEach(async () => {
    folder = await freshFolder();
    path = folder.path('store.db');
  });
  afterEach(() => folder.remove());

  it('is refused by name if a commit before the first release made it', async () => {
    tamper(
      path,
      'CREATE TABLE events (position INTEGER)',
      'PRAGMA application_id = 0x4c504f4c',
      'PRAGMA user_version = 6',
    );
    const fault = await faultOf(openSqliteStore({ path }));
    expect(isFault(fault, 'store-foreign')).to.equal(true);
    expect(String(fault)).to.include('before the first release');
  });

  it('is refused if it is missing, empty or older while it may only be checked, and left as it is', async () => {
    const opened = (): Promise<unknown> => openSqliteStore({ path, migrate: 'check' });
    const faults = [await faultOf(opened())];
    expect(existsSync(path)).to.equal(false);
    tamper(path, 'PRAGMA user_version = 0');
    faults.push(await faultOf(opened()));
    await (await openSqliteStore({ path })).close();
    await (await openSqliteStore({ path, migrate: 'check' })).close();
    tamper(path, 'PRAGMA user_version = 0');
    faults.push(await faultOf(opened()));
    expect(faults.map((fault) => isFault(fault, 'store-foreign'))).to.deep.equal([true, true, true]);
  });
});

import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { faultOf, freshFolder } from './files.js';

describe('an unknown option of a SQLite store', () => {
  // better-sqlite3 spells it so: passed over, the file would be opened to be written.
  it('is refused by name, before anything is opened', async () => {
    const options = Object({ path: '/nowhere/at/all.db', readonly: true });
    const caught: unknown = await openSqliteStore(options).catch((error: unknown) => error);
    expect(String(caught)).to.equal('RangeError: openSqliteStore: readonly is not an option. Did you mean readOnly?');
  });
});

describe('an argument of a SQLite store that it can’t work with', () => {
  it('is refused by its name: the name of a file that would be another one', async () => {
    const folder = await freshFolder();
    const store = await openSqliteStore({ path: folder.path('store.db') });
    for (const path of ['a\0b', '\ud800', ' a', '', Object(undefined), Object(5)]) {
      const refused = [await faultOf(openSqliteStore({ path })), await faultOf(store.backup(path))];
      for (const error of refused) expect(error).to.be.instanceOf(RangeError).with.property('message').includes('path');
    }
    await store.close();
    await folder.remove();
  });

  it('is refused by its name: how to back up or check', async () => {
    const folder = await freshFolder();
    const store = await openSqliteStore({ path: folder.path('store.db') });
    for (const options of [{ onprogress: () => undefined }, { onProgress: 5 }, { signal: 5 }]) {
      const error = await faultOf(store.backup(folder.path('copy.db'), Object(options)));
      expect(error)
        .to.be.instanceOf(RangeError)
        .with.property('message')
        .match(/^backup: (?:on[pP]rogress|signal) /);
    }
    const kinds: readonly 'full'[] = JSON.parse('["Full", "none", null]');
    for (const kind of kinds) {
      const error = await faultOf(store.check(kind));
      expect(error).to.be.instanceOf(RangeError).with.property('message').includes('kind');
    }
    await store.close();
    await folder.remove();
  });
});

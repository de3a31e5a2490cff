import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { describe, it } from 'mocha';

describe('an option of a SQLite store that there is not', () => {
  // better-sqlite3 spells it so: passed over, the file would be opened to be written.
  it('is refused by its name, before anything is opened', async () => {
    const options = Object({ path: '/nowhere/at/all.db', readonly: true });
    const caught: unknown = await openSqliteStore(options).catch((error: unknown) => error);
    expect(String(caught)).to.equal('RangeError: openSqliteStore: readonly is not an option. Did you mean readOnly?');
  });
});

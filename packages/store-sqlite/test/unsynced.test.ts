import { ProjectionRunner } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne } from './events.js';
import { faultOf, freshFolder } from './files.js';
import { valueOf } from './raw.js';
import { SQL } from './statements.js';
import { watchDriver } from './watched-driver.js';

const [NORMAL, FULL] = [1, 2];

describe('a step of a read model', () => {
  it('is not synced, but every append after it is', async () => {
    const folder = await freshFolder();
    const driver = watchDriver();
    const store = await openSqliteStore({ path: folder.path('store.db') });
    await store.eventStore.append(appendOne());
    let seen: unknown[] = [];
    const look = (): void => {
      driver.strikeAt('COMMIT', (proceed, database) => {
        seen.push(valueOf(database, 'PRAGMA synchronous'));
        look();
        return proceed();
      });
    };
    const duringAppend = async (): Promise<unknown[]> => {
      seen = [];
      await store.eventStore.append(appendOne());
      return seen;
    };
    const projector = await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' });
    look();
    await projector.catchUp();
    expect(seen).to.include(NORMAL);
    expect(await duringAppend()).to.deep.equal([FULL]);
    driver.strikeAt(SQL.insertRow, () => {
      throw new Error('struck');
    });
    expect(await faultOf(projector.rebuild())).to.have.property('message', 'struck');
    expect(await duringAppend()).to.deep.equal([FULL]);
    driver.restore();
    await store.close();
    await folder.remove();
  });
});

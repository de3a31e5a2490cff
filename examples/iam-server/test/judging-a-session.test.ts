import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { openMemoryStore, type Store } from '@login-policy/event-sourcing';
import { Accounts, openAccounts, Sessions, SignInPolicies, type Database } from '@login-policy/iam-server';
import { expect } from 'chai';
import { after, before, beforeEach, describe, it } from 'mocha';
import { StoreServer } from './store-server.js';

const INSTANCE = { id: 'one' };
const OWNER = { instanceId: 'one' };
const BY = { actor: 'test' };

describe('judging a session', () => {
  let folder: string;
  let postgres: StoreServer;
  const databases: Database[] = [];
  let store: Store;
  let policies: LoginPolicies;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'judging-'));
    postgres = await StoreServer.start('PostgreSQL');
    for (const url of [`sqlite:${join(folder, 'accounts.sqlite')}`, postgres.url])
      databases.push(await openAccounts(url));
    for (const database of databases) {
      const add = (sql: string): Promise<unknown> => database.run({ sql, values: [] });
      await add("INSERT INTO iam.meta (key, value) VALUES ('directory', 'v')");
      await add("INSERT INTO iam.instances (id, name, added_at) VALUES ('one', 'One', 1)");
      await add("INSERT INTO iam.organizations (instance, id, name) VALUES ('one', 'acme', 'Acme')");
      for (const [id, organization] of [
        ['ada', 'NULL'],
        ['ben', "'acme'"],
      ]) {
        await add(
          `INSERT INTO iam.users (instance, id, organization, name, role) VALUES ('one', '${id}', ${organization}, '${id}', 'USER')`,
        );
        await add(
          `INSERT INTO iam.credentials (id, instance, user_id, kind, secret, added_at) VALUES ('${id}', 'one', '${id}', 'PASSWORD', '!', 1)`,
        );
      }
    }
  });
  beforeEach(async () => {
    store = openMemoryStore();
    policies = await openLoginPolicies({ store });
    orThrow(await policies.add(OWNER, freshInstance, BY));
  });
  after(async () => {
    await Promise.all(databases.map((one) => one.close()));
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const isCheap = async (database: Database): Promise<void> => {
    const log: string[] = [];
    const counting: Database = {
      ...{ name: database.name, close: () => database.close(), atOnce: (all) => database.atOnce(all) },
      async run(statement) {
        log.push('statement');
        const rows = await database.run(statement);
        log.push('rows');
        return rows;
      },
    };
    const reading = <Answer>(read: () => Promise<Answer>): Promise<Answer> => {
      log.push('policy');
      return read();
    };
    const read = {
      policy: ((owner, options) => reading(() => policies.policy(owner, options))) as LoginPolicies['policy'],
      effectivePolicy: ((owner, options) =>
        reading(() => policies.effectivePolicy(owner, options))) as LoginPolicies['effectivePolicy'],
    };
    const accounts = new Accounts(database);
    const judge = new SignInPolicies(read, () => store.eventStore.head());
    const [sessions, counted] = [accounts, new Accounts(counting)].map((one) => new Sessions(one, judge));
    for (const id of ['ada', 'ben']) {
      const account = await accounts.user('one', { id });
      if (account === undefined) throw new Error('nobody');
      const token = (await sessions?.begin(INSTANCE, account, account.credentials)) ?? '';
      log.splice(0);
      expect((await counted?.find(token, INSTANCE))?.user.id).to.equal(id);
      expect([log.slice(0, 2).toSorted(), log.slice(2)]).to.deep.equal([['policy', 'statement'], ['rows']]);
    }
  };

  it('costs one statement and one read of a policy, both at once, for each user on each database', async () => {
    for (const database of databases) await isCheap(database);
  });

  const isAsOfNow = async (database: Database): Promise<void> => {
    const stale = await policies.policy(OWNER);
    // As on EventStoreDB in a process whose line to the server stalls: by default the policy of some seconds ago.
    const read = {
      policy: (async (owner, options) =>
        options?.atLeast === undefined ? stale : policies.policy(owner, options)) as LoginPolicies['policy'],
      effectivePolicy: policies.effectivePolicy.bind(policies),
    };
    const sessions = new Sessions(new Accounts(database), new SignInPolicies(read, () => store.eventStore.head()));
    const account = await new Accounts(database).user('one', { id: 'ada' });
    if (account === undefined) throw new Error('nobody');
    const token = (await sessions.begin(INSTANCE, account, account.credentials)) ?? '';
    orThrow(await policies.change(OWNER, { forceMfa: true }, BY));
    expect(await sessions.find(token, INSTANCE), 'by default').to.not.equal(undefined);
    expect(await sessions.find(token, INSTANCE, 'as of now')).to.equal(undefined);
    orThrow(await policies.change(OWNER, { forceMfa: false }, BY));
  };

  it('after it is written asks for the policy as of now: an older one may have let its user in', async () => {
    for (const database of databases) await isAsOfNow(database);
  });
});

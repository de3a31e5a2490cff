import { copyFile, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAccounts, type Database } from '@login-policy/iam-server';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { AccountsFile } from './accounts-file.js';
import { call, cookieIn, signIn, trySignIn } from './client.js';
import { TestBench, type Quickstart, type Server } from './running-server.js';
import { eventually } from './waiting.js';

const SESSION = '/iam/v1/session';

describe('the accounts in SQLite', () => {
  const bench = new TestBench();
  let server: Server;
  let quickstart: Quickstart;
  let file: string;
  beforeEach(async () => {
    ({ server, quickstart } = await bench.serve({ IAM_BEHIND_PROXY: 'yes', IAM_LOG: 'error' }));
    file = join(server.folder, '.data', 'accounts.sqlite');
  });
  afterEach(() => bench.clear());

  const enter = async (): Promise<number> =>
    (await trySignIn(server.url, 'viewer', quickstart.users.viewer.password)).status;
  const statusOf = async (headers: Readonly<Record<string, string>>): Promise<number> =>
    (await call(server.url, SESSION, { headers })).status;

  it('held by another program refuse who signs in with 503, hold nothing else up, and go on after', async () => {
    const session = await signIn(quickstart, 'owner');
    using accounts = new AccountsFile(server);
    accounts.hold();
    const entering = enter();
    expect(await statusOf(session), 'reading goes on').to.equal(200);
    expect((await call(server.url, '/debug/healthz')).status).to.equal(200);
    expect(await entering).to.equal(503);
    accounts.release();
    expect(await enter()).to.equal(200);
  });

  it('held for a moment only make a sign-in wait', async () => {
    using accounts = new AccountsFile(server);
    accounts.hold();
    const entering = enter();
    // It has come to where it writes, and is told to wait.
    for (let asked = 0; asked < 5; asked++) await call(server.url, SESSION);
    accounts.release();
    expect(await entering).to.equal(200);
  });

  it('that are gone refuse everybody, and let them in when they are back', async () => {
    const session = await signIn(quickstart, 'owner');
    await rename(file, `${file}.away`);
    expect([await statusOf(session), await enter()]).to.deep.equal([503, 503]);
    await rename(`${file}.away`, file);
    expect([await statusOf(session), await enter()]).to.deep.equal([200, 200]);
  });

  it('that are put back under a running server are those of the backup from then on', async () => {
    const before = await signIn(quickstart, 'owner');
    await copyFile(file, `${file}.backup`);
    const after = await signIn(quickstart, 'owner');
    using accounts = new AccountsFile(server);
    accounts.run("DELETE FROM sessions WHERE user_id = 'owner'");
    expect([await statusOf(before), await statusOf(after)]).to.deep.equal([204, 204]);
    await rename(`${file}.backup`, file);
    expect([await statusOf(before), await statusOf(after), await enter()]).to.deep.equal([200, 204, 200]);
  });

  it('damaged as a whole refuse a start by name, and are left as they are', async () => {
    await server.stop();
    const foreign = join(server.folder, 'letter.txt');
    await writeFile(foreign, 'Dear database, '.repeat(100), { mode: 0o644 });
    const { errors } = await bench.fail({ IAM_ACCOUNTS: `sqlite:${foreign}` }, server.folder);
    expect(errors.join()).to.match(/The accounts of IAM_ACCOUNTS, sqlite:.* can't be opened: .* not a database/);
    expect((await stat(foreign)).mode & 0o777, 'another program’s file').to.equal(0o644);
    using accounts = new AccountsFile(server);
    accounts.run("UPDATE meta SET value = '2' WHERE key = 'version'");
    const newer = await bench.fail({}, server.folder);
    expect(newer.errors.join()).to.match(/have the version 2, which a newer program wrote/);
    accounts.run("UPDATE meta SET value = '1' WHERE key = 'version'");
    await server.start();
  });

  it('lose nothing that was answered when the server is killed, and keep no half of it', async () => {
    await server.stop();
    const { viewer } = quickstart.users;
    const cookies: string[] = [];
    for (let round = 0; round < 4; round++) {
      const killed = bench.spawn(server.folder, { IAM_BEHIND_PROXY: 'yes', IAM_LOG: 'error' });
      const url = await killed.url();
      let entered = 0;
      const entering = Array.from({ length: 8 }, async (_, index) => {
        const headers = { 'x-forwarded-for': `192.0.2.${round * 8 + index}` };
        const answer = await call(url, SESSION, { verb: 'POST', headers, body: viewer }).catch(() => undefined);
        if (answer?.status !== 200) return;
        cookies.push(cookieIn(answer).split(';')[0] ?? '');
        if (++entered > 1 + round) killed.signal('SIGKILL');
      });
      await Promise.all(entering);
      killed.signal('SIGKILL');
      await killed.ended();
    }
    await server.start();
    for (const cookie of cookies) expect(await statusOf({ cookie })).to.equal(200);
    using accounts = new AccountsFile(server);
    expect(accounts.run('PRAGMA integrity_check')).to.deep.equal([{ integrity_check: 'ok' }]);
    const half = 'SELECT digest FROM sessions WHERE digest NOT IN (SELECT session FROM checks)';
    expect(accounts.run(half)).to.deep.equal([]);
    await eventually('no lock is left', async () => (await enter()) === 200 || undefined);
  });
});

describe('a database of accounts', () => {
  let folder: string;
  let database: Database;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'accounts-'));
    database = await openAccounts(`sqlite:${join(folder, 'accounts.sqlite')}`);
  });
  afterEach(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (sql: string): Promise<unknown> => database.run({ sql, values: [] });
  const use = (count: number): Promise<unknown> =>
    database.atOnce(
      Array.from({ length: count }, (_, index) => ({
        sql: `INSERT INTO iam.used_challenges (digest, until) VALUES ($1, 1) RETURNING digest`,
        values: [`${index} ${'x'.repeat(500)}`],
      })),
    );
  const count = async (): Promise<number> =>
    (await database.run({ sql: 'SELECT digest FROM iam.used_challenges', values: [] })).length;

  it('without room writes nothing of what is one, says so, and goes on when there is room', async () => {
    await run('PRAGMA max_page_count = 40');
    const told = await use(500).catch(String);
    expect(told).to.match(/has no room left; nothing was written/);
    expect(await count()).to.equal(0);
    await run('PRAGMA max_page_count = 4000');
    await use(500);
    expect(await count()).to.equal(500);
  });

  it('that can only be read is not available for writing, and is read', async () => {
    await use(1);
    await run('PRAGMA query_only = ON');
    expect(await use(2).catch(String)).to.match(/StoreUnavailable: .*is not available: /);
    expect(await count()).to.equal(1);
  });
});

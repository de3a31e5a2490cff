import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { after, describe, it } from 'mocha';
import { AccountsFile } from './accounts-file.js';
import { bearer, call, json, signIn, trySignIn, type PolicyRead } from './client.js';
import { commandIn, TestBench } from './running-server.js';

const SESSION = '/iam/v1/session';
const POLICY = '/admin/v1/policies/login';

describe('the drill of docs/how-to/back-up-the-iam-server.md', () => {
  const bench = new TestBench();
  after(() => bench.clear());

  it('brings back policies and people as they were, without their sessions', async () => {
    const { server, quickstart } = await bench.serve();
    const data = (name: string): string => join(server.folder, '.data', name);
    const session = await signIn(quickstart, 'owner');
    const password = (await commandIn(server.folder, ['user', 'add', 'eve'])).split(' ').at(-1) ?? '';
    const store = await openSqliteStore({ path: data('login-policy.sqlite') });
    await store.backup(data('policies.backup'));
    await store.close();
    const accounts = new AccountsFile(server);
    accounts.run(`VACUUM INTO '${data('accounts.backup')}'`);
    accounts[Symbol.dispose]();

    const headers = bearer(quickstart.tokens.owner);
    await call(server.url, `${POLICY}/second_factors/SECOND_FACTOR_TYPE_U2F`, { verb: 'DELETE', headers });
    await commandIn(server.folder, ['user', 'disable', 'eve']);
    await server.stop();
    for (const name of ['login-policy.sqlite-wal', 'login-policy.sqlite-shm', 'accounts.sqlite-journal'])
      await rm(data(name), { force: true });
    await copyFile(data('policies.backup'), data('login-policy.sqlite'));
    await copyFile(data('accounts.backup'), data('accounts.sqlite'));
    expect(await commandIn(server.folder, ['session', 'end'])).to.equal('1 sessions were ended.');
    const url = await server.start();
    expect((await call(url, SESSION, { headers: session })).status).to.equal(204);
    expect((await trySignIn(url, 'eve', password)).status).to.equal(200);
    const { policy } = json<PolicyRead>(await call(url, POLICY, { headers }));
    expect(policy.secondFactors).to.include('SECOND_FACTOR_TYPE_U2F');
  });
});

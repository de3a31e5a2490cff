import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UserClass } from '@login-policy/domain/people';
import { census, openAccounts, type Database } from '@login-policy/iam-server';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { StoreServer } from './store-server.js';

const [PASSKEY, INSTANCE] = ['U2F_WITH_VERIFICATION', { instanceId: 'one' }] as const;

/** Users as [id, organization, role, credentials, disabled]. */
const USERS: readonly (readonly [string, string | null, string, readonly string[], boolean?])[] = [
  ['owner', null, 'IAM_OWNER', ['PASSWORD']],
  ['viewer', null, 'IAM_OWNER_VIEWER', ['PASSWORD', 'TOTP?']],
  ['ada', 'acme', 'USER', ['TOTP', PASSKEY, 'PASSWORD', PASSKEY]],
  ['ben', 'acme', 'ORG_OWNER', ['PASSWORD', PASSKEY, 'TOTP']],
  ['cem', 'acme', 'USER', ['PASSWORD', 'LINK=google']],
  ['dot', 'acme', 'USER', ['LINK=google', 'LINK=azure']],
  ['eve', 'acme', 'USER', [], true],
  ['fay', 'globex', 'USER', []],
];

const EXPECTED: readonly UserClass[] = [
  { hasPassword: true, factors: [], identityProviders: [], users: 2, administrators: 1 },
  {
    organizationId: 'acme',
    hasPassword: true,
    factors: ['TOTP', PASSKEY],
    identityProviders: [],
    users: 2,
    administrators: 1,
  },
  {
    organizationId: 'acme',
    hasPassword: true,
    factors: [],
    identityProviders: ['google'],
    users: 1,
    administrators: 0,
  },
  {
    organizationId: 'acme',
    hasPassword: false,
    factors: [],
    identityProviders: ['azure', 'google'],
    users: 1,
    administrators: 0,
  },
  { organizationId: 'globex', hasPassword: false, factors: [], identityProviders: [], users: 1, administrators: 0 },
];

async function fill(database: Database): Promise<void> {
  const run = (sql: string, ...values: (string | number | null)[]): Promise<unknown> => database.run({ sql, values });
  for (const id of ['one', 'two'])
    await run('INSERT INTO iam.instances (id, name, added_at) VALUES ($1, $2, 1)', id, id);
  for (const id of ['acme', 'globex'])
    await run('INSERT INTO iam.organizations (instance, id, name) VALUES ($1, $2, $3)', 'one', id, id);
  const add =
    'INSERT INTO iam.users (instance, id, organization, name, role, disabled_at) VALUES ($1, $2, $3, $4, $5, $6)';
  await run(add, 'two', 'owner', null, 'owner', 'IAM_OWNER', null);
  let count = 0;
  for (const [id, organization, role, credentials, isDisabled = false] of USERS) {
    await run(add, 'one', id, organization, id, role, isDisabled ? 1 : null);
    for (const credential of credentials) {
      const [kind = '', secret = 'x'] = credential.replace('?', '').split('=');
      await run(
        `INSERT INTO iam.credentials (id, instance, user_id, kind, secret, ready, added_at) VALUES ($1, $2, $3, $4, $5, $6, 1)`,
        ...[String(count++), 'one', id, kind, secret, credential.endsWith('?') ? 0 : 1],
      );
    }
  }
}

async function classesIn(database: Database): Promise<readonly UserClass[]> {
  const classes: UserClass[] = [];
  for await (const page of census(database, INSTANCE)) classes.push(...page);
  return classes;
}

describe('the census of users', () => {
  let folder: string;
  let postgres: StoreServer;
  const databases: Database[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'census-'));
    postgres = await StoreServer.start('PostgreSQL');
    for (const url of [`sqlite:${join(folder, 'accounts.sqlite')}`, postgres.url])
      databases.push(await openAccounts(url));
    for (const database of databases) await fill(database);
  });
  after(async () => {
    await Promise.all(databases.map((one) => one.close()));
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('counts them by what they have set up, in SQLite as in PostgreSQL', async () => {
    for (const database of databases) {
      const classes = (await classesIn(database)).map((one) => ({ ...one, factors: one.factors.toSorted() }));
      expect(classes).to.have.deep.members([...EXPECTED]);
    }
  });

  it('comes in pages, and ends when it is no longer wanted', async () => {
    for (const database of databases) {
      const ending = new AbortController();
      ending.abort(new Error('enough'));
      const pages = census(database, INSTANCE, { signal: ending.signal });
      const told = await pages.next().catch((caught: unknown) => String(caught));
      expect(told).to.equal('Error: enough');
    }
  });

  it('of a damaged row is refused: a count that leaves somebody out would be wrong', async () => {
    for (const database of databases) {
      await database.run({
        sql: "UPDATE iam.credentials SET kind = 'RETINA' WHERE user_id = 'cem' AND kind = 'PASSWORD'",
        values: [],
      });
      const told = await classesIn(database).catch((caught: unknown) => String(caught));
      expect(told).to.match(/database of the accounts is damaged/);
    }
  });
});

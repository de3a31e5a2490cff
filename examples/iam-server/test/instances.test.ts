import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '@login-policy/event-sourcing';
import { Instances, openAccounts, type Database } from '@login-policy/iam-server';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';

const MANY = 2000;
/** Three rows of `meta`, one instance, the organizations that were asked for. */
const FEW_ROWS = 10;
const INSTANCE = { instanceId: 'one' } as const;

/** Counts the rows that are read, and fails on demand. */
class CountingDatabase implements Database {
  readonly name = 'a counting database';
  rows = 0;
  isAway = false;
  readonly #inner: Database;

  constructor(inner: Database) {
    this.#inner = inner;
  }

  async run(...statement: Parameters<Database['run']>): ReturnType<Database['run']> {
    if (this.isAway) throw new Fault('store-unavailable', { store: this.name, problem: 'it is away' });
    const rows = await this.#inner.run(...statement);
    this.rows += rows.length;
    return rows;
  }

  atOnce(...statements: Parameters<Database['atOnce']>): ReturnType<Database['atOnce']> {
    return this.#inner.atOnce(...statements);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

describe('the instances of the accounts', () => {
  let folder: string;
  let accounts: Database;
  let database: CountingDatabase;

  async function add(from: number, to: number): Promise<void> {
    await accounts.atOnce([
      { sql: `UPDATE iam.meta SET value = 'version ${to}' WHERE key = 'directory' RETURNING key`, values: [] },
      ...Array.from({ length: to - from }, (_, index) => ({
        sql: `INSERT INTO iam.organizations (instance, id, name) VALUES ('one', $1, $2)`,
        values: [`id-${from + index}`, `Organization ${from + index}`],
      })),
    ]);
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'instances-'));
    accounts = await openAccounts(`sqlite:${join(folder, 'accounts.sqlite')}`);
    const begin = `INSERT INTO iam.meta (key, value) VALUES ('generation', 'g'), ('secret', 's'), ('directory', 'd')`;
    await accounts.run({ sql: begin, values: [] });
    await accounts.run({ sql: `INSERT INTO iam.instances VALUES ('one', 'One', 1)`, values: [] });
    await add(0, MANY);
    database = new CountingDatabase(accounts);
  });
  afterEach(async () => {
    await accounts.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are read without their organizations, which a start and a call ask for one by one', async () => {
    const instances = await Instances.open(database);
    const [one] = instances.all;
    expect(one).to.deep.equal({ id: 'one', name: 'One' });
    expect(await instances.some(one ?? expect.fail(), 2)).to.have.length(2);
    const organization = { ...INSTANCE, organizationId: 'id-7' };
    expect(await instances.organization(organization)).to.deep.equal({ id: 'id-7', name: 'Organization 7' });
    expect([
      await instances.exists(organization),
      await instances.exists({ ...organization, instanceId: 'two' }),
    ]).to.deep.equal([true, false]);
    expect(database.rows).to.be.at.most(FEW_ROWS);
  });

  it('know an organization as soon as another process has added it', async () => {
    const instances = await Instances.open(database);
    const organization = { ...INSTANCE, organizationId: `id-${MANY}` };
    expect(await instances.exists(organization)).to.equal(false);
    await add(MANY, MANY + 1);
    expect(await instances.exists(organization)).to.equal(true);
  });

  it('list all organizations by name, and read them once for each change', async () => {
    const instances = await Instances.open(database);
    expect([...(await instances.list(INSTANCE))].slice(0, 3)).to.deep.equal(['id-0', 'id-1', 'id-2']);
    const { rows } = database;
    await Promise.all([instances.list(INSTANCE), instances.organizations({ id: 'one' })]);
    expect(database.rows).to.equal(rows);
    await add(MANY, MANY + 1);
    await instances.refresh();
    expect([...(await instances.list(INSTANCE))].at(-1)).to.equal(`id-${MANY}`);
    expect([...(await instances.list({ instanceId: 'two' }))]).to.deep.equal([]);
  });

  it('list them once the database is back', async () => {
    const instances = await Instances.open(database);
    database.isAway = true;
    const caught: unknown = await instances.list(INSTANCE).catch((reason: unknown) => reason);
    expect(caught).to.have.property('code', 'store-unavailable');
    database.isAway = false;
    expect([...(await instances.list(INSTANCE))]).to.have.length(MANY);
  });
});

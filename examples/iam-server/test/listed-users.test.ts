import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { bearer, call, json, sentence, signIn, type Answered } from './client.js';
import { commandIn, TestBench, type Quickstart } from './running-server.js';

interface Listed {
  readonly users: readonly { readonly id: string; readonly name: string; readonly organizationId?: string }[];
  readonly next?: string;
}

interface Shown {
  readonly has: { readonly factors: readonly string[] };
  readonly checks: readonly { readonly shown: object; readonly ago: string }[];
}

describe('the users of the server, for those who may read them', () => {
  const bench = new TestBench();
  let quickstart: Quickstart;
  let folder: string;
  before(async () => {
    const { quickstart: read, server } = await bench.serve();
    [quickstart, folder] = [read, server.folder];
    await commandIn(folder, ['user', 'add', '50%_of us', '--id', 'percent']);
    await commandIn(folder, ['user', 'add', 'olga', '--organization', read.organizationIds[0], '--role', 'ORG_OWNER']);
  });
  after(() => bench.clear());

  const ask = (path: string): Promise<Answered> =>
    call(quickstart.url, `/iam/v1/${path}`, { headers: bearer(quickstart.tokens.viewer) });
  const namesOf = async (query: string): Promise<readonly string[]> =>
    json<Listed>(await ask(`users?${query}`)).users.map(({ name }) => name);

  it('are listed by name, searched, and by page', async () => {
    expect(await namesOf('')).to.deep.equal([
      '50%_of us',
      'ada',
      'ben',
      'cem',
      'dana',
      'eli',
      'olga',
      'owner',
      'viewer',
    ]);
    expect(await namesOf('search=A')).to.deep.equal(['ada', 'dana', 'olga']);
    expect(await namesOf('search=percent'), 'by id').to.deep.equal(['50%_of us']);
    expect(await namesOf(`search=${encodeURIComponent('%_')}`), 'as it is written').to.deep.equal(['50%_of us']);
    expect(await namesOf('search=%5C')).to.deep.equal([]);
    const [acme] = quickstart.organizationIds;
    expect(await namesOf(`organization=${acme}`)).to.deep.equal(['ada', 'ben', 'cem', 'olga']);
    const pages: (readonly string[])[] = [];
    for (let next: string | undefined = ''; next !== undefined;) {
      const page: Listed = json<Listed>(await ask(`users?limit=4&after=${encodeURIComponent(next)}`));
      pages.push(page.users.map(({ name }) => name));
      next = page.next;
    }
    expect(pages).to.deep.equal([['50%_of us', 'ada', 'ben', 'cem'], ['dana', 'eli', 'olga', 'owner'], ['viewer']]);
    const { users } = json<{ readonly users: readonly object[] }>(await ask('users?search=olga'));
    expect(users).to.have.length(1);
    expect(users[0]).to.include({ name: 'olga', organizationId: acme, isAdministrator: true });
  });

  it('are listed by how they sign in, as many as the population counts', async () => {
    const counts = json<Readonly<Record<string, { readonly users: number; readonly administrators: number }>>>(
      await call(quickstart.url, '/admin/v1/policies/login/population', { headers: bearer(quickstart.tokens.viewer) }),
    );
    const sum = (among: 'users' | 'administrators', ...verdicts: readonly string[]): number =>
      verdicts.reduce((all, verdict) => all + (counts[verdict]?.[among] ?? 0), 0);
    for (const [way, ...verdicts] of [
      ['passkey', 'passkey'],
      ['two-factors', 'two-factors'],
      ['one-factor', 'one-factor'],
      ['set-up', 'set-up'],
      ['locked-out', 'no-factor-left', 'no-way-to-sign-in'],
    ] as const) {
      const names = await namesOf(`way=${way}`);
      expect(names.length, way).to.equal(sum('users', ...verdicts));
      expect((await namesOf(`way=${way}&administrators=yes`)).length, way).to.equal(sum('administrators', ...verdicts));
      expect(await namesOf(`way=${way}&limit=1`), 'however many are passed over').to.deep.equal(names.slice(0, 1));
    }
    expect(await namesOf('way=passkey')).to.include('ada');
    expect((await ask('users?way=somehow')).status).to.equal(400);
  });

  it('are shown with what they have, and how long ago their newest session verified it', async () => {
    const ada = json<Shown>(await ask('user?id=ada'));
    expect(ada.has).to.deep.include({ hasPassword: true, identityProviders: [] });
    expect(ada.has.factors).to.have.members(['TOTP', 'U2F_WITH_VERIFICATION']);
    expect(ada.checks, 'who has not signed in').to.deep.equal([]);
    const ownerId = json<Listed>(await ask('users?search=owner')).users[0]?.id ?? '';
    await signIn(quickstart, 'owner');
    const answer = await ask(`user?id=${ownerId}`);
    const { checks } = json<Shown>(answer);
    expect(checks.map(({ shown }) => shown)).to.deep.equal([{ method: 'password' }]);
    expect(checks[0]?.ago).to.match(/^PT\d\d?S$/);
    expect(answer.bytes.toString()).not.to.match(/argon|secret|hash/);
  });

  it('and nobody else: not without a session, and not for a mistaken query', async () => {
    expect((await call(quickstart.url, '/iam/v1/users')).status).to.equal(401);
    expect((await ask('user?id=nobody')).status).to.equal(404);
    for (const [path, word] of [
      ['users?limit=0', 'limit'],
      ['users?name=ada', 'name'],
      ['user', 'id'],
    ] as const) {
      const answer = await ask(path);
      expect([answer.status, sentence(answer)].join(' '), path).to.match(new RegExp(`^400 .*${word}`));
    }
  });
});

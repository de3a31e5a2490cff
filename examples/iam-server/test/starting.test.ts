import { once } from 'node:events';
import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { bearer, call, json, signIn, trySignIn, type Changed, type PolicyRead } from './client.js';
import { readQuickstart, TestBench } from './running-server.js';

const POLICY = '/admin/v1/policies/login';
const NO_STORE = /^IAM_STORE must be memory:, sqlite:PATH, postgres:\/\/… or esdb:\/\/…\.\n$/;

describe('starting the server', () => {
  const bench = new TestBench();
  afterEach(() => bench.clear());

  const modeOf = async (folder: string, name: string): Promise<number> =>
    (await stat(join(folder, '.data', name))).mode & 0o777;

  it('sets up the default policy of a fresh instance, and prints what a newcomer needs', async () => {
    const { server, quickstart } = await bench.serve();
    const { instanceId, organizationIds, tokens, users, url } = quickstart;
    const { policy } = json<PolicyRead>(await call(url, POLICY, { headers: bearer(tokens.viewer) }));
    expect(policy).to.deep.include({
      secondFactors: ['SECOND_FACTOR_TYPE_OTP', 'SECOND_FACTOR_TYPE_U2F'],
      multiFactors: ['MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION'],
    });
    expect(policy.details.resourceOwner).to.equal(instanceId);
    const shown = [url, instanceId, ...organizationIds, tokens.owner, tokens.viewer];
    for (const word of [...shown, users.owner.password, users.viewer.password]) {
      expect(server.output.said).to.include(word);
    }
  });

  it('prints two lines for a shell that remove the multi-factor and undo it', async () => {
    const { server, quickstart } = await bench.serve();
    const lines = server.output.said.split('\n').filter((line) => line.trim().startsWith('curl '));
    const asked = lines.map((line) => asCurlSendsIt(line));
    expect(asked.map(({ verb }) => verb)).to.deep.equal(['DELETE', 'POST']);
    for (const { path, ...ask } of asked) {
      const answer = json<Changed>(await call(quickstart.url, path, ask));
      expect(answer.details.resourceOwner).to.equal(quickstart.instanceId);
    }
  });

  it('keeps ids, tokens, passwords and data when it starts again', async () => {
    const { server, quickstart } = await bench.serve();
    const headers = bearer(quickstart.tokens.owner);
    await call(quickstart.url, `${POLICY}/second_factors/SECOND_FACTOR_TYPE_U2F`, { verb: 'DELETE', headers });
    await server.stop();
    const url = await bench.start(server.folder).url();
    expect(await readQuickstart(server.folder)).to.deep.equal({ ...quickstart, url });
    const { policy } = json<PolicyRead>(await call(url, POLICY, { headers }));
    expect(policy.secondFactors).to.deep.equal(['SECOND_FACTOR_TYPE_OTP']);
    expect(policy.details.sequence).to.equal('5');
    const { name, password } = quickstart.users.viewer;
    expect((await trySignIn(url, name, password)).status).to.equal(200);
  });

  it('keeps its secrets to the owner of the files, whatever mode they had', async () => {
    const folder = await bench.folder();
    await mkdir(join(folder, '.data'));
    await writeFile(join(folder, '.data', 'quickstart.json'), 'an older one', { mode: 0o666 });
    const first = bench.start(folder);
    await first.url();
    const names = ['quickstart.json', 'iam.json', 'signing-key.json'];
    for (const name of names) expect(await modeOf(folder, name), name).to.equal(0o600);
    const stored = (await readdir(join(folder, '.data'))).filter((name) => name.startsWith('login-policy.sqlite'));
    expect(stored).to.have.length.above(0);
    for (const name of stored) expect(await modeOf(folder, name), name).to.equal(0o600);
    await first.stop();
    for (const name of names) await chmod(join(folder, '.data', name), 0o644);
    await bench.start(folder).url();
    for (const name of names) expect(await modeOf(folder, name), name).to.equal(0o600);
    const left = await readdir(join(folder, '.data'));
    expect(left.filter((name) => !/^(login-policy\.sqlite|sessions$)/.test(name))).to.have.members(names);
  });

  it('keeps no secret in clear beside the quick start file', async () => {
    const { server, quickstart } = await bench.serve();
    const facts = await readFile(join(server.folder, '.data', 'iam.json'), 'utf8');
    const { tokens, users } = quickstart;
    for (const secret of [tokens.owner, tokens.viewer, users.owner.password, users.viewer.password]) {
      expect(facts).not.to.include(secret);
    }
  });

  it('says that secrets can not be shown again when their file is gone, and makes new ones when told to', async () => {
    const { server, quickstart } = await bench.serve();
    const session = await signIn(quickstart, 'owner');
    await server.stop();
    await rm(join(server.folder, '.data', 'quickstart.json'));
    const second = bench.start(server.folder);
    const url = await second.url();
    expect(second.output.said).to.match(/can't be shown again.*\n.*IAM_RESET_SECRETS=yes/);
    const old = bearer(quickstart.tokens.owner);
    expect((await call(url, POLICY, { headers: old })).status, 'what is known still counts').to.equal(200);
    await second.stop();
    const reset = await bench.start(server.folder, { IAM_RESET_SECRETS: 'yes' }).url();
    const renewed = await readQuickstart(server.folder);
    expect(renewed.instanceId).to.equal(quickstart.instanceId);
    for (const headers of [old, session]) expect((await call(reset, POLICY, { headers })).status).to.equal(401);
    expect((await call(reset, POLICY, { headers: bearer(renewed.tokens.owner) })).status).to.equal(200);
  });

  it('gives no two people of a role the same new password', async () => {
    const { server } = await bench.serve();
    await server.stop();
    const file = join(server.folder, '.data', 'iam.json');
    const facts: { readonly users: readonly [object, object] } = JSON.parse(await readFile(file, 'utf8'));
    const [owner, viewer] = facts.users;
    const users = [{ ...owner, name: 'root' }, { ...owner, id: 'alice', name: 'alice' }, viewer];
    await writeFile(file, JSON.stringify({ ...facts, users }));
    const url = await bench.start(server.folder, { IAM_RESET_SECRETS: 'yes' }).url();
    const { name, password } = (await readQuickstart(server.folder)).users.owner;
    expect(name).to.equal('root');
    expect((await trySignIn(url, 'root', password)).status).to.equal(200);
    expect((await trySignIn(url, 'alice', password)).status).to.equal(401);
  });

  it('goes to the next port when the first is taken, and fails in a sentence when a port was asked for', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    try {
      const { folder, ...ended } = await endOf({ PORT: port });
      expect(ended).to.deep.equal({
        code: 1,
        said: '',
        complained: `PORT ${port} on HOST 127.0.0.1 can't be listened on: another program does.\n`,
      });
      expect(await readdir(folder)).to.deep.equal([]);
      const [first, second] = [
        bench.start(await bench.folder(), { PORT: '' }),
        bench.start(await bench.folder(), { PORT: '' }),
      ];
      const [one, two] = await Promise.all([first.url(), second.url()]);
      expect(one).not.to.equal(two);
      for (const url of [one, two]) expect(Number(new URL(url).port)).to.be.within(8080, 65_535);
    } finally {
      taken.close();
    }
  });

  async function endOf(
    variables: Readonly<Record<string, string>>,
  ): Promise<{ readonly folder: string; readonly code: unknown; readonly said: string; readonly complained: string }> {
    const folder = await bench.folder();
    return { folder, ...(await bench.start(folder, variables).ended()) };
  }

  const bad: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ PORT: '80800' }, /^PORT must be a whole number from 0 to 65535, not "80800"\.\n$/],
    [{ PORT: 'http' }, /^PORT must be/],
    [
      { HOST: '203.0.113.1' },
      /^PORT 0 on HOST 203\.0\.113\.1 can't be listened on: this machine has no such address\.\n$/,
    ],
    [{ IAM_STORE: 'mysql://me:secret@x' }, NO_STORE],
    [{ IAM_STORE: 'host=x user=me password=secret' }, NO_STORE],
    [{ IAM_PUBLIC_URL: 'iam.example.com' }, /^IAM_PUBLIC_URL must be the address of a server/],
    [{ IAM_PUBLIC_URL: 'https://x.example/path' }, /^IAM_PUBLIC_URL must be/],
    [
      { IAM_ALLOWED_ORIGINS: 'https://a.example, b.example' },
      /^IAM_ALLOWED_ORIGINS must be origins with commas between them, like https:\/\/app\.example\.com, not "b\.example"\.\n$/,
    ],
    [{ IAM_RESET_SECRETS: 'perhaps' }, /^IAM_RESET_SECRETS must be yes or no, not "perhaps"\.\n$/],
    [{ IAM_TLS_KEY: 'key.pem' }, /^IAM_TLS_CERT must name the file of the certificate for IAM_TLS_KEY\.\n$/],
    [
      { IAM_TLS_KEY: 'no.pem', IAM_TLS_CERT: 'no.pem' },
      /^IAM_TLS_KEY names no\.pem, which can't be read \(ENOENT\)\.\n$/,
    ],
    [{ IAM_PAGE: 'nowhere' }, /^IAM_PAGE names nowhere, which holds no index\.html\.\n$/],
    [{ IAM_DATA: '/dev/null/x' }, /^IAM_DATA names \/dev\/null\/x, which is no folder that can be written to/],
  ];
  for (const [variables, sentence] of bad) {
    it(`says what is wrong with ${JSON.stringify(variables)} and writes nothing`, async () => {
      const { folder, code, said, complained } = await endOf(variables);
      expect({ code, said }).to.deep.equal({ code: 1, said: '' });
      expect(complained).to.match(sentence).and.not.include('secret');
      expect(await readdir(folder)).to.deep.equal([]);
    });
  }

  it('says which store can not be opened, and shows no password', async () => {
    const slashed = await endOf({ IAM_STORE: 'postgres://me:sec/ret@127.0.0.1:1/none' });
    expect(slashed.complained).to.match(
      /^The store of IAM_STORE, postgres:\/\/…@127\.0\.0\.1:1\/none, can't be opened: /,
    );
    const { code, complained } = await endOf({ IAM_STORE: 'postgres://me:secret@127.0.0.1:1/none' });
    expect(code).to.equal(1);
    expect(complained).to.match(/^The store of IAM_STORE, postgres:\/\/…@127\.0\.0\.1:1\/none, can't be opened: /);
    expect(complained).not.to.include('secret');
  });
});

/** What curl would send for a line that was printed. */
function asCurlSendsIt(line: string): {
  readonly verb: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
} {
  const verb = /-X (\w+)/.exec(line)?.[1] ?? '';
  const headers = Array.from(line.matchAll(/-H '([^:]+): ([^']+)'/g), ([, name = '', value = '']) => [name, value]);
  const body = /-d '([^']+)'/.exec(line)?.[1];
  const path = new URL(line.split(' ').at(-1) ?? '').pathname;
  return { verb, path, headers: Object.fromEntries(headers), ...(body !== undefined && { body: JSON.parse(body) }) };
}

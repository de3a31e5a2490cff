import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { createServer, type Server as TcpServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { announcement } from '@login-policy/iam-server';
import { after, before, describe, it } from 'mocha';
import { paced } from '@login-policy/testkit';
import { bearer, call, json, signIn, trySignIn, type Changed, type PolicyRead } from './client.js';
import { readQuickstart, TestBench, type Quickstart, type Server } from './running-server.js';
import { eventually } from './waiting.js';

const POLICY = '/admin/v1/policies/login';

describe('starting the server', () => {
  const bench = new TestBench();
  let server: Server;
  let quickstart: Quickstart;
  let said: readonly string[];
  before(async () => {
    ({ server, quickstart } = await bench.serve());
    said = announcement(server.running.started);
  });
  after(() => bench.clear());

  it('creates the default policy of a new instance, and prints how to begin', async () => {
    const { instanceId, organizationIds, tokens, users, url } = quickstart;
    const { policy } = json<PolicyRead>(await call(url, POLICY, { headers: bearer(tokens.viewer) }));
    expect(policy).to.deep.include({
      secondFactors: ['SECOND_FACTOR_TYPE_OTP', 'SECOND_FACTOR_TYPE_U2F'],
      multiFactors: ['MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION'],
    });
    expect(policy.details.resourceOwner).to.equal(instanceId);
    const shown = [url, instanceId, ...organizationIds, tokens.owner, tokens.viewer];
    for (const word of [...shown, users.owner.password, users.viewer.password])
      expect(said.join('\n')).to.include(word);
    const page = said.find((line) => line.includes('page')) ?? '';
    expect(page, 'a name: passkeys need one').to.match(/ http:\/\/localhost:\d+\/$/);
  });

  it('prints two lines for a shell that remove the multi-factor and undo it', async () => {
    const asked = said.filter((line) => line.trim().startsWith('curl ')).map((line) => asCurlSendsIt(line));
    expect(asked.map(({ verb }) => verb)).to.deep.equal(['DELETE', 'POST']);
    for (const { path, ...ask } of asked) {
      const answer = json<Changed>(await call(quickstart.url, path, ask));
      expect(answer.details.resourceOwner).to.equal(quickstart.instanceId);
    }
  });

  it('again, keeps ids, tokens, passwords and data, and prints no secret', async () => {
    const headers = bearer(quickstart.tokens.owner);
    await call(quickstart.url, `${POLICY}/second_factors/SECOND_FACTOR_TYPE_U2F`, { verb: 'DELETE', headers });
    await server.stop();
    const url = await server.start();
    expect(await readQuickstart(server.folder)).to.deep.equal({ ...quickstart, url });
    const { policy } = json<PolicyRead>(await call(url, POLICY, { headers }));
    expect(policy.secondFactors).to.deep.equal(['SECOND_FACTOR_TYPE_OTP']);
    const { name, password } = quickstart.users.viewer;
    expect((await trySignIn(url, name, password)).status).to.equal(200);
    const again = announcement(server.running.started).join('\n');
    for (const secret of [quickstart.tokens.owner, password]) expect(again).not.to.include(secret);
    expect(again).to.include('IAM_RESET_SECRETS=yes');
  });

  it('beside a running server, does not replace its address file', async () => {
    const { url } = await readQuickstart(server.folder);
    const beside = (await bench.serve({}, server.folder)).server;
    expect(beside.url).not.to.equal(url);
    expect((await readQuickstart(server.folder)).url).to.equal(url);
    await beside.stop();
  });

  it('with new secrets, invalidates old tokens, passwords and sessions at once in every process', async () => {
    const old = await readQuickstart(server.folder);
    const session = await signIn(old, 'owner');
    const resetting = (await bench.serve({ IAM_RESET_SECRETS: 'yes' }, server.folder)).server;
    const renewed = await readQuickstart(server.folder);
    expect(renewed.instanceId).to.equal(old.instanceId);
    for (const url of [server.url, resetting.url]) {
      for (const headers of [bearer(old.tokens.owner), session])
        expect((await call(url, POLICY, { headers })).status).to.equal(401);
      expect((await trySignIn(url, 'viewer', old.users.viewer.password)).status).to.equal(401);
      expect((await call(url, POLICY, { headers: bearer(renewed.tokens.owner) })).status).to.equal(200);
      expect((await trySignIn(url, 'viewer', renewed.users.viewer.password)).status).to.equal(200);
    }
    await resetting.stop();
  });
});

describe('a failed start', () => {
  const bench = new TestBench();
  let silent: TcpServer;
  let port: string;
  before(async () => {
    // Accepts connections, and never says a word.
    silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    port = typeof address === 'object' ? String(address?.port) : '';
  });
  after(async () => {
    await bench.clear();
    silent.close();
  });

  it('reports the problem, and writes nothing', async () => {
    const bad: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
      [
        { PORT: port },
        new RegExp(`^PORT ${port} on HOST 127.0.0.1 can't be listened on: another program does already\\.$`),
      ],
      [
        { HOST: '203.0.113.1' },
        /^PORT 0 on HOST 203\.0\.113\.1 can't be listened on: this machine has no such address\.$/,
      ],
      [
        { IAM_TLS_KEY: 'no.pem', IAM_TLS_CERT: 'no.pem' },
        /^IAM_TLS_KEY names no\.pem, which can't be read \(ENOENT\)\.$/,
      ],
      [{ IAM_PAGE: 'nowhere' }, /^IAM_PAGE names nowhere, which holds no index\.html\.$/],
      [
        { IAM_DATA: '/proc/nowhere/x' },
        /^IAM_DATA names \/proc\/nowhere\/x, which is not a folder that can be written/,
      ],
      [{ IAM_DATA: '/dev/null/x' }, /^IAM_DATA names \/dev\/null\/x, which is not a folder that can be written to/],
    ];
    for (const [variables, sentence] of bad) {
      const { folder, errors } = await bench.fail(variables);
      expect(errors).to.have.lengthOf(1);
      expect(errors[0]).to.match(sentence);
      expect(await readdir(folder)).to.deep.equal([]);
    }
  });

  it('names the store that cannot be opened, shows no password, and creates no accounts', async () => {
    for (const password of ['sec/ret', 'secret']) {
      const store = { IAM_STORE: `postgres://me:${password}@127.0.0.1:1/none`, IAM_START_SECONDS: '1' };
      const { folder, errors } = await bench.fail(store);
      expect(errors.join()).to.match(/^The store of IAM_STORE, postgres:\/\/…@127\.0\.0\.1:1\/none, can't be opened: /);
      expect(await readdir(join(folder, '.data'))).to.deep.equal([]);
    }
  });

  it('ends in time with a silent store, reports what it waits for, and answers 503 meanwhile', async () => {
    const stores = [`postgres://me@127.0.0.1:${port}/none`, `esdb://127.0.0.1:${port}?tls=false`];
    // What it waits for is said after 3 s of one step, and other steps come before it.
    const seconds = Math.ceil(paced(8));
    const beside = stores.map(async (store) => {
      const own = String(await freePort());
      const variables = { IAM_STORE: store, IAM_START_SECONDS: `${seconds}`, PORT: own };
      const starting = bench.spawn(await bench.folder(), variables);
      const url = `http://127.0.0.1:${own}`;
      const ready = await eventually('a port', () => call(url, '/debug/ready').catch(() => undefined));
      expect([ready.status, ready.headers['retry-after']]).to.deep.equal([503, '1']);
      expect((await call(url, '/debug/healthz')).status).to.equal(200);
      const { code, complained } = await starting.ended();
      expect(code, 'starting again may help').to.equal(75);
      expect(complained).to.match(/Starting waits for the store /);
      // A try that ends by the store's own limit right before the start's limit says what the store says.
      const tooLong = `Starting took longer than ${seconds} s: it still waits for the store`;
      expect(complained).to.match(new RegExp(`${tooLong}|It is tried again for \\d+ s`));
      expect(await readdir(join(starting.folder, '.data'))).to.deep.equal([]);
    });
    await Promise.all(beside);
  });

  it('ends with an exit code that tells a supervisor not to retry if something must be fixed first', async () => {
    const { code, complained, said } = await bench.spawn(await bench.folder(), { IAM_STROE: 'memory:' }).ended();
    expect({ code, said }).to.deep.equal({ code: 78, said: '' });
    expect(complained).to.include('IAM_STROE is not a variable of this server').and.not.include('    at ');
  });

  it('refuses an existing store without its accounts, and says how to create new ones', async () => {
    const { server, quickstart } = await bench.serve();
    const headers = { ...bearer(quickstart.tokens.owner), 'x-zitadel-orgid': quickstart.organizationIds[1] };
    const body = { allowUsernamePassword: true };
    await call(server.url, '/management/v1/policies/login', { verb: 'POST', headers, body });
    await server.stop();
    const file = join(server.folder, '.data', 'accounts.sqlite');
    await rm(file);
    const { errors } = await bench.fail({}, server.folder);
    expect(errors.join()).to.include(`has policies of the instance ${quickstart.instanceId}`);
    const command = /IAM_ADOPT_INSTANCE=\w+/.exec(errors.join())?.[0] ?? '';
    const url = await server.start(Object.fromEntries([command.split('=')]));
    const renewed = await readQuickstart(server.folder);
    expect([renewed.instanceId, renewed.organizationIds]).to.deep.equal([
      quickstart.instanceId,
      [quickstart.organizationIds[1]],
    ]);
    const read = await call(url, POLICY, { headers: bearer(renewed.tokens.owner) });
    expect(json<PolicyRead>(read).policy.details.sequence, 'the policy it had').to.equal('4');
  });

  it('uses the next port if the first is taken', async () => {
    const servers = [await bench.serve({ PORT: '' }), await bench.serve({ PORT: '' })];
    const [one, two] = servers.map(({ server }) => Number(new URL(server.url).port));
    expect(one).not.to.equal(two);
    for (const taken of [one, two]) expect(taken).to.be.within(8080, 65_535);
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

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

import { on } from 'node:events';
import { watch } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { bearer, call, cookieIn, json, signIn, trySignIn } from './client.js';
import { EventStream } from './event-stream.js';
import { commandIn, readQuickstart, TestBench, type Quickstart, type Server } from './running-server.js';

const POLICY = '/admin/v1/policies/login';
const SECRET = ['quickstart.json', 'accounts.sqlite'];

describe('the files of the server', () => {
  const bench = new TestBench();
  let server: Server;
  let quickstart: Quickstart;
  before(async () => {
    const folder = await bench.folder();
    await mkdir(join(folder, '.data'));
    await writeFile(join(folder, '.data', 'quickstart.json'), 'an older one', { mode: 0o666 });
    ({ server, quickstart } = await bench.serve({}, folder));
  });
  after(() => bench.clear());

  const modeOf = async (name: string): Promise<number> => (await stat(join(server.folder, '.data', name))).mode & 0o777;

  it('are private, whatever their mode was, and contain no plain secret except for the quick start', async () => {
    await signIn(quickstart, 'owner');
    expect(await modeOf('sign-ins')).to.equal(0o700);
    const names = (await readdir(join(server.folder, '.data'))).filter((name) => name !== 'sign-ins');
    expect(names.filter((name) => !/^login-policy\.sqlite|-journal$/.test(name))).to.have.members(SECRET);
    for (const name of names) expect(await modeOf(name), name).to.equal(0o600);
    const { tokens, users } = quickstart;
    const kept = await readFile(join(server.folder, '.data', 'accounts.sqlite'), 'latin1');
    for (const secret of [tokens.owner, tokens.viewer, users.owner.password, users.viewer.password])
      expect(kept).not.to.include(secret);
    await server.stop();
    for (const name of SECRET) await chmod(join(server.folder, '.data', name), 0o644);
    await server.start();
    for (const name of SECRET) expect(await modeOf(name), name).to.equal(0o600);
  });

  it('are named in one message if they cannot be used', async () => {
    for (const name of SECRET) {
      const folder = await bench.folder();
      await mkdir(join(folder, '.data', name), { recursive: true });
      const { errors } = await bench.fail({}, folder);
      expect(errors.join())
        .to.match(/can't be (read|written|opened)/)
        .and.include(name);
    }
  });

  interface Two {
    readonly url: string;
    readonly session: string;
    readonly cookie: string;
    /** What the owner of each instance signs in with. */
    readonly owners: Readonly<Record<'one' | 'two', object>>;
  }

  /** A server of two instances, the owner's session in the first, and its cookie as a browser sends it. */
  const serveTwo = async (): Promise<Two> => {
    const folder = await bench.folder();
    const { server: own, quickstart: first } = await bench.serve({}, folder);
    await own.stop();
    const line = ['instance', 'add', 'The two', '--host', 'two.example', '--id', 'two'];
    expect(await failure(commandIn(folder, line)), 'the first one has no host').to.include('host add HOST');
    await commandIn(folder, ['host', 'add', 'one.example']);
    await commandIn(folder, line);
    const added = await commandIn(folder, ['user', 'add', 'owner', '--role', 'IAM_OWNER', '--instance', 'two']);
    const secrets = [`whsec_${'a'.repeat(32)}`];
    const ofAll = { name: 'all', url: 'http://127.0.0.1:9999/a-secret-path', secrets };
    const receivers = [ofAll, { ...ofAll, name: 'of-one', instanceId: first.instanceId }];
    await writeFile(join(folder, '.data', 'webhooks.json'), JSON.stringify({ receivers }));
    const { url } = await bench.serveThere(folder);
    const owners = { one: first.users.owner, two: { name: 'owner', password: added.split(' ').at(-1) } };
    const asked = { verb: 'POST', headers: { host: 'one.example' }, body: owners.one };
    const [cookie = ''] = cookieIn(await call(url, '/iam/v1/session', asked)).split(';');
    return { url, cookie, owners, session: cookie.slice(cookie.indexOf('=') + 1) };
  };

  it('separate several instances by their hosts: accounts, tokens, sessions and cookies', async () => {
    const { owners, session, url } = await serveTwo();
    const at = (host: string, headers = {}): ReturnType<typeof call> =>
      call(url, '/iam/v1/session', { headers: { host, ...headers } });
    const token = bearer(session);
    const statuses = [await at('one.example', token), await at('two.example', token), await at('three.example', token)];
    expect(statuses.map(({ status }) => status)).to.deep.equal([200, 204, 204]);
    expect((await call(url, POLICY, { headers: { host: 'two.example', ...token } })).status).to.equal(401);
    const nowhere = await call(url, '/iam/v1/session', {
      verb: 'POST',
      headers: { host: 'three.example' },
      body: owners.one,
    });
    expect(nowhere.bytes.toString()).to.include('IAM-INSTANCE-01');
  });

  it('show of several instances each its own webhooks, and none of the operator', async () => {
    const { session, url } = await serveTwo();
    const headers = { host: 'one.example', ...bearer(session) };
    const shown = json<{ webhooks: { name: string }[] }>(await call(url, '/iam/v1/webhooks', { headers }));
    expect(shown.webhooks.map(({ name }) => name)).to.deep.equal(['of-one']);
  });

  it('show of several instances each its own counts', async () => {
    const { owners, session, url } = await serveTwo();
    const headers = { host: 'two.example' };
    expect((await call(url, '/iam/v1/session', { verb: 'POST', headers, body: owners.one })).status).to.equal(401);
    const shown = await call(url, '/metrics', { headers: { host: 'one.example', ...bearer(session) } });
    expect(shown.bytes.toString())
      .to.include('iam_sign_ins_total{outcome="right"} 1')
      .and.not.include('outcome="wrong"');
  });

  it('limit event streams per instance: fifty streams of one owner do not affect another instance', async () => {
    const { owners, session, url } = await serveTwo();
    const asked = { verb: 'POST', headers: { host: 'two.example' }, body: owners.two };
    const entered = await call(url, '/iam/v1/session', asked);
    const other = /=([\w-]+);/.exec(cookieIn(entered))?.[1] ?? '';
    const follow = (host: string, token: string): Promise<EventStream> =>
      EventStream.begin(url, { host, ...bearer(token) });
    const streams = await Promise.all(Array.from({ length: 50 }, () => follow('one.example', session)));
    streams.push(await follow('two.example', other), await follow('one.example', session));
    const statuses = streams.map(({ response }) => response.statusCode);
    for (const stream of streams) stream.leave();
    expect(statuses).to.deep.equal([...Array.from({ length: 51 }, () => 200), 503]);
  });

  it('use the host of the request target, like the API, and not that of the header', async () => {
    const { cookie, session, url } = await serveTwo();
    const forged = { host: 'three.example', cookie, 'sec-fetch-site': 'cross-site' };
    const refused = await call(url, `http://one.example${POLICY}/second_factors/2`, {
      verb: 'DELETE',
      headers: forged,
    });
    expect(refused.bytes.toString()).to.include('IAM-ORIGIN-01');
    const origin = { host: 'evil.example', cookie, origin: 'http://evil.example' };
    const other = await call(url, `http://one.example${POLICY}/second_factors/2`, { verb: 'DELETE', headers: origin });
    expect(other.bytes.toString()).to.include('IAM-ORIGIN-01');
    const headers = { host: 'three.example', ...bearer(session) };
    expect((await call(url, 'http://one.example/iam/v1/session', { headers })).status).to.equal(200);
  });
});

describe('a first start that is killed', () => {
  const bench = new TestBench();
  after(() => bench.clear());

  it('at any moment leaves either readable passwords or no accounts, and no temporary files for long', async () => {
    for (const stage of STAGES) {
      const folder = await bench.folder();
      const data = join(folder, '.data');
      await mkdir(data);
      const looking = watch(data);
      const killed = bench.spawn(folder);
      // The file with which a start has come so far.
      for await (const [, name] of on(looking, 'change')) if (stage.test(String(name))) break;
      looking.close();
      killed.signal('SIGKILL');
      await killed.ended();
      for (const name of (await readdir(data)).filter((one) => one.startsWith('quickstart.json.')))
        await utimes(join(data, name), 0, 0);
      const { server } = await bench.serve({}, folder);
      const { tokens, users } = await readQuickstart(folder);
      expect((await trySignIn(server.url, 'owner', users.owner.password)).status, String(stage)).to.equal(200);
      expect((await call(server.url, POLICY, { headers: bearer(tokens.viewer) })).status).to.equal(200);
      const left = (await readdir(data)).filter((name) => !/^login-policy\.sqlite|-journal$|^sign-ins$/.test(name));
      expect(left).to.have.members(SECRET);
      await server.stop();
    }
  });
});

const STAGES = [/^accounts\.sqlite$/, /^quickstart\.json\.[\w-]+$/, /^accounts\.sqlite-journal$/, /^quickstart\.json$/];

async function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'it succeeded',
    (caught: unknown) => String(caught),
  );
}

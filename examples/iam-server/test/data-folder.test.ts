import { on } from 'node:events';
import { watch } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { bearer, call, cookieIn, json, signIn, trySignIn } from './client.js';
import { EventStream } from './event-stream.js';
import { readQuickstart, TestBench, type Quickstart, type Server } from './running-server.js';

interface Facts {
  readonly generation: string;
  readonly instances: readonly [Instance];
}

interface Instance {
  readonly id: string;
  readonly name: string;
  readonly organizations: readonly [object, object];
  readonly users: readonly [object, object];
}

const POLICY = '/admin/v1/policies/login';
const SECRET = ['quickstart.json', 'iam.json'];

describe('the files of the server', () => {
  const bench = new TestBench();
  let server: Server;
  let quickstart: Quickstart;
  let file: string;
  let text: string;
  before(async () => {
    const folder = await bench.folder();
    await mkdir(join(folder, '.data'));
    await writeFile(join(folder, '.data', 'quickstart.json'), 'an older one', { mode: 0o666 });
    ({ server, quickstart } = await bench.serve({}, folder));
    file = join(folder, '.data', 'iam.json');
    text = await readFile(file, 'utf8');
  });
  after(() => bench.clear());

  const modeOf = async (name: string): Promise<number> => (await stat(join(server.folder, '.data', name))).mode & 0o777;

  it('are private, whatever their mode was, and contain no plain secret except for the quick start', async () => {
    await signIn(quickstart, 'owner');
    const names = (await readdir(join(server.folder, '.data'))).filter((name) => !name.startsWith('sessions'));
    expect(names.filter((name) => !name.startsWith('login-policy.sqlite'))).to.have.members(SECRET);
    for (const name of names) expect(await modeOf(name), name).to.equal(0o600);
    const { tokens, users } = quickstart;
    for (const secret of [tokens.owner, tokens.viewer, users.owner.password, users.viewer.password])
      expect(text).not.to.include(secret);
    await server.stop();
    for (const name of SECRET) await chmod(join(server.folder, '.data', name), 0o644);
    await server.start();
    for (const name of SECRET) expect(await modeOf(name), name).to.equal(0o600);
  });

  it('are left unchanged if damaged, and reported; a running server continues', async () => {
    const facts: Facts = JSON.parse(text);
    const [instance] = facts.instances;
    const [acme] = instance.organizations;
    const [owner] = instance.users;
    const edits: readonly (readonly [object, RegExp])[] = [
      [
        { organizations: [acme, { ...acme, name: 'Other' }] },
        /Two have the same id → at instances\[0\]\.organizations/,
      ],
      [{ organizations: [{ ...acme, id: 'a\u0007' }] }, /organizations\[0\]\.id/],
      [{ users: [owner, { ...owner, id: 'other' }] }, /Two have the same name → at instances\[0\]\.users/],
      [{ users: [{ ...owner, passwordHash: 'correct horse' }] }, /users\[0\]\.passwordHash/],
    ];
    for (const [edit, sentence] of edits) {
      const damaged = JSON.stringify({ ...facts, instances: [{ ...instance, ...edit }] });
      await writeFile(file, damaged);
      const { errors } = await bench.fail({}, server.folder);
      expect(errors.join()).to.match(/\.data\/iam\.json \(in IAM_DATA\) is not what this server wrote: .*\.$/);
      expect(errors.join()).to.match(sentence).and.not.include('correct horse');
      expect(await readFile(file, 'utf8')).to.equal(damaged);
      const read = await call(server.url, POLICY, { headers: bearer(quickstart.tokens.owner) });
      expect(read.status).to.equal(200);
    }
    expect(server.errors.length, 'each told once').to.equal(edits.length);
    await writeFile(file, text);
  });

  it('are named in one message if they cannot be used', async () => {
    for (const name of SECRET) {
      const folder = await bench.folder();
      await mkdir(join(folder, '.data', name), { recursive: true });
      const { errors } = await bench.fail({}, folder);
      expect(errors.join()).to.match(/\.data\/[a-z-]+\.json \(in IAM_DATA\) can't be (read|written) \(EISDIR\)\.$/);
      expect(errors.join()).to.include(name);
    }
  });

  it('may be in the older format for a single instance', async () => {
    const { instances }: Facts = JSON.parse(text);
    const { id, name, ...others } = instances[0];
    const folder = await bench.folder();
    await mkdir(join(folder, '.data'));
    await writeFile(join(folder, '.data', 'iam.json'), JSON.stringify({ instance: { id, name }, ...others }));
    const { url } = await bench.serveThere(folder);
    const { users } = quickstart;
    expect((await trySignIn(url, users.owner.name, users.owner.password)).status).to.equal(200);
  });

  /** A server of two instances, the owner's session in the first, and its cookie as a browser sends it. */
  const serveTwo = async (): Promise<{ readonly url: string; readonly session: string; readonly cookie: string }> => {
    const { instances }: Facts = JSON.parse(text);
    const folder = await bench.folder();
    const two = ['one', 'two'].map((id) => ({ ...instances[0], id, name: `The ${id}`, hosts: [`${id}.example`] }));
    await mkdir(join(folder, '.data'));
    await writeFile(join(folder, '.data', 'iam.json'), JSON.stringify({ generation: 'g', instances: two }));
    const secrets = [`whsec_${'a'.repeat(32)}`];
    const ofAll = { name: 'all', url: 'http://127.0.0.1:9/a-secret-path', secrets };
    const receivers = [ofAll, { ...ofAll, name: 'of-one', instanceId: 'one' }];
    await writeFile(join(folder, '.data', 'webhooks.json'), JSON.stringify({ receivers }));
    const { url } = await bench.serveThere(folder);
    const body = quickstart.users.owner;
    const entered = await call(url, '/iam/v1/session', { verb: 'POST', headers: { host: 'one.example' }, body });
    const [cookie = ''] = entered.headers['set-cookie']?.[0]?.split(';') ?? [];
    return { url, cookie, session: cookie.slice(cookie.indexOf('=') + 1) };
  };

  it('separate several instances by their hosts: accounts, tokens, sessions and cookies', async () => {
    const { session, url } = await serveTwo();
    const at = (host: string, headers = {}): ReturnType<typeof call> =>
      call(url, '/iam/v1/session', { headers: { host, ...headers } });
    const body = quickstart.users.owner;
    const token = bearer(session);
    const statuses = [await at('one.example', token), await at('two.example', token), await at('three.example', token)];
    expect(statuses.map(({ status }) => status)).to.deep.equal([200, 204, 204]);
    expect((await call(url, POLICY, { headers: { host: 'two.example', ...token } })).status).to.equal(401);
    const nowhere = await call(url, '/iam/v1/session', { verb: 'POST', headers: { host: 'three.example' }, body });
    expect(nowhere.bytes.toString()).to.include('IAM-INSTANCE-01');
  });

  it('show of several instances each its own webhooks, and none of the operator', async () => {
    const { session, url } = await serveTwo();
    const headers = { host: 'one.example', ...bearer(session) };
    const shown = json<{ webhooks: { name: string }[] }>(await call(url, '/iam/v1/webhooks', { headers }));
    expect(shown.webhooks.map(({ name }) => name)).to.deep.equal(['of-one']);
  });

  it('limit event streams per instance: fifty streams of one owner do not affect another instance', async () => {
    const { session, url } = await serveTwo();
    const body = quickstart.users.owner;
    const entered = await call(url, '/iam/v1/session', { verb: 'POST', headers: { host: 'two.example' }, body });
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
      for (const name of (await readdir(data)).filter((one) => /^(quickstart|iam)\.json\./.test(one)))
        await utimes(join(data, name), 0, 0);
      const { server } = await bench.serve({}, folder);
      const { tokens, users } = await readQuickstart(folder);
      expect((await trySignIn(server.url, 'owner', users.owner.password)).status, String(stage)).to.equal(200);
      expect((await call(server.url, POLICY, { headers: bearer(tokens.viewer) })).status).to.equal(200);
      const left = (await readdir(data)).filter((name) => !/^(login-policy\.sqlite|sessions)/.test(name));
      expect(left).to.have.members(SECRET);
      await server.stop();
    }
  });
});

const STAGES = [/^quickstart\.json\.[\w-]+$/, /^iam\.json\./, /^iam\.json$/, /^quickstart\.json$/];

import { once } from 'node:events';
import { connect, createServer, type Server as TcpServer } from 'node:net';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { Secret, TOTP } from 'otpauth';
import { bearer, call, cookieIn, json, trySignIn, type Answered } from './client.js';
import { readQuickstart, TestBench, type Quickstart, type ServerProcess } from './running-server.js';
import { StoreServer } from './store-server.js';
import { eventually } from './waiting.js';

const SESSION = '/iam/v1/session';

/** One address for two servers: each connection goes to the next one that takes it, as with a load balancer. */
class OneAddress {
  readonly #server: TcpServer;
  readonly #ports: readonly number[];
  #next = 0;

  constructor(ports: readonly number[]) {
    this.#ports = ports;
    this.#server = createServer((client) => {
      client.on('error', () => undefined);
      this.#join(client, this.#ports.length);
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  close(): void {
    this.#server.close();
  }

  #join(client: Parameters<Parameters<typeof createServer>[1] & object>[0], triesLeft: number): void {
    const server = connect(this.#ports[this.#next++ % this.#ports.length] ?? 0, '127.0.0.1');
    server.once('connect', () => client.pipe(server).pipe(client));
    server.on('error', () => {
      if (server.connecting && triesLeft > 1) this.#join(client, triesLeft - 1);
      else client.destroy();
    });
  }
}

describe('two servers on one PostgreSQL, without a shared folder', () => {
  const bench = new TestBench();
  let postgres: StoreServer;
  let quickstart: Quickstart;
  let servers: ServerProcess[];
  let ports: number[];
  before(async () => {
    postgres = await StoreServer.start('PostgreSQL');
    servers = [await begin('0'), await begin('0')];
    quickstart = await readQuickstart(servers[0]?.folder ?? '');
    ports = await Promise.all(servers.map(async (one) => Number(new URL(await one.url()).port)));
  });
  after(async () => {
    await bench.clear();
    await postgres.stop();
  });

  const begin = async (port: string): Promise<ServerProcess> => {
    const variables = { IAM_STORE: postgres.url, IAM_BEHIND_PROXY: 'yes', IAM_LOG: 'error', PORT: port };
    const server = bench.spawn(await bench.folder(), variables);
    await server.url();
    return server;
  };
  const urls = (): readonly string[] => ports.map((port) => `http://127.0.0.1:${port}`);
  let network = 0;
  const enter = (url: string, body: object): Promise<Answered> =>
    call(url, SESSION, { verb: 'POST', body, headers: { 'x-forwarded-for': `198.51.100.${network++ % 250}` } });

  it('sign people in behind one address while each is killed in turn, and know each other’s sessions', async () => {
    const address = new OneAddress(ports);
    const url = await address.listen();
    const [cookies, statuses, isOver]: [string[], Set<number>, AbortController] = [
      [],
      new Set(),
      new AbortController(),
    ];
    const guests = Array.from({ length: 3 }, async () => {
      while (!isOver.signal.aborted) {
        const answer = await enter(url, quickstart.users.viewer).catch(() => undefined);
        // A server that starts has its port already; a load balancer would ask for /debug/ready first.
        if (answer?.bytes.toString().includes('IAM-STARTING-01') === false) statuses.add(answer.status);
        if (answer?.status === 200) cookies.push(cookieIn(answer).split(';')[0] ?? '');
      }
    });
    for (const index of [0, 1]) {
      const had = cookies.length;
      await eventually('sign-ins', () => cookies.length > had + 3 || undefined);
      servers[index]?.signal('SIGKILL');
      await servers[index]?.ended();
      const then = cookies.length;
      await eventually('sign-ins at the other one', () => cookies.length > then + 3 || undefined);
      servers[index] = await begin(String(ports[index]));
    }
    isOver.abort();
    await Promise.all(guests);
    address.close();
    expect([...statuses]).to.deep.equal([200]);
    for (const one of urls())
      for (const cookie of cookies.slice(-20))
        expect((await call(one, SESSION, { headers: { cookie } })).status).to.equal(200);
  });

  it('list their users, and what one has shown', async () => {
    const [one = '', other = ''] = urls();
    const headers = bearer(quickstart.tokens.viewer);
    const list = await call(one, '/iam/v1/users?search=OWN', { headers });
    const [owner, ...others] = json<{ users: readonly { id: string; name: string }[] }>(list).users;
    expect([owner?.name, others]).to.deep.equal(['owner', []]);
    expect((await enter(one, quickstart.users.owner)).status).to.equal(200);
    const shown = await call(other, `/iam/v1/user?id=${owner?.id}`, { headers });
    const { checks } = json<{ checks: readonly { shown: object }[] }>(shown);
    expect(checks.map((check) => check.shown)).to.deep.equal([{ method: 'password' }]);
  });

  it('accept a code once, count guesses together, and end a session in both', async () => {
    const [one = '', other = ''] = urls();
    const policy = '/admin/v1/policies/login';
    const headers = bearer(quickstart.tokens.owner);
    const read = json<{ policy: Record<string, unknown> }>(await call(one, policy, { headers })).policy;
    const { details, isDefault, secondFactors, multiFactors, idps, ...kept } = read;
    await call(one, policy, { verb: 'PUT', headers, body: { ...kept, forceMfa: true } });
    const asked = json<{ setUp: { secret: string } }>(await enter(one, quickstart.users.owner));
    const code = new TOTP({ secret: Secret.fromBase32(asked.setUp.secret) }).generate();
    const body = { ...quickstart.users.owner, code };
    const all = await Promise.all(Array.from({ length: 60 }, (_, index) => enter(index % 2 === 0 ? one : other, body)));
    const won = all.filter(({ status }) => status === 200);
    expect(won).to.have.lengthOf(1);
    const cookie = won.map((answer) => cookieIn(answer).split(';')[0] ?? '').join();
    expect((await call(other, SESSION, { verb: 'DELETE', headers: { cookie, origin: other } })).status).to.equal(204);
    expect((await call(one, SESSION, { headers: { cookie } })).status).to.equal(204);

    const guesses = await Promise.all(
      Array.from({ length: 20 }, (_, index) => trySignIn(index % 2 === 0 ? one : other, 'viewer', 'a guess')),
    );
    const statuses = guesses.map(({ status }) => status);
    expect(
      statuses.filter((status) => status === 401),
      statuses.join(),
    ).to.have.lengthOf(5);
    await call(one, policy, { verb: 'PUT', headers, body: kept });
  });

  it('answer 503 while PostgreSQL is away, and go on when it is back', async () => {
    const [url = ''] = urls();
    await postgres.goAway();
    expect((await enter(url, quickstart.users.viewer)).status).to.equal(503);
    await postgres.comeBack();
    await eventually('a sign-in', async () => (await enter(url, quickstart.users.viewer)).status === 200 || undefined);
  });
});

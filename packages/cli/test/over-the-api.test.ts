import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { EXIT } from '@login-policy/cli';
import { Fault } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FILE, plannedIn } from './planning.js';
import { Place, type Around, type Ran } from './running.js';
import { authenticate, TOKEN, TOKEN_OF_A_READER, TOKEN_OF_ANOTHER, TOKEN_OF_GLOBEX } from './serving.js';

let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
  place.over('api');
});
afterEach(() => place.remove());

/** A server that is not one of the API. */
async function answering(status: number, text: string, headers: Record<string, string> = {}): Promise<Server> {
  const server = createServer((_, answer) => answer.writeHead(status, headers).end(text));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function urlOf(server: Server): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it listens');
  return `http://127.0.0.1:${address.port}`;
}

async function jsonOf(line: string): Promise<{ readonly code: number; readonly json: unknown }> {
  const { code, out } = await place.run(line);
  return { code, json: JSON.parse(out) };
}

async function counted(): Promise<string> {
  place.over('store');
  const { out } = await place.run('status');
  place.over('api');
  return out;
}

describe('the token for an API', () => {
  it('comes from a file or the environment, and never from an argument', async () => {
    const { url } = await place.serve();
    await place.write('token', `${TOKEN}\n`);
    const run = (line: string, env: Around['env'] = {}): Promise<Ran> => place.run(line, { env, token: '' });
    expect((await run(`policy --api ${url} --token-file token`)).code).to.equal(EXIT.done);
    expect((await run(`policy --api ${url}`, { LOGIN_POLICY_TOKEN: TOKEN })).code).to.equal(EXIT.done);
    const fromEnvironment = { LOGIN_POLICY_STORE: '', LOGIN_POLICY_API: url, LOGIN_POLICY_TOKEN: TOKEN };
    place.over('store');
    expect((await run('policy', fromEnvironment)).code).to.equal(EXIT.done);
    const both = await run('policy', { ...fromEnvironment, LOGIN_POLICY_STORE: 'sqlite:iam.db' });
    expect(both.err).to.equal('LOGIN_POLICY_STORE and LOGIN_POLICY_API are both set. Use --store or --api.\n');
    await place.write('empty', '\n');
    for (const [line, said] of [
      [`policy --api ${url}`, 'The API needs a token: use --token-file FILE, or set LOGIN_POLICY_TOKEN.'],
      [`policy --api ${url} --token-file empty`, 'Expected one line of visible ASCII as the token in the file empty.'],
      [`policy --api ${url} --token-file nowhere`, 'The file nowhere does not exist.'],
      [`policy --token-file token --store sqlite:iam.db`, '--token-file is for an API. Add --api URL.'],
      [`policy --api ${url} --store sqlite:iam.db`, 'Give --api or --store, not both.'],
      [
        `policy --api ${url} --token ${TOKEN}`,
        'Every user of this machine can read a token in an argument. Use --token-file FILE.',
      ],
      [`policy --api ${url.replace('//', '//me:secret@')}`, '--api must be a URL without a password, ? and #.'],
      [`policy --api http://iam.example`, 'Over http://iam.example the token could be intercepted. Use https'],
      [
        `policy --api iam.example`,
        '--api must be the URL of a server, such as https://iam.example, not "iam.example".',
      ],
      [`change forceMfa=yes --yes --api ${url} --token-file token --actor me`, 'remove --actor'],
      [`verify --api ${url}`, 'verify needs direct access to the store, not the API: use --store URL.'],
    ] as const) {
      const { err, out } = await run(line);
      expect(err, line).to.contain(said).and.not.to.contain('secret');
      expect(out).to.equal('');
    }
  });

  it('reports a rejected token and a missing permission separately, with advice, and changes nothing', async () => {
    const { url } = await place.serve();
    const before = await counted();
    const wrong = await place.run('policy', { token: 'nobody' });
    expect([wrong.code, wrong.err]).to.deep.equal([
      EXIT.denied,
      `The token is not accepted: it is wrong, or has expired. Put a valid token for ${url} into LOGIN_POLICY_TOKEN.\n`,
    ]);
    const denied = await place.run('change forceMfa=yes --yes', { token: TOKEN_OF_A_READER });
    expect(denied.code).to.equal(EXIT.denied);
    expect(denied.err).to.contain('This needs the permission iam.policy.write').and.to.contain('give its id as --org');
    const nowhere = await place.run('policy nowhere');
    expect([nowhere.code, nowhere.err]).to.deep.equal([
      EXIT.denied,
      'There is no such organization in this instance, or it is not open to the caller. Check its id.\n',
    ]);
    const foreign = await place.run(['policy', 'büro']);
    expect([foreign.code, foreign.err]).to.deep.equal([
      EXIT.usage,
      'Over the API an id must be visible ASCII, not "büro". Use the store instead: --store URL.\n',
    ]);
    expect(await counted()).to.equal(before);
  });

  it('for one organization can read and change only that one, and is refused before anything is changed elsewhere', async () => {
    const mine = { token: TOKEN_OF_GLOBEX };
    expect((await place.run('policy globex', mine)).code).to.equal(EXIT.done);
    expect((await place.run('change forceMfa=yes --org globex --yes', mine)).code).to.equal(EXIT.done);
    const before = await counted();
    const everywhere = await place.run('add-second-factor OTP_SMS --everywhere --yes', mine);
    expect([everywhere.code, everywhere.out]).to.deep.equal([EXIT.denied, '']);
    await place.write('policies.yaml', 'organizations:\n  globex: { secondFactors: [TOTP] }\n');
    expect((await place.run('plan policies.yaml --out mine.json', mine)).code).to.equal(EXIT.different);
    expect((await plannedIn(place, FILE)).code).to.equal(EXIT.different);
    const applied = await place.run('apply plan.json --yes', { token: TOKEN_OF_A_READER });
    expect([applied.code, applied.out, applied.err]).to.deep.equal([
      EXIT.denied,
      '',
      'Nothing was done: the token is not allowed to change 3 of 3 policies.\n' +
        '  Custom policy of organization acme\n  Default policy of instance iam\n  Custom policy of organization globex\n' +
        'Use a token that may change all of them.\n',
    ]);
    expect(await counted()).to.equal(before);
    expect((await place.run('apply mine.json --yes', mine)).code).to.equal(EXIT.done);
  });
});

describe('a plan that another user goes on with', () => {
  it('is refused where a step depends on what the first one changed, and goes on for that one', async () => {
    expect((await plannedIn(place, FILE)).code).to.equal(EXIT.different);
    const stopping = new AbortController();
    let steps = 0;
    const stopped = await place.run('apply plan.json --yes', {
      interrupted: stopping.signal,
      onOut: (text) => /: sequence/.test(text) && ++steps === 2 && stopping.abort(),
    });
    expect(stopped.code).to.equal(EXIT.interrupted);
    const before = await counted();
    const other = await place.run('apply plan.json --yes', { token: TOKEN_OF_ANOTHER });
    expect([other.code, other.out]).to.deep.equal([EXIT.refused, '']);
    expect(other.err).to.contain('Nothing was done: since the plan was made, 3 policies were changed.');
    expect(other.err).to.contain('sequence 5, LoginPolicyChanged by operator at');
    expect(await counted()).to.equal(before);
    expect((await place.run('apply plan.json --yes')).code).to.equal(EXIT.done);
  });
});

describe('a change of all policies with a token that may change some of them', () => {
  it('names the forbidden policies, and changes nothing', async () => {
    const isAllowed = (_: unknown, permission: string, { organizationId }: { organizationId?: string }): boolean =>
      organizationId !== 'globex' || permission.endsWith('.read');
    await place.serve('iam.db', { ports: { isAllowed } });
    const before = await counted();
    const { code, err, out } = await place.run('add-second-factor OTP_SMS --everywhere --yes');
    expect([code, out, err]).to.deep.equal([
      EXIT.denied,
      '',
      'Nothing was done: the token is not allowed to change 1 of 2 policies: globex. Use another token, or change one policy with --org.\n',
    ]);
    expect(await counted()).to.equal(before);
  });

  it('ends when the token is revoked meanwhile, and says how to resume it', async () => {
    let isRevoked = false;
    await place.serve('iam.db', {
      ports: {
        authenticate: (request) => (isRevoked ? undefined : authenticate(request)),
        isAllowed: async (_, __, { organizationId, request }) => {
          if (organizationId !== 'globex' || !request.path.endsWith('_roll_out')) return true;
          isRevoked = true;
          await wait(1100);
          return true;
        },
      },
    });
    const { code, json } = await jsonOf('add-second-factor OTP_SMS --everywhere --yes --json');
    expect(code).to.equal(EXIT.denied);
    expect(json).to.have.nested.property('error.message').that.contains('Run the same command again with another one');
  });

  it('can be tried again when the server fails meanwhile', async () => {
    let isDown = false;
    await place.serve('iam.db', {
      ports: {
        isAllowed: (_, __, { organizationId, request }) => {
          isDown ||= organizationId === 'globex' && request.path.endsWith('_roll_out');
          if (isDown) throw new Fault('store-unavailable', { store: 'the directory', problem: 'it is down' });
          return true;
        },
      },
    });
    const { code, json } = await jsonOf('add-second-factor OTP_SMS --everywhere --yes --json');
    expect(code).to.equal(EXIT.tryAgain);
    expect(json).to.have.nested.property('error.message').that.contains('Run the same command again later.');
  });
});

describe('a server that does not answer like the API', () => {
  it('is reported by kind: unreachable, another server, a redirect, a server with a problem', async () => {
    const gone = await answering(200, '');
    const away = urlOf(gone);
    await new Promise((resolve) => gone.close(resolve));
    const none = await place.run(`policy --api ${away}`);
    expect([none.code, none.err]).to.deep.equal([
      EXIT.tryAgain,
      `${away} can't be reached (ECONNREFUSED). Check the address, and that the server is running.\n`,
    ]);
    for (const [status, text, headers, code, said] of [
      [200, '<html>', {}, EXIT.store, 'did not answer _permissions like a login-policy API'],
      [200, '{}', {}, EXIT.store, 'Check the URL and the version of the server.'],
      [404, 'not here', {}, EXIT.store, 'answers 404, but not like a login-policy API.'],
      [301, '', { location: 'https://elsewhere.example/' }, EXIT.usage, 'redirects to https://elsewhere.example/'],
      [502, 'Bad gateway', {}, EXIT.tryAgain, 'answers 502: the server, or a proxy in front of it, has a problem.'],
    ] as const) {
      const server = await answering(status, text, headers);
      const ran = await place.run(`policy --api ${urlOf(server)}`);
      server.closeAllConnections();
      server.close();
      expect(ran.err).to.contain(said);
      expect([ran.code, ran.out]).to.deep.equal([code, '']);
    }
  });

  it('is refused for another instance, and without an audit log', async () => {
    const { url } = await place.serve('iam.db', { isAudited: false });
    const other = await plannedIn(place, FILE.replace('iam', 'other'));
    expect([other.code, other.err]).to.deep.equal([
      EXIT.refused,
      `The file is of instance other, but ${url} is of iam. Nothing was done.\n`,
    ]);
    const audit = await place.run('audit');
    expect([audit.code, audit.err]).to.deep.equal([
      EXIT.refused,
      `The server at ${url} has no audit log. Open it with an audit log (createApi({ auditLog })), or use --store.\n`,
    ]);
  });
});

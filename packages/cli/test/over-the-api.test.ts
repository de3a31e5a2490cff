import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { EXIT } from '@login-policy/cli';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FILE, plannedIn } from './planning.js';
import { Place, type Around, type Ran } from './running.js';
import { TOKEN, TOKEN_OF_A_READER, TOKEN_OF_GLOBEX } from './serving.js';

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
    expect(both.err).to.equal('LOGIN_POLICY_STORE and LOGIN_POLICY_API are both set. Give --store or --api.\n');
    await place.write('empty', '\n');
    for (const [line, said] of [
      [`policy --api ${url}`, 'The API needs a token: give --token-file FILE, or set LOGIN_POLICY_TOKEN.'],
      [
        `policy --api ${url} --token-file empty`,
        'A token is one line of visible ASCII, and the file empty holds none.',
      ],
      [`policy --api ${url} --token-file nowhere`, 'The file nowhere is not there.'],
      [`policy --token-file token --store sqlite:iam.db`, '--token-file is for an API. Give --api URL, too.'],
      [`policy --api ${url} --store sqlite:iam.db`, 'Give --api or --store, not both.'],
      [
        `policy --api ${url} --token ${TOKEN}`,
        'A token in an argument can be read by everybody who lists processes. Give --token-file FILE.',
      ],
      [`policy --api ${url.replace('//', '//me:secret@')}`, '--api takes a URL without a password, ? and #.'],
      [
        `policy --api http://iam.example`,
        'Over http://iam.example everybody on the way could read the token. Use https',
      ],
      [`policy --api iam.example`, '--api takes the URL of a server, such as https://iam.example, not "iam.example".'],
      [`change forceMfa=yes --yes --api ${url} --token-file token --actor me`, 'leave --actor out'],
      [`verify --api ${url}`, 'verify works on the store itself, and not over the API: give --store URL.'],
    ] as const) {
      const { err, out } = await run(line);
      expect(err, line).to.contain(said).and.not.to.contain('secret');
      expect(out).to.equal('');
    }
  });

  it('that is not accepted, or may not do that, is told apart, each with what to do; nothing is done', async () => {
    const { url } = await place.serve();
    const before = await counted();
    const wrong = await place.run('policy', { token: 'nobody' });
    expect([wrong.code, wrong.err]).to.deep.equal([
      EXIT.denied,
      `The token is not accepted: it is wrong, or has expired. Put one that is good for ${url} into LOGIN_POLICY_TOKEN.\n`,
    ]);
    const denied = await place.run('change forceMfa=yes --yes', { token: TOKEN_OF_A_READER });
    expect(denied.code).to.equal(EXIT.denied);
    expect(denied.err).to.contain('This needs the permission iam.policy.write').and.to.contain('takes --org');
    const nowhere = await place.run('policy nowhere');
    expect([nowhere.code, nowhere.err]).to.deep.equal([
      EXIT.denied,
      'There is no such organization in this instance, or it is not open to the caller. Is its id right?\n',
    ]);
    const foreign = await place.run(['policy', 'büro']);
    expect([foreign.code, foreign.err]).to.deep.equal([
      EXIT.usage,
      'Over the API an id is visible ASCII, and "büro" is not. Look at it and change it in the store: --store URL.\n',
    ]);
    expect(await counted()).to.equal(before);
  });

  it('for one organization looks at and changes that one, and says of all others what it may not before anything is done', async () => {
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
      'Nothing was done: the token may not do that to 3 of 3 policies.\n' +
        '  Default policy of instance iam\n  Custom policy of organization acme\n  Custom policy of organization globex\n' +
        'Use a token that may change all of them.\n',
    ]);
    expect(await counted()).to.equal(before);
    expect((await place.run('apply mine.json --yes', mine)).code).to.equal(EXIT.done);
  });
});

describe('a change of all policies with a token that may change some of them', () => {
  it('says which it may not, and begins nothing', async () => {
    const isAllowed = (_: unknown, permission: string, { organizationId }: { organizationId?: string }): boolean =>
      organizationId !== 'globex' || permission.endsWith('.read');
    await place.serve('iam.db', { ports: { isAllowed } });
    const before = await counted();
    const { code, err, out } = await place.run('add-second-factor OTP_SMS --everywhere --yes');
    expect([code, out, err]).to.deep.equal([
      EXIT.denied,
      '',
      'Nothing was done: the token may not change 1 of 2 policies: globex. Use one that may, or change one policy with --org.\n',
    ]);
    expect(await counted()).to.equal(before);
  });
});

describe('a server that does not answer as the API', () => {
  it('is told apart: away, another, one that sends on, not well', async () => {
    const gone = await answering(200, '');
    const away = urlOf(gone);
    await new Promise((resolve) => gone.close(resolve));
    const none = await place.run(`policy --api ${away}`);
    expect([none.code, none.err]).to.deep.equal([
      EXIT.tryAgain,
      `${away} can't be reached (ECONNREFUSED). Is the address right, and does the server run?\n`,
    ]);
    for (const [status, text, headers, code, said] of [
      [200, '<html>', {}, EXIT.store, 'answers _permissions in another way than the API of login-policy does'],
      [200, '{}', {}, EXIT.store, 'Is the URL right, and the server of this version?'],
      [404, 'not here', {}, EXIT.store, 'answers 404, and not as the API of login-policy does.'],
      [301, '', { location: 'https://elsewhere.example/' }, EXIT.usage, 'sends on to https://elsewhere.example/'],
      [502, 'Bad gateway', {}, EXIT.tryAgain, 'answers 502: the server, or a proxy before it, is not well.'],
    ] as const) {
      const server = await answering(status, text, headers);
      const ran = await place.run(`policy --api ${urlOf(server)}`);
      server.closeAllConnections();
      server.close();
      expect(ran.err).to.contain(said);
      expect([ran.code, ran.out]).to.deep.equal([code, '']);
    }
  });

  it('is of another instance, or keeps no audit log', async () => {
    const { url } = await place.serve('iam.db', { isAudited: false });
    const other = await plannedIn(place, FILE.replace('iam', 'other'));
    expect([other.code, other.err]).to.deep.equal([
      EXIT.refused,
      `The file is of instance other, and ${url} is of iam. Nothing was done.\n`,
    ]);
    const audit = await place.run('audit');
    expect([audit.code, audit.err]).to.deep.equal([
      EXIT.refused,
      `The server at ${url} keeps no audit log. Open it with an audit log (createApi({ auditLog })), or give --store.\n`,
    ]);
  });
});

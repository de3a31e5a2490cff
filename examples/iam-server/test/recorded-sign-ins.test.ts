import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import { EFFECTS, type Effect, type SignInRecord } from '@login-policy/domain/backtest';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { Secret, TOTP } from 'otpauth';
import { AccountsFile } from './accounts-file.js';
import { ANY_LOCK_OUT, bearer, call, json, trySignIn, type Answered } from './client.js';
import { TestBench, type Quickstart, type Server } from './running-server.js';

const POLICY = '/admin/v1/policies/login';
const SESSION = '/iam/v1/session';
/** More with `SIGN_INS=1000`, which takes some minutes. */
const SIGN_INS = Number(process.env['SIGN_INS'] ?? 60);
const AT_ONCE = 8;
const PASSWORD = 'correct horse';
const SECRET = new Secret({ size: 20 }).base32;

/** A user of the test: what they have, and what they send. */
interface Person {
  readonly name: string;
  readonly organizationId: string | undefined;
  readonly role: 'ORG_OWNER' | 'USER';
  readonly hasApp: boolean;
  readonly sendsCode: boolean;
}

type Tally = Readonly<Record<Effect, { readonly signIns: number; readonly administrators: number }>>;

function people({ organizationIds }: Quickstart): readonly Person[] {
  return Array.from({ length: SIGN_INS }, (_, number) => ({
    name: `person ${number}`,
    organizationId: [undefined, ...organizationIds][number % 3],
    role: number % 10 === 0 && number % 3 !== 0 ? 'ORG_OWNER' : 'USER',
    hasApp: number % 4 < 2,
    sendsCode: number % 4 === 0,
  }));
}

async function addPeople(server: Server, { instanceId }: Quickstart, all: readonly Person[]): Promise<void> {
  // As cheap as it gets: the test is not about passwords.
  const passwordHash = await hash(PASSWORD, { timeCost: 1, memoryCost: 8 });
  using accounts = new AccountsFile(server);
  accounts.run('BEGIN IMMEDIATE');
  for (const { hasApp, name, organizationId = null, role } of all) {
    accounts.run(
      'INSERT INTO users (instance, id, organization, name, role) VALUES (?, ?, ?, ?, ?)',
      ...[instanceId, name, organizationId, name, role],
    );
    const credential = (kind: string, secret: string): unknown =>
      accounts.run(
        'INSERT INTO credentials (id, instance, user_id, kind, secret, added_at) VALUES (?, ?, ?, ?, ?, 1)',
        ...[`${name} ${kind}`, instanceId, name, kind, secret],
      );
    credential('PASSWORD', passwordHash);
    if (hasApp) credential('TOTP', SECRET);
  }
  accounts.run('COMMIT');
}

/** Everybody signs in once. A code is right again. */
async function everybodySignsIn(server: Server, all: readonly Person[]): Promise<void> {
  using accounts = new AccountsFile(server);
  accounts.run('UPDATE credentials SET step = 0');
  const waiting = [...all];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
        const code = one.sendsCode ? { code: new TOTP({ secret: Secret.fromBase32(SECRET) }).generate() } : {};
        const body = { name: one.name, password: PASSWORD, ...code };
        const { status } = await call(server.url, SESSION, { verb: 'POST', body });
        expect(status).to.be.oneOf([200, 401, 403]);
      }
    }),
  );
}

function recordsOf({ folder }: Pick<Server, 'folder'>): readonly SignInRecord[] {
  const place = join(folder, '.data', 'sign-ins');
  return readdirSync(place)
    .toSorted()
    .flatMap((name) => readFileSync(join(place, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** How far a sign-in got, from nothing to everything. */
function effectOf(before: SignInRecord, after: SignInRecord): Effect {
  const reached = ({ level, outcome }: SignInRecord): string => level ?? outcome;
  if (reached(before) === reached(after)) return 'unchanged';
  if (after.outcome === 'set-up') return 'hasToSetUp';
  if (after.outcome === 'verify') return 'hasToVerifyMore';
  return after.outcome === 'proceed' ? 'weaker' : 'refused';
}

/** What the second sign-ins of the same users tell. */
function tallyOf(before: readonly SignInRecord[], after: readonly SignInRecord[]): Tally {
  const later = new Map(after.map((one) => [one.user, one]));
  const count = (effect: Effect, administrators: boolean): number =>
    before.filter((one) => {
      const other = later.get(one.user);
      return other !== undefined && effectOf(one, other) === effect && (!administrators || one.isAdministrator);
    }).length;
  const counts = EFFECTS.map((effect) => [
    effect,
    { signIns: count(effect, false), administrators: count(effect, true) },
  ]);
  return Object.fromEntries(counts);
}

describe('the sign-ins of the server are recorded', () => {
  const bench = new TestBench();
  afterEach(() => bench.clear());

  const machine = ({ tokens, url }: Quickstart, path: string, body: object): Promise<Answered> =>
    call(url, `${POLICY}${path}`, {
      verb: 'POST',
      body,
      headers: { ...bearer(tokens.owner), 'login-policy-acknowledge': ANY_LOCK_OUT },
    });

  it('and what a backtest says of them is what then happens', async function () {
    this.timeout(300_000);
    const { quickstart, server } = await bench.serve({ IAM_LOG: 'error' });
    const all = people(quickstart);
    await addPeople(server, quickstart, all);
    await everybodySignsIn(server, all);
    let before = recordsOf(server);
    expect(before).to.have.length(SIGN_INS);
    for (const command of [
      { type: 'removeSecondFactor', factor: 'TOTP' },
      { type: 'change', settings: { forceMfa: true } },
    ]) {
      const since = before[0]?.signIn.at;
      const answer = await machine(quickstart, '/_backtest', { command, since });
      const found = json<{ readonly effects: Tally; readonly signIns: number; readonly badLines: unknown }>(answer);
      expect(found.badLines).to.deep.equal([]);
      expect(found.signIns).to.equal(SIGN_INS);
      expect((await machine(quickstart, '/_execute', { command })).status).to.equal(200);
      await everybodySignsIn(server, all);
      const after = recordsOf(server).slice(-SIGN_INS);
      expect(found.effects, JSON.stringify(command)).to.deep.equal(tallyOf(before, after));
      expect(found.effects.unchanged.signIns).to.be.lessThan(SIGN_INS);
      before = after;
    }
  });

  it('without names, by a pseudonym that stays', async () => {
    const { quickstart, server } = await bench.serve();
    const { name, password } = quickstart.users.owner;
    for (let time = 0; time < 2; time++) expect((await trySignIn(server.url, name, password)).status).to.equal(200);
    expect((await trySignIn(server.url, name, 'wrong')).status).to.equal(401);
    const [first, second, ...others] = recordsOf(server);
    expect(others, 'what was not judged').to.deep.equal([]);
    expect(first).to.include({ v: 1, isAdministrator: true, outcome: 'proceed', level: 'one-factor' });
    expect(first?.user).to.equal(second?.user);
    expect(JSON.stringify(first).replace('"owner":', '')).not.to.contain(name);
  });

  it('never at the cost of a sign-in: what can not be written is counted', async () => {
    const { quickstart, server } = await bench.serve();
    const { name, password } = quickstart.users.owner;
    writeFileSync(join(server.folder, '.data', 'sign-ins'), 'in the way');
    expect((await trySignIn(server.url, name, password)).status).to.equal(200);
    const metrics = async (): Promise<string> =>
      (await call(server.url, '/metrics', { headers: bearer(quickstart.tokens.viewer) })).bytes.toString();
    expect(await metrics()).to.contain('iam_sign_in_records_total{outcome="dropped"} 1\n');
    expect(server.lines.map(({ message }) => message).join('\n')).to.contain('Sign-ins are not recorded: ');
    expect(server.errors).to.deep.equal([]);
  });

  it('unless they are not to be, and then none can be looked back at', async () => {
    const { quickstart, server } = await bench.serve({ IAM_SIGN_INS: 'no' });
    const { name, password } = quickstart.users.owner;
    expect((await trySignIn(server.url, name, password)).status).to.equal(200);
    expect(readdirSync(join(server.folder, '.data'))).not.to.contain('sign-ins');
    expect((await machine(quickstart, '/_backtest', { command: { type: 'customize' } })).status).to.equal(404);
  });

  it('with what a change would have meant that is only reported on', async () => {
    const folder = await bench.folder();
    const file = join(folder, 'report-only.json');
    mkdirSync(join(folder, '.data'), { mode: 0o700 });
    writeFileSync(file, JSON.stringify({ settings: { forceMfa: true } }));
    const { quickstart, server } = await bench.serve({ IAM_REPORT_ONLY: file }, folder);
    const { name, password } = quickstart.users.owner;
    expect((await trySignIn(server.url, name, password)).status, 'nothing is enforced').to.equal(200);
    expect(recordsOf(server)[0]).to.deep.include({ outcome: 'proceed', reportOnly: { outcome: 'set-up' } });
    const metrics = (
      await call(server.url, '/metrics', { headers: bearer(quickstart.tokens.viewer) })
    ).bytes.toString();
    expect(metrics).to.contain('iam_report_only_total{effect="hasToSetUp"} 1\n');
    writeFileSync(file, JSON.stringify({ settings: { forceMFa: true } }));
    const { errors } = await bench.fail({ IAM_REPORT_ONLY: file });
    expect(errors.join('')).to.contain('forceMFa is not a setting');
  });
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { EXIT } from '@login-policy/cli';
import { evaluateSignIn, orThrow, type OwnerRef, type SignIn } from '@login-policy/domain';
import { SIGN_IN_RECORD_SCHEMA, signInRecorder, type Backtest } from '@login-policy/domain/backtest';
import { isOrganization } from '@login-policy/domain/model';
import Ajv from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { GLOBEX, INSTANCE, Place } from './running.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const acme = { ...INSTANCE, organizationId: 'acme' };

let place: Place;
let lines: string;

/** The users of each owner sign in by a password, and one of them by a code too. */
function signIns(): Promise<string> {
  return place.policies(async (policies) => {
    const written: string[] = [];
    const recorder = signInRecorder({ write: (line) => void written.push(line) });
    const record = async (owner: OwnerRef, signIn: SignIn, isAdministrator = false): Promise<void> => {
      const answer = await (isOrganization(owner) ? policies.effectivePolicy(owner) : policies.policy(owner));
      const { eventId } = orThrow(answer).policy;
      recorder.record({ owner, user: 'u', isAdministrator, signIn, answer: evaluateSignIn(answer, signIn), eventId });
    };
    for (const [day, owner] of [INSTANCE, acme, GLOBEX].entries()) {
      const at = `2026-12-0${day + 1}T08:00:00.000Z`;
      const user = { hasPassword: true, factors: [], identityProviders: [] };
      await record(owner, { user, session: { password: at }, request: { startedAt: at }, at }, owner === acme);
      const session = { password: at, secondFactors: [{ factor: 'TOTP', at }] } as const;
      await record(owner, { user: { ...user, factors: ['TOTP'] }, session, request: { startedAt: at }, at });
    }
    return written.join('');
  });
}

async function found(line: string): Promise<Backtest> {
  const { code, err, out } = await place.run(`backtest ${line} --json`);
  expect(code, err).to.be.oneOf([EXIT.done, EXIT.different]);
  return JSON.parse(out);
}

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
  lines = await signIns();
  await place.write('sign-ins.ndjson', lines);
});
afterEach(() => place.remove());

describe('looking back at sign-ins', () => {
  it('shows what a change would have meant, whose, when, and the first examples', async () => {
    const { code, out } = await place.run('backtest --sign-ins sign-ins.ndjson --change forceMfa=yes');
    expect(code).to.equal(EXIT.different);
    expect(out).to.contain('6 sign-ins: 2 to set up a factor first (1 by administrators), 4 unchanged.\n');
    expect(out).to.contain('By organization\n');
    expect(out).to.match(/\n {2}acme +1 to set up a factor first \(1 by administrators\), 1 unchanged\n/);
    expect(out).to.match(/\n {2}2026-12-02T08 {2}1 to set up/);
    expect(out).to.match(/sign-ins\.ndjson:3 {2}2026-12-02T08:00:00\.000Z .* one-factor → set-up\n/);
    const nothing = await place.run('backtest --sign-ins sign-ins.ndjson --change allowRegister=no');
    expect([nothing.code, nothing.out]).to.deep.equal([EXIT.done, '6 sign-ins: 6 unchanged (1 by administrators).\n']);
  });

  it('takes every change of a policy, of one organization or of all', async () => {
    const weaker = async (line: string): Promise<number> =>
      (await found(`--sign-ins sign-ins.ndjson ${line}`)).effects.weaker.signIns;
    expect(await weaker('--change=forceMfa=no')).to.equal(0);
    const run = async (...more: readonly string[]): Promise<Backtest> => {
      const line = ['backtest', '--sign-ins', 'sign-ins.ndjson', '--change', 'remove-second-factor TOTP', '--json'];
      return JSON.parse((await place.run([...line, ...more])).out);
    };
    expect((await run()).effects.weaker.signIns).to.equal(2);
    expect((await run('--org', 'globex')).effects.weaker.signIns).to.equal(1);
    expect((await run('--everywhere')).effects.weaker.signIns).to.equal(3);
    expect((await run('--everywhere', '--since', '2026-12-03')).effects.weaker.signIns).to.equal(1);
    expect((await run('--everywhere', '--until', '2026-12-02T00:00:00Z')).effects.weaker.signIns).to.equal(1);
  });

  it('has records that keep to their schema', () => {
    const isRecord = new Ajv.default({ formats: { 'date-time': true } }).compile(SIGN_IN_RECORD_SCHEMA);
    for (const line of lines.trimEnd().split('\n')) {
      expect(isRecord(JSON.parse(line)), JSON.stringify(isRecord.errors)).to.equal(true);
      expect(isRecord({ ...JSON.parse(line), name: 'olga' })).to.equal(false);
    }
  });

  it('takes a plan', async () => {
    await place.write(
      'policies.yaml',
      'instance: iam\ndefault:\n  settings: { forceMfa: true }\norganizations:\n  globex: default\n',
    );
    expect((await place.run('plan policies.yaml --out plan.json')).code).to.equal(EXIT.different);
    expect((await found('--sign-ins sign-ins.ndjson --plan plan.json')).effects.hasToSetUp.signIns).to.equal(3);
  });

  it('reads several files, folders and what is packed', async () => {
    mkdirSync(place.path('folder'));
    writeFileSync(place.path('folder/b.ndjson.gz'), gzipSync(lines));
    writeFileSync(place.path('folder/a.ndjson'), lines);
    writeFileSync(place.path('folder/notes.txt'), 'mine');
    writeFileSync(place.path('torn.gz'), gzipSync(lines).subarray(0, -30));
    const all = await found('--sign-ins folder --sign-ins sign-ins.ndjson --change forceMfa=yes');
    expect(all.signIns).to.equal(18);
    expect(all.examples.hasToSetUp[0]?.source).to.equal('folder/a.ndjson');
    const words = await found('--sign-ins folder/a.ndjson folder/b.ndjson.gz sign-ins.ndjson --change forceMfa=yes');
    expect(words.signIns).to.equal(18);
    const torn = await place.run('backtest --sign-ins torn.gz --change forceMfa=yes');
    expect([torn.code, torn.err]).to.deep.equal([EXIT.noInput, "The file torn.gz can't be read (Z_BUF_ERROR).\n"]);
  });

  it('reads standard input', () => {
    const line = ['backtest', '--sign-ins', '-', '--change', 'forceMfa=yes', '--store', 'sqlite:iam.db', '--json'];
    const { status, stdout } = spawnSync(process.execPath, [MAIN, ...line], {
      cwd: place.folder,
      input: gzipSync(lines),
    });
    expect(status).to.equal(EXIT.different);
    expect(JSON.parse(stdout.toString())).to.include({ signIns: 6 });
  });

  it('names the lines that it can not judge', async () => {
    await place.write('bad.ndjson', `x\n${lines.slice(0, -10)}`);
    const { code, out } = await place.run('backtest --sign-ins bad.ndjson --change forceMfa=yes');
    expect(code).to.equal(EXIT.different);
    expect(out).to.contain(
      '2 lines were not judged\n  bad.ndjson:1 not-a-record: It is not JSON.\n  bad.ndjson:7 half-line: ',
    );
    await place.write('none.ndjson', 'x\n');
    expect((await place.run('backtest --sign-ins none.ndjson --change forceMfa=yes')).code).to.equal(EXIT.data);
  });

  it('finds the same after the store was copied, because ids stay', async () => {
    const before = await found('--sign-ins sign-ins.ndjson --change forceMfa=yes');
    expect((await place.run('copy sqlite:iam.db sqlite:copied.db')).code).to.equal(EXIT.done);
    const after = await found('--sign-ins sign-ins.ndjson --change forceMfa=yes --store sqlite:copied.db');
    expect(after).to.deep.equal(before);
    expect(after.badLineCount).to.equal(0);
  });

  it('asks a server to look at its own records', async () => {
    const text = [lines];
    await place.serve('iam.db', { signIns: () => [{ name: 'records', text }] });
    place.over('api');
    expect((await found('--change forceMfa=yes')).effects.hasToSetUp.signIns).to.equal(2);
    expect((await found('--change forceMfa=yes --everywhere')).effects.hasToSetUp.signIns).to.equal(3);
    expect((await found('--change forceMfa=yes --org globex')).signIns).to.equal(2);
    const refused = await place.run('backtest --sign-ins sign-ins.ndjson --change forceMfa=yes');
    expect([refused.code, refused.err]).to.deep.equal([
      EXIT.usage,
      'Over the API, the server looks at its own records: leave out --sign-ins.\n',
    ]);
  });

  const malformed = [
    ['--sign-ins sign-ins.ndjson', 'Give --change or --plan.'],
    ['--change forceMfa=yes', 'Give the recorded sign-ins: --sign-ins FILE.'],
    ['--sign-ins nowhere --change forceMfa=yes', 'The file nowhere does not exist.'],
    ['--sign-ins . --change forceMFa=yes', 'forceMFa'],
    ['--sign-ins sign-ins.ndjson --change remove-second-facto', 'Did you mean remove-second-factor?'],
    ['--sign-ins sign-ins.ndjson --change forceMfa=yes --org a --everywhere', 'Give --org or --everywhere, not both.'],
    ['--sign-ins sign-ins.ndjson --change forceMfa=yes --since yesterday', '--since must be a day'],
  ] as const;
  it('refuses malformed command lines', async () => {
    for (const [line, message] of malformed) {
      const { code, err } = await place.run(`backtest ${line}`);
      expect(code, line).to.be.oneOf([EXIT.usage, EXIT.noInput]);
      expect(err).to.contain(message);
    }
  });

  it('refuses a change that the policy would refuse', async () => {
    const line = ['backtest', '--sign-ins', 'sign-ins.ndjson', '--change', 'remove-second-factor OTP_SMS'];
    const { code, err } = await place.run(line);
    expect(code).to.equal(EXIT.refused);
    expect(err).to.contain('OTP_SMS is not on the default login policy');
  });
});

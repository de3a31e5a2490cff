import { EXIT } from '@login-policy/cli';
import { orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FILE, plannedIn } from './planning.js';
import { GLOBEX, Place, type Around } from './running.js';

let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
});
afterEach(() => place.remove());

/** Each command with `--json`, and its arguments. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  ...{ status: '', policy: '', history: '', audit: '', diff: '--from 1', verify: '', lag: '', rebuild: '' },
  ...{ 'who-allows': 'TOTP', evaluate: 'globex sign-in.yaml', customize: 'acme', reset: 'globex', revert: '1' },
  ...{ 'add-second-factor': 'OTP_SMS', 'remove-second-factor': 'TOTP', change: 'forceMfa=yes' },
  ...{ 'add-multi-factor': 'U2F_WITH_VERIFICATION', 'remove-multi-factor': 'U2F_WITH_VERIFICATION' },
  ...{ 'add-identity-provider': 'google', 'remove-identity-provider': 'google' },
  ...{
    analyze: '',
    backtest: '--change forceMfa=yes',
    plan: 'policies.yaml',
    apply: 'plan.json',
    drift: 'policies.yaml',
    import: 'old.yaml',
  },
  ...{ propose: 'change forceMfa=yes --reason x', proposals: '', approve: 'x', reject: 'x', withdraw: 'x' },
  copy: 'sqlite:nowhere.db sqlite:copy.db',
  ...{
    'witness key': 'log',
    'witness sign': '',
    'witness prove': 'x',
    'witness check': '',
    'witness verify': 'proof',
    'witness erase': 'x',
  },
};

const IMPORT = `instance: old
policies:
  - { at: 2024-05-01T10:00:00Z, policy: {} }
  - { at: 2024-06-01T10:00:00Z, organization: acme, policy: {} }
  - { at: 2024-07-01T10:00:00Z, policy: { multiFactors: [] } }
`;

/** Runs a command, and returns its exit code and the JSON on stdout, which must be one document. */
async function jsonOf(line: string, around: Around = {}): Promise<{ readonly code: number; readonly json: unknown }> {
  const { code, out } = await place.run(line, around);
  return { code, json: JSON.parse(out) };
}

describe('a command with --json that fails', () => {
  it('prints the error as JSON, whichever command it is: without a store, interrupted, or mistyped', async () => {
    const { out: overview } = await place.run('--help');
    const names = [...overview.matchAll(/^ {2}([a-z-]+(?: [a-z]+)?) {2}/gm)].map(([, name]) => name ?? '');
    const helps = await Promise.all(names.map((name) => place.run(`${name} --help`)));
    const withJson = names.filter((_, index) => helps[index]?.out.includes('--json'));
    expect(withJson.toSorted()).to.deep.equal(Object.keys(ARGUMENTS).toSorted());
    await plannedIn(place, FILE);
    await place.write('old.yaml', IMPORT);
    const stopped = AbortSignal.abort();
    for (const [name, values] of Object.entries(ARGUMENTS)) {
      const words = values === '' ? name : `${name} ${values}`;
      const env = { LOGIN_POLICY_STORE: 'esdb:nowhere' };
      for (const [line, around] of [
        [`${words} --json`, { env }],
        [`${words} --json`, { env, interrupted: stopped }],
        [`${words} --json --nonsense`, {}],
      ] as const) {
        const { code, json } = await jsonOf(line, around);
        expect(code, line).to.be.greaterThan(0);
        expect(json, line).to.have.nested.property('error.exitCode', code);
        expect(json, line).to.have.nested.property('error.message').that.is.a('string');
      }
    }
  });

  it('says which steps of a plan were done when a later one is refused', async () => {
    await plannedIn(place, FILE);
    const ask = async (): Promise<string> => {
      await place.policies(async (policies) => {
        orThrow(await policies.change(GLOBEX, { forceMfa: true }, { actor: 'mallory' }));
      });
      return 'yes';
    };
    const { code, json } = await jsonOf('apply plan.json --json', { ask });
    expect(code).to.equal(EXIT.refused);
    expect(json).to.deep.include({ changed: ['acme', 'the default of iam'], before: 0, left: 1, stoppedAt: 'globex' });
    expect(json).to.deep.nested.include({ 'error.exitCode': EXIT.refused, 'error.reason': 'changed-since' });
  });

  it('says which steps of a plan, and which policies of a rollout, were done when it is interrupted', async () => {
    const [looks, found]: [number[], string[]] = [[1, 2, 3, 4, 5], []];
    for (const line of ['apply plan.json --yes --json', 'add-second-factor OTP_SMS --everywhere --yes --json'])
      for (const count of looks) {
        await place.remove();
        place = await Place.make();
        await place.seed();
        await plannedIn(place, FILE);
        const { code, json } = await jsonOf(line, { interrupted: abortedAtLook(count) });
        if (code !== EXIT.interrupted) continue;
        expect(json, line).to.have.nested.property('error.message', 'Interrupted.');
        found.push(...Object.keys(Object(json)));
      }
    expect(found).to.include.members(['changed', 'left', 'rollout', 'report']);
  });

  it('names the rollout that the server did not carry out, and what is left of it', async () => {
    place.over('api');
    const { close } = await place.serve();
    const ask = async (): Promise<string> => {
      await close();
      return 'yes';
    };
    const { code, json } = await jsonOf('add-second-factor OTP_SMS --everywhere --json', { ask });
    expect(code).to.equal(EXIT.tryAgain);
    expect(json)
      .to.have.property('rollout')
      .that.matches(/^add-second-factor OTP_SMS /);
    expect(json).to.deep.nested.include({ 'report.changed': 0, 'report.pending': 2, 'error.exitCode': EXIT.tryAgain });
  });

  it('says how many states an interrupted import took over, and how many are left', async () => {
    await place.write('old.yaml', IMPORT);
    const states: unknown[] = [];
    for (let calls = 1; calls < 8; calls++) {
      const { code, json } = await jsonOf('import old.yaml --yes --json', {
        env: { LOGIN_POLICY_STORE: `sqlite:at-${calls}.db` },
        interrupted: abortedAtCheck(calls),
      });
      if (code === EXIT.interrupted) expect(json).to.have.nested.property('error.message', 'Interrupted.');
      else expect([code, json]).to.deep.equal([EXIT.done, { states: 3, left: 0, policies: 2 }]);
      if (typeof json === 'object' && json !== null && 'states' in json && 'left' in json)
        states.push([json.states, json.left]);
    }
    expect(states).to.deep.include.members([
      [1, 2],
      [2, 1],
      [3, 0],
    ]);
  });
});

/** A signal that fires when it is looked at for the nth time. */
function abortedAtLook(looks: number): AbortSignal {
  const stopping = new AbortController();
  let left = looks;
  return Object.defineProperty(stopping.signal, 'aborted', {
    get() {
      if (--left === 0) stopping.abort();
      return left <= 0;
    },
  });
}

/** A signal that fires when it is asked whether it has fired for the nth time. */
function abortedAtCheck(calls: number): AbortSignal {
  const stopping = new AbortController();
  const { signal } = stopping;
  let left = calls;
  signal.throwIfAborted = () => {
    if (--left === 0) stopping.abort();
    AbortSignal.prototype.throwIfAborted.call(signal);
  };
  return signal;
}

import { EXIT } from '@login-policy/cli';
import { orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { describeBoth, GLOBEX, INSTANCE, Place, type Ran } from './running.js';
import { TOKEN_OF_ANOTHER } from './serving.js';

const NO_TOTP = ['propose', 'remove-second-factor', 'TOTP', '--reason', 'cloned apps', '--yes'];
/** Another person than the operator, in a store and over the API. */
const ANOTHER = { token: TOKEN_OF_ANOTHER, env: { LOGIN_POLICY_ACTOR: 'another' } };
let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
  await place.serve('iam.db', { hasFourEyes: true });
});
afterEach(() => place.remove());

interface Listed {
  readonly id: string;
  readonly stage: string;
}

async function list(line: string): Promise<readonly Listed[]> {
  const { proposals }: { readonly proposals: readonly Listed[] } = JSON.parse((await place.run(line)).out);
  return proposals;
}

async function idOf(line: readonly string[]): Promise<string> {
  const { code, out, err } = await place.run([...line, '--json']);
  expect([code, err]).to.deep.equal([EXIT.done, '']);
  const { id }: Listed = JSON.parse(out);
  return id;
}

async function defaultFactors(): Promise<readonly string[]> {
  const { out } = await place.run('policy --json');
  const { policy }: { readonly policy: { readonly secondFactors: readonly string[] } } = JSON.parse(out);
  return policy.secondFactors;
}

async function untilCarriedOut(id: string): Promise<string> {
  for (let look = 0; look < 100; look++) {
    const { proposal }: { readonly proposal: Listed } = JSON.parse((await place.run(`proposals ${id} --json`)).out);
    if (proposal.stage !== 'approved' && proposal.stage !== 'begun') return proposal.stage;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return 'waiting';
}

describeBoth('proposals', () => {
  it('are proposed with a preview, listed, approved by another person, and carried out', async () => {
    const made = await place.run(NO_TOTP);
    expect([made.code, made.out]).to.satisfy(
      ([code, out]: [number, string]) =>
        code === EXIT.done && out.includes('- second factor TOTP') && out.includes(' open'),
    );
    const id = (await list('proposals --json'))[0]?.id ?? '';
    const listed = await place.run('proposals');
    expect(listed.out).to.include(id).and.include('by operator: cloned apps').and.include('0 of 1 approvals');
    const own = await place.run(`approve ${id} --yes`);
    expect([own.code === EXIT.refused || own.code === EXIT.denied, own.err]).to.satisfy(
      ([isRefused, err]: [boolean, string]) => isRefused && err.includes('by no account of theirs'),
    );
    const approved = await place.run(`approve ${id} --yes`, ANOTHER);
    expect([approved.code, approved.err]).to.deep.equal([EXIT.done, '']);
    expect([await untilCarriedOut(id), await defaultFactors()]).to.deep.equal(['carried-out', ['U2F']]);
    expect((await place.run('proposals')).out).to.equal('No proposal.\n');
    expect((await place.run('audit --limit 1')).out).to.include(`cloned apps [proposal ${id}: approved by another]`);
  });

  it('are rejected by others, and withdrawn by who proposed', async () => {
    const [one, two] = [await idOf(NO_TOTP), await idOf(NO_TOTP)];
    const rejected: Ran = await place.run([...`reject ${one} --yes --reason`.split(' '), 'not now'], ANOTHER);
    expect(rejected.out).to.include('rejected');
    expect((await place.run(`withdraw ${two} --yes`)).out).to.include('withdrawn');
    expect((await place.run(`approve ${two} --yes`, ANOTHER)).code).to.equal(EXIT.refused);
    expect(await list('proposals --all --json')).to.have.length(2);
  });

  it('are of one organization, of all policies, or for a date', async () => {
    await idOf([
      'propose',
      'change',
      'forceMfa=yes',
      '--org',
      'globex',
      '--reason',
      'x',
      '--yes',
      '--at',
      '2099-01-01T00:00:00Z',
    ]);
    const all = await idOf([...NO_TOTP, '--everywhere']);
    const { out } = await place.run('proposals');
    expect(out).to.include('change of globex').and.include('from 2099-01-01T00:00:00.000Z');
    expect(out).to.include('removeSecondFactor everywhere');
    await place.run(`approve ${all} --yes`, ANOTHER);
    expect(await untilCarriedOut(all)).to.equal('carried-out');
    const { policy } = await place.policies(async (policies) => orThrow(await policies.policy(GLOBEX)));
    expect([policy.secondFactors, await defaultFactors()]).to.deep.equal([['U2F'], ['U2F']]);
  });

  it('need a reason, a change that there is, and a yes', async () => {
    const codes = async (...lines: readonly (readonly string[])[]) =>
      Promise.all(lines.map(async (line) => (await place.run(line)).code));
    expect(
      await codes(
        ['propose', 'remove-second-factor', 'TOTP', '--yes'],
        ['propose', 'remove-factor', 'TOTP', '--reason', 'x', '--yes'],
        ['propose', 'remove-second-factor', '--reason', 'x', '--yes'],
        ['propose', 'remove-second-factor', 'TOTP', '--reason', 'x'],
        [...NO_TOTP, '--org', 'globex', '--everywhere'],
      ),
    ).to.deep.equal(Array.from({ length: 5 }, () => EXIT.usage));
    const late = await place.run([...NO_TOTP, '--at', '2020-01-01T00:00:00Z']);
    expect([late.code, late.err]).to.satisfy(
      ([code, err]: [number, string]) => code === EXIT.usage && err.includes('the time of the store'),
    );
    expect(await place.run('proposals --all')).to.include({ out: 'No proposal.\n' });
  });
});

describe('an approval in a store', () => {
  it('carries out at once what is due: perhaps nobody else runs', async () => {
    const alone = await Place.make();
    await alone.seed();
    await alone.run([...NO_TOTP, '--id', 'no-totp']);
    expect((await alone.run('approve no-totp --yes', ANOTHER)).out).to.match(/no-totp carried-out/);
    await alone.remove();
  });
});

describe('a direct change of what needs approval', () => {
  it('is refused by a server that has proposals, with the way to propose it', async () => {
    place.over('api');
    const { code, err } = await place.run('remove-second-factor TOTP --yes');
    expect([code, err]).to.satisfy(
      ([failed, text]: [number, string]) =>
        failed === EXIT.refused && text.includes('the approval of one other person'),
    );
    const { policy } = await place.policies(async (policies) => orThrow(await policies.policy(INSTANCE)));
    expect(policy.secondFactors).to.include('TOTP');
  });
});

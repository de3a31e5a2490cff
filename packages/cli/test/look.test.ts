import { DatabaseSync } from 'node:sqlite';
import { EXIT } from '@login-policy/cli';
import { orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { describeBoth, GLOBEX, INSTANCE, Place } from './running.js';

let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
  await place.policies(async (policies) => {
    const by = { actor: 'bob', reason: 'advisory' };
    orThrow(await policies.removeMultiFactor(INSTANCE, 'U2F_WITH_VERIFICATION', by));
  });
});
afterEach(() => place.remove());

describeBoth('looking into policies', () => {
  it('shows its status: head, read model, instances', async () => {
    const { code, out } = await place.run('status');
    expect(code).to.equal(EXIT.done);
    expect(out).to.match(
      /^(sqlite:iam\.db: events up to @\d+|http:\S+)\nread model: up\ninstances: 1\n {2}iam {2}default policy at sequence 5 {2}1 custom\n$/,
    );
  });

  it('shows a policy; for an organization without one, the default and the most similar id with one', async () => {
    const byDefault = await place.run('policy');
    expect(byDefault.out)
      .to.contain('Default policy of instance iam')
      .and.to.match(/multi-factors +none/);
    const custom = await place.run('policy globex');
    expect(custom.out)
      .to.contain('Custom policy of organization globex')
      .and.to.match(/multi-factors +U2F_WITH_VERIFICATION/);
    const mistyped = await place.run('policy globx');
    expect(mistyped.out).to.contain(
      'Organization globx has no custom policy: the default applies to it. Did you mean globex?',
    );
  });

  it('says of a moment before a custom policy that the default applied then', async () => {
    const acme = { ...INSTANCE, organizationId: 'acme' };
    const position = await place.policies(async (policies) => {
      const before = orThrow(await policies.policy(INSTANCE)).policy.position;
      orThrow(await policies.customize(acme, { actor: 'alice' }));
      return before;
    });
    expect((await place.run(`policy acme --as-of @${position}`)).out).to.match(
      /^Organization acme had no custom policy then: the default applied to it\.\nDefault policy/,
    );
  });

  it('refuses an organization that is not in the list', async () => {
    await place.write('organizations', 'acme # a customer\n\nglobex\n');
    const { code, err } = await place.run('policy acne --organizations organizations');
    expect([code, err]).to.deep.equal([
      EXIT.refused,
      'Organization "acne" is not among the 2 that --organizations lists. Did you mean acme?\n',
    ]);
  });

  it('shows a policy as of a sequence, as JSON for programs', async () => {
    const { out } = await place.run('policy --as-of 4 --json');
    expect(JSON.parse(out)).to.have.nested.property('policy.multiFactors[0]', 'U2F_WITH_VERIFICATION');
  });

  it('shows the history, newest first', async () => {
    const { out } = await place.run('history --limit 2');
    expect(out).to.match(
      /^5 {2}\S+ {2}MultiFactorRemoved by bob\n {3}advisory\n {3}- multi-factor U2F_WITH_VERIFICATION\n4 {2}/,
    );
    const never = await place.run('history acme');
    expect([never.code, never.err]).to.deep.equal([EXIT.refused, 'This policy never existed.\n']);
  });

  it('shows the audit log of all policies, and writes nothing to the store', async () => {
    const { code, out } = await place.run('audit --factor U2F_WITH_VERIFICATION --by bob --why ADVISORY');
    expect(code).to.equal(EXIT.done);
    expect(out).to.match(
      /^\S+ {2}the default of iam 5 {2}MultiFactorRemoved by bob\n {3}advisory\n {3}factor: U2F_WITH_VERIFICATION\n$/,
    );
    expect((await place.run('audit --org globex --limit 1')).out).to.contain('globex 4  MultiFactorAdded by alice');
    expect((await place.run('audit --by nobody')).out).to.equal('Nothing.\n');
    const modelsOf = (): unknown => new DatabaseSync(place.path('iam.db')).prepare('SELECT name FROM models').all();
    const models = modelsOf();
    const csv = await place.run('audit --export csv --default');
    expect(csv.out.split('\r\n')).to.have.length(7);
    expect((await place.run('audit --export xml')).code).to.equal(EXIT.usage);
    expect((await place.run('audit --from soon')).err).to.contain('--from must be');
    expect(modelsOf()).to.deep.equal(models);
  });

  it('reads all events before it shows the audit log or proposals, however long that takes, until Ctrl-C', async () => {
    for (const line of ['audit', 'proposals']) {
      const { code, out } = await place.run(line, { interrupted: AbortSignal.abort() });
      expect([code, out], line).to.deep.equal([EXIT.interrupted, '']);
    }
  });

  it('shows what differs between two moments', async () => {
    expect((await place.run('diff --from 4')).out).to.equal('- multi-factor U2F_WITH_VERIFICATION\n');
    expect((await place.run('diff globex --from 4 --to 4')).out).to.equal('Nothing differs.\n');
  });

  it('lists the policies that still allow a factor', async () => {
    const { out } = await place.run('who-allows U2F_WITH_VERIFICATION');
    expect(out).to.equal(
      'The default policy does not allow U2F_WITH_VERIFICATION.\nCustom policies that allow it: 1.\n  globex\n',
    );
    const { code, err } = await place.run('who-allows U2F_WITH_VERIFICATON');
    expect(code).to.equal(EXIT.usage);
    expect(err).to.contain('Did you mean U2F_WITH_VERIFICATION?');
  });
});

describeBoth('a sign-in that a file describes', () => {
  const signIn = 'user:\n  hasPassword: true\n  factors: [TOTP]\n  identityProviders: []\nsession:\n';

  it('is evaluated by the effective policy, and exits with 0 only if the user may sign in', async () => {
    await place.write('sign-in.yaml', `${signIn}  password: ${new Date().toISOString()}\n`);
    const { code, out } = await place.run('evaluate acme sign-in.yaml');
    expect(code).to.equal(EXIT.refused);
    expect(out).to.contain('verify: Confirm that it is you, with an authenticator app.\nBy the default policy; ');
    await place.write('sign-in.yaml', `${signIn.replace('TOTP', '')}  password: ${new Date().toISOString()}\n`);
    expect((await place.run('evaluate globex sign-in.yaml --json')).code).to.equal(EXIT.done);
  });

  it('with a typing error is refused with line, column and nearest name', async () => {
    await place.write('sign-in.yaml', `${signIn}  pasword: 2026-11-28T12:00:00Z\n`);
    const { code, err } = await place.run('evaluate acme sign-in.yaml');
    expect([code, err]).to.deep.equal([
      EXIT.data,
      'sign-in.yaml:6:3: session.pasword is not a member of session. Did you mean password?\n',
    ]);
    await place.write('sign-in.yaml', 'user: {\n');
    expect((await place.run('evaluate acme sign-in.yaml')).err).to.match(/^sign-in\.yaml:2:1: /);
    expect((await place.run('evaluate acme nowhere.yaml')).code).to.equal(EXIT.noInput);
  });
});

describe('a store that can’t be read', () => {
  it('with several instances requires the choice of one', async () => {
    await place.policies(async (policies) => {
      orThrow(await policies.add({ instanceId: 'other' }, {}, { actor: 'setup' }));
    });
    const { code, err } = await place.run('policy');
    expect([code, err]).to.deep.equal([EXIT.usage, 'Which instance? Give --instance ID: there are iam and other.\n']);
    expect((await place.run('policy --instance other')).code).to.equal(EXIT.done);
  });

  it('answers nothing about an instance that has no policy, which may be a mistyped one', async () => {
    const line = 'sign-in.yaml';
    await place.write(line, 'user: { hasPassword: true, factors: [], identityProviders: [] }\nsession: {}\n');
    for (const command of ['export', 'who-allows TOTP', 'audit', 'history', `evaluate acme ${line}`, 'policy']) {
      const { code, out, err } = await place.run(`${command} --instance iamm`);
      expect([code, out, err], command).to.deep.equal([
        EXIT.refused,
        '',
        'Instance iamm has no policy in this store. Did you mean iam?\n',
      ]);
    }
    const { code } = await place.run('export', { env: { LOGIN_POLICY_INSTANCE: 'other' } });
    expect(code).to.equal(EXIT.refused);
    await place.policies((policies) =>
      policies.add({ instanceId: 'no-default', organizationId: 'acme' }, {}, { actor: 'setup' }),
    );
    expect((await place.run('history acme --instance no-default')).code).to.equal(EXIT.done);
  });

  it('lists an instance that has custom policies only, and takes the only one', async () => {
    const owner = { instanceId: 'no-default', organizationId: 'acme' };
    const add = (file: string): Promise<unknown> =>
      place.policies((policies) => policies.add(owner, {}, { actor: 'setup' }), file);
    await add('iam.db');
    expect((await place.run('status')).out)
      .to.contain('instances: 2\n')
      .and.to.contain('no-default  no default policy');
    await add('one.db');
    const { code, out } = await place.run('history acme --store sqlite:one.db');
    expect([code, out.includes('LoginPolicyAdded by setup')]).to.deep.equal([EXIT.done, true]);
  });

  it('is named, with advice', async () => {
    const missing = await place.run('status --store sqlite:nowhere.db');
    expect([missing.code, missing.err]).to.deep.equal([
      EXIT.noInput,
      `There is no file ${place.path('nowhere.db')}. login-policy migrate --store sqlite:nowhere.db creates an empty store there.\n`,
    ]);
    await place.write('letter.db', 'Dear operator, this is not a database at all.\n'.repeat(100));
    const foreign = await place.run('status --store sqlite:letter.db');
    expect(foreign.code).to.equal(EXIT.store);
    expect(foreign.err).to.contain("letter.db can't be used");
  });

  it('prints no terminal control characters from recorded texts', async () => {
    const id = 'evil\u202eorg';
    await place.policies(async (policies) => {
      orThrow(await policies.customize({ ...GLOBEX, organizationId: id }, { actor: 'alice' }));
    });
    const { out } = await place.run(['policy', id], { isTerminal: true });
    expect(out).to.contain('evil\\u202eorg').and.not.to.contain('\u202e');
    expect((await place.run('policy', { isTerminal: true })).out).to.contain('\u001b[1m');
    expect((await place.run('policy', { isTerminal: true, env: { NO_COLOR: '1' } })).out).not.to.contain('\u001b');
  });
});

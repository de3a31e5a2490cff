import { chmod, lstat, stat, symlink } from 'node:fs/promises';
import { EXIT } from '@login-policy/cli';
import { orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { afterEach, beforeEach, it } from 'mocha';
import { parse, stringify } from 'yaml';
import { aFile, FILE, plannedIn } from './planning.js';
import { describeBoth, GLOBEX, INSTANCE, Place, type Ran } from './running.js';

let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
});
afterEach(() => place.remove());

const planned = (text: string, more?: string): Promise<Ran> => plannedIn(place, text, more);

describeBoth('policies as code', () => {
  it('are exported, and a plan of the export is empty', async () => {
    const { code } = await place.run('export --out policies.yaml');
    expect(code).to.equal(EXIT.done);
    const exported = await place.read('policies.yaml');
    expect(parse(exported)).to.have.nested.property('organizations.globex.settings.lifetimes.passwordCheck', 'PT240H');
    expect((await place.run('export')).out).to.equal(exported);
    const { code: left, out } = await planned(exported);
    expect([left, out]).to.deep.equal([EXIT.done, 'Nothing to do: all policies match the file.\n']);
  });

  it('are exported whatever the ids of organizations are, and a plan of the export is empty', async () => {
    for (const organizationId of ['<<', '<<:a', '__proto__', '-', '~', '0o17', 'yes', '?'])
      await place.policies(async (policies) => {
        orThrow(await policies.customize({ ...INSTANCE, organizationId }, { actor: 'alice' }));
      });
    const { out } = await planned((await place.run('export')).out);
    expect(out).to.equal('Nothing to do: all policies match the file.\n');
  });

  it('are written into no file called -, which other programs take for standard output', async () => {
    const { code, err } = await place.run('export --out -');
    expect([code, err]).to.deep.equal([
      EXIT.usage,
      '- is not standard output here. Leave the option out, or name a file: ./- for one of that name.\n',
    ]);
    expect((await place.run('export --out ./-')).code).to.equal(EXIT.done);
  });

  it('never replace a database or the file that was planned', async () => {
    await place.write('policies.yaml', FILE);
    const onItself = await place.run('plan policies.yaml --out ./policies.yaml');
    expect([onItself.code, await place.read('policies.yaml')]).to.deep.equal([EXIT.usage, FILE]);
    await symlink('policies.yaml', place.path('link.yaml'));
    for (const line of ['plan policies.yaml --out link.yaml', 'plan link.yaml --out policies.yaml']) {
      const { code, err } = await place.run(line);
      expect([code, await place.read('policies.yaml')], line).to.deep.equal([EXIT.usage, FILE]);
      expect(err).to.contain('was read by this command, and would be replaced: name another file.');
    }
    const { code, err } = await place.run('export --out iam.db');
    expect([code, err]).to.deep.equal([EXIT.usage, 'iam.db is a SQLite database: name another file.\n']);
    expect((await place.run('verify')).code).to.equal(EXIT.done);
  });

  it('are written through a link, and leave the permissions of the file as they are', async () => {
    await place.write('real.yaml', 'before');
    await chmod(place.path('real.yaml'), 0o640);
    await symlink('real.yaml', place.path('policies.yaml'));
    expect((await place.run('export --out policies.yaml')).code).to.equal(EXIT.done);
    expect((await lstat(place.path('policies.yaml'))).isSymbolicLink()).to.equal(true);
    expect((await stat(place.path('real.yaml'))).mode & 0o777).to.equal(0o640);
    expect(await place.read('real.yaml')).to.contain('instance: iam');
    await symlink('new.yaml', place.path('link.yaml'));
    await place.run('export --out link.yaml');
    expect(await place.read('new.yaml')).to.contain('instance: iam');
  });

  it('are planned with their differences, affected users and warnings, and applied exactly so, once', async () => {
    const { code, out } = await planned(FILE);
    expect(code).to.equal(EXIT.different);
    expect(out).to.contain('Default policy of instance iam\n  ~ forceMfa: no → yes\n');
    expect(out).to.contain('Custom policy of organization acme\n  + a policy of its own\n  - second factor U2F\n');
    expect(out).to.contain('Custom policy of organization globex\n  - its own policy: the default holds again\n');
    expect(out).to.contain('3 policies to change.\n');
    const unfit = await place.run(`apply plan.json --dry-run --reason ${'r'.repeat(2001)}`);
    expect([unfit.code, unfit.out, unfit.err.slice(0, 17)]).to.deep.equal([EXIT.usage, '', '--reason must be ']);
    const applied = await place.run('apply plan.json --reason reviewed', { ask: () => 'yes' });
    expect([applied.code, applied.err]).to.deep.equal([EXIT.done, 'Change 3 policies? [y/N] ']);
    expect(applied.out).to.contain('acme: sequence 3\nthe default of iam: sequence 5\nglobex: sequence 5\n');
    const again = await place.run('apply plan.json --yes');
    expect([again.code, again.out]).to.deep.equal([EXIT.done, 'Nothing to do: the plan was already applied.\n']);
    expect((await planned(FILE)).code).to.equal(EXIT.done);
    expect((await place.run('drift policies.yaml')).out).to.equal('All policies match the file.\n');
  });

  it('list what has drifted, and its last change', async () => {
    await planned(FILE);
    await place.run('apply plan.json --yes');
    await place.policies(async (policies) => {
      orThrow(await policies.change(INSTANCE, { forceMfa: false }, { actor: 'mallory' }));
    });
    const { code, out } = await place.run('drift policies.yaml');
    expect(code).to.equal(EXIT.different);
    expect(out).to.match(/^the default {2}1 difference {2}last changed \S+ by mallory\n$/);
  });

  it('remove custom policies that are not in the file, only if the file says so', async () => {
    expect((await planned('instance: iam\norganizations:\n')).code).to.equal(EXIT.done);
    const { out } = await planned('instance: iam\nunlisted: default\n');
    expect(out).to.contain('organization globex\n  - its own policy');
  });

  it('are refused as a whole if any policy has changed since the plan', async () => {
    await planned(FILE);
    await place.policies(async (policies) => {
      orThrow(await policies.change(GLOBEX, { forceMfa: true }, { actor: 'somebody' }));
    });
    const { code, err, out } = await place.run('apply plan.json --yes');
    expect(code).to.equal(EXIT.refused);
    expect(err).to.equal(
      'Nothing was done: since the plan was made, 1 policy was changed.\n' +
        '  Custom policy of organization globex: it was at sequence 4 and is at 5 (LoginPolicyChanged by somebody)\n' +
        'Plan again: login-policy plan FILE --out PLAN.\n',
    );
    expect(out).to.equal('');
  });

  it("are refused if somebody else's command has the correlation id of the plan", async () => {
    await planned(FILE);
    const { digest }: { readonly digest: string } = JSON.parse(await place.read('plan.json'));
    await place.policies(async (policies) => {
      const by = { actor: 'somebody', correlationId: `apply:${digest}` };
      orThrow(await policies.change(GLOBEX, { forceMfa: true }, by));
    });
    const { code, err, out } = await place.run('apply plan.json --yes');
    expect([code, out]).to.deep.equal([EXIT.refused, '']);
    expect(err).to.contain('was changed since it was seen: sequence 5, LoginPolicyChanged by somebody at');
  });

  it('are applied once by two concurrent runs', async () => {
    await planned(FILE);
    const both = await Promise.all([place.run('apply plan.json --yes'), place.run('apply plan.json --yes')]);
    expect(both.map(({ code, err }) => [code, err])).to.deep.equal([
      [EXIT.done, ''],
      [EXIT.done, ''],
    ]);
    const { out } = await place.run('history --json');
    expect(JSON.parse(out)).to.include({ lastSequence: '5' });
  });

  it('are resumed after Ctrl-C at every step', async () => {
    for (let steps = 0; steps <= 3; steps++) {
      const file = `at-${steps}.db`;
      await place.seed(file);
      const around = { env: { LOGIN_POLICY_STORE: `sqlite:${file}` } };
      await place.write('policies.yaml', FILE);
      await place.run(`plan policies.yaml --out plan-${steps}.json`, around);
      const stopping = new AbortController();
      if (steps === 0) stopping.abort();
      let told = 0;
      const stopped = await place.run(`apply plan-${steps}.json --yes`, {
        ...around,
        interrupted: stopping.signal,
        onOut: (text) => /: sequence/.test(text) && ++told === steps && stopping.abort(),
      });
      expect(stopped.code, String(steps)).to.equal(steps === 3 ? EXIT.done : EXIT.interrupted);
      if (steps === 0) expect(stopped.err).to.match(/Stopped after 0 of 3\.|Interrupted\./);
      else if (steps < 3) expect(stopped.err).to.contain(`Stopped after ${steps} of 3.`);
      expect((await place.run(`apply plan-${steps}.json --yes`, around)).code).to.equal(EXIT.done);
      expect((await place.run('plan policies.yaml', around)).code).to.equal(EXIT.done);
    }
  });
});

describeBoth('any state and any file', () => {
  it('are matched by the store after apply: the next plan is empty', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(aFile, aFile), async (files) => {
        for (const file of files) {
          const acknowledge = ' --acknowledge no-factor-left --acknowledge no-way-to-sign-in';
          const { code, err } = await planned(stringify({ instance: INSTANCE.instanceId, ...file }), acknowledge);
          if (code === EXIT.different) expect((await place.run('apply plan.json --yes')).code).to.equal(EXIT.done);
          else expect([code, err]).to.deep.equal([EXIT.done, '']);
          expect((await place.run('plan policies.yaml')).code).to.equal(EXIT.done);
        }
      }),
      { numRuns: 10 },
    );
  });
});

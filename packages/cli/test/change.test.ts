import { EXIT } from '@login-policy/cli';
import { orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { describeBoth, GLOBEX, INSTANCE, Place } from './running.js';

const REMOVE = 'remove-multi-factor U2F_WITH_VERIFICATION';
let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
});
afterEach(() => place.remove());

async function allowing(): Promise<readonly string[]> {
  const { out } = await place.run('who-allows U2F_WITH_VERIFICATION --json');
  const { default: isOnDefault, organizationIds } = JSON.parse(out);
  return [...(isOnDefault ? ['default'] : []), ...organizationIds];
}

async function customize(count: number): Promise<void> {
  await place.policies(async (policies) => {
    for (let index = 0; index < count; index++)
      orThrow(await policies.customize({ ...INSTANCE, organizationId: `org-${index}` }, { actor: 'alice' }));
  });
}

describeBoth('changing a policy', () => {
  it('shows a preview, asks for confirmation, and makes the change', async () => {
    const { code, out, err } = await place.run([...REMOVE.split(' '), '--reason', 'an advisory'], { ask: () => 'y' });
    expect(out).to.equal(
      'Default policy of instance iam\n  - multi-factor U2F_WITH_VERIFICATION\n' +
        '  ! weaker-sign-in: Nothing requires a second factor, so users who have set up only what is taken away would sign in with one factor.\n' +
        '  1 custom policy still allows it.\n' +
        'Done: sequence 5.\n',
    );
    expect([code, err]).to.deep.equal([EXIT.done, 'Do it? [y/N] ']);
    expect((await place.run('history --limit 1')).out).to.match(/MultiFactorRemoved by operator\n {3}an advisory/);
  });

  it('shows on a terminal what --json asks about, and keeps stdout for programs', async () => {
    await customize(2);
    for (const [line, what] of [
      [`${REMOVE} --json`, /^Default policy of instance iam\n  - multi-factor U2F_WITH_VERIFICATION\n/],
      [`${REMOVE} --everywhere --json`, /^4 policies would change/],
    ] as const) {
      const { code, out, err } = await place.run(line, { ask: () => 'n' });
      expect(err, line)
        .to.match(what)
        .and.to.match(/\? \[y\/N\] $/);
      expect(code).to.equal(EXIT.refused);
      expect(JSON.parse(out), line).to.be.an('object');
    }
  });

  it('refuses --rollout for one policy, which would be changed outside the rollout', async () => {
    const { code, err } = await place.run(`${REMOVE} --rollout advisory --yes`);
    expect([code, err]).to.deep.equal([EXIT.usage, '--rollout resumes a change of all policies. Add --everywhere.\n']);
  });

  it('changes nothing without a yes, with --dry-run, or without a terminal', async () => {
    const no = await place.run(REMOVE, { ask: () => '' });
    expect([no.code, no.out.endsWith('Nothing was done.\n')]).to.deep.equal([EXIT.refused, true]);
    const dry = await place.run(`${REMOVE} --dry-run`);
    expect([dry.code, dry.out.endsWith('Nothing was done (--dry-run).\n')]).to.deep.equal([EXIT.different, true]);
    const nobody = await place.run(REMOVE);
    expect([nobody.code, nobody.err]).to.deep.equal([
      EXIT.usage,
      'There is no terminal to ask for confirmation: add --yes to make the change, or --dry-run to preview it.\n',
    ]);
    expect(await allowing()).to.deep.equal(['default', 'globex']);
  });

  it('refuses an actor or a reason that could not be recorded before it shows anything, with --dry-run too', async () => {
    const wrong = { actor: 'a'.repeat(201), reason: 'r'.repeat(2001) };
    for (const [name, value] of Object.entries(wrong))
      for (const more of ['--dry-run', '--yes', '--dry-run --everywhere']) {
        const { code, out, err } = await place.run(`${REMOVE} ${more} --${name} ${value}`);
        expect([code, out], `${more} ${err}`).to.deep.equal([EXIT.usage, '']);
        expect(err).to.match(/^--(actor|reason) must be |^Over the API the actor /);
      }
  });

  it('stops at Ctrl-C before the preview and at the question, and changes nothing', async () => {
    const before = await allowing();
    const early = new AbortController();
    early.abort();
    const none = await place.run(`${REMOVE} --yes`, { interrupted: early.signal });
    expect([none.code, none.err]).to.deep.equal([EXIT.interrupted, 'Interrupted.\n']);
    for (const line of [REMOVE, `${REMOVE} --everywhere`]) {
      const interrupting = new AbortController();
      const asked = await place.run(line, {
        interrupted: interrupting.signal,
        ask: () => {
          interrupting.abort();
          throw new Error('the question was left');
        },
      });
      expect(asked.code, line).to.equal(EXIT.interrupted);
      expect(asked.err.endsWith('Interrupted.\n'), line).to.equal(true);
    }
    expect(await allowing()).to.deep.equal(before);
  });

  it('is refused when the policy has changed since the preview', async () => {
    const meddle = (): Promise<string> =>
      place.policies(async (policies) => {
        orThrow(await policies.change(GLOBEX, { forceMfa: true }, { actor: 'somebody else' }));
        return 'y';
      });
    const { code, err } = await place.run(`${REMOVE} --org globex`, { ask: meddle });
    expect(code).to.equal(EXIT.refused);
    expect(err).to.contain('was changed since it was seen: sequence 5, LoginPolicyChanged by somebody else at ');
  });

  it('is refused if it would lock people out, unless that is acknowledged', async () => {
    await place.run('change forceMfa=yes,passwordlessType=NOT_ALLOWED --yes');
    await place.run('remove-second-factor U2F --yes');
    const refused = await place.run('remove-second-factor TOTP --yes');
    expect(refused.code).to.equal(EXIT.refused);
    expect(refused.err).to.contain('would lock people out');
    expect((await place.run('remove-second-factor TOTP --yes --acknowledge no-factor-lef')).err).to.contain(
      'Did you mean no-factor-left?',
    );
    const acknowledged = '--acknowledge no-factor-left --acknowledge no-way-to-sign-in';
    expect((await place.run(`remove-second-factor TOTP --yes ${acknowledged}`)).code).to.equal(EXIT.done);
  });

  it('refuses a setting that is given twice', async () => {
    const { code, err } = await place.run('change forceMfa=yes,forceMfa=no --dry-run');
    expect([code, err]).to.deep.equal([EXIT.usage, 'forceMfa is given twice.\n']);
  });

  it('explains what is wrong with a setting: an unknown name, or an invalid value', async () => {
    expect((await place.run('change forceMFa=yes --yes')).err).to.equal(
      '"forceMFa" is not a setting. Did you mean forceMfa?\n',
    );
    expect((await place.run('change forceMfa --yes')).err).to.equal('forceMfa needs a value: forceMfa=VALUE.\n');
    const { code, err } = await place.run('change lifetimes.passwordCheck=soon --yes');
    expect(code).to.equal(EXIT.usage);
    expect(err).to.contain('settings.lifetimes.passwordCheck must be');
  });

  it('customizes, resets, reverts and links, each with a preview', async () => {
    expect((await place.run('customize acme --yes')).out).to.contain('Done: sequence 4.');
    expect((await place.run('add-identity-provider google --org acme --yes')).out).to.contain(
      '+ identity provider google (SYSTEM)',
    );
    expect((await place.run('remove-identity-provider google --org acme --yes')).out).to.contain(
      '- identity provider google (SYSTEM)',
    );
    expect((await place.run('revert 5 --org acme --yes')).out).to.contain('+ identity provider google (SYSTEM)');
    expect((await place.run('reset acme --yes')).out).to.contain('Done: sequence 8.');
    expect((await place.run('reset acme --yes')).err).to.equal('Organization acme has no custom login policy.\n');
  });

  it('prints JSON for programs', async () => {
    const { out } = await place.run('add-second-factor OTP_EMAIL --yes --json');
    expect(JSON.parse(out)).to.have.nested.property('answer.details.sequence', '5');
  });
});

describeBoth('changing all policies', () => {
  it('shows a plan, then removes a factor from the default and each custom policy', async () => {
    await customize(3);
    const dry = await place.run(`${REMOVE} --everywhere --dry-run`);
    expect(dry.code).to.equal(EXIT.different);
    expect(dry.out).to.equal(
      '5 policies would change, 0 have nothing to do, 0 would be refused.\n! weaker-sign-in: 5 policies\nNothing was done (--dry-run).\n',
    );
    const { code, out } = await place.run(`${REMOVE} --everywhere --yes`);
    expect(code).to.equal(EXIT.done);
    expect(out).to.contain('5 changed, 0 had nothing to do, 0 refused.\n0 custom policies still allow it.\n');
    expect(await allowing()).to.deep.equal([]);
    expect((await place.run(`${REMOVE} --everywhere --yes`)).out).to.contain('Nothing to do.');
  });

  it('is refused as a whole if the default was changed during the question (T3)', async () => {
    const meddle = (): Promise<string> =>
      place.policies(async (policies) => {
        orThrow(await policies.change({ instanceId: 'iam' }, { forceMfa: true }, { actor: 'somebody else' }));
        return 'y';
      });
    const before = await allowing();
    const { code, err } = await place.run(`${REMOVE} --everywhere`, { ask: meddle });
    expect(code).to.equal(EXIT.refused);
    expect(err).to.contain('was changed since it was seen');
    expect(await allowing()).to.deep.equal(before);
  });

  it('leaves a policy as it is that was changed during the question, and changes it when it is shown again', async () => {
    const meddle = (): Promise<string> =>
      place.policies(async (policies) => {
        orThrow(await policies.change(GLOBEX, { forceMfa: true }, { actor: 'somebody else' }));
        return 'y';
      });
    const { code, out } = await place.run(`${REMOVE} --everywhere`, { ask: meddle });
    expect(code).to.equal(EXIT.refused);
    expect(out).to.contain('1 changed, 0 had nothing to do, 0 refused.\n').and.to.contain('1 is still to be changed.');
    expect(await allowing()).to.deep.equal(['globex']);
    expect((await place.run(`${REMOVE} --everywhere --yes`)).out).to.contain('2 changed');
    expect(await allowing()).to.deep.equal([]);
  });

  it('names each policy that refuses the change, and exits with 1', async () => {
    await place.run('change forceMfa=yes,passwordlessType=ALLOWED --org globex --yes');
    await place.run('remove-second-factor TOTP --org globex --yes');
    await place.run('remove-second-factor U2F --org globex --yes');
    const { code, out } = await place.run(`${REMOVE} --everywhere --yes`);
    expect(code).to.equal(EXIT.refused);
    expect(out).to.contain('1 changed, 0 had nothing to do, 1 refused.\n  globex: ');
    expect((await place.run(`${REMOVE} --everywhere --org globex`)).err).to.equal(
      'Give --org or --everywhere, not both.\n',
    );
  });
});

describe('a change of all policies', () => {
  it('is stopped by Ctrl-C, and resumed by the same command under the same id', async () => {
    await customize(40);
    const interrupting = new AbortController();
    const stopped = await place.run(`${REMOVE} --everywhere --yes`, {
      isTerminal: true,
      interrupted: interrupting.signal,
      // As soon as the default is done.
      onErr: (text) => text.includes('Changing') && interrupting.abort(),
    });
    expect(stopped.code).to.equal(EXIT.interrupted);
    expect(stopped.err).to.contain('Run the same command again to resume it.');
    expect(stopped.out).to.contain('1 changed').and.to.contain('41 are still to be changed.');
    const id = /Rollout (remove-multi-factor U2F_WITH_VERIFICATION \w+)/.exec(stopped.out)?.[1];
    const again = await place.run(`${REMOVE} --everywhere --yes --json`);
    expect(again.code).to.equal(EXIT.done);
    expect(JSON.parse(again.out)).to.include({ rollout: id }).and.to.have.nested.property('report.changed', 42);
    expect(await allowing()).to.deep.equal([]);
  });

  it('over the API is stopped by Ctrl-C, and resumed by the same command under the same id', async () => {
    await customize(40);
    place.over('api');
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let isRollingOut = false;
    // The server gets no further than the default until the command has ended.
    const mayWrite = async (permission: string): Promise<boolean> => {
      if (permission === 'policy.write' && isRollingOut) await gate;
      return true;
    };
    await place.serve('iam.db', { ports: { isAllowed: (_, permission) => mayWrite(permission) } });
    const interrupting = new AbortController();
    const stopped = await place.run(`${REMOVE} --everywhere`, {
      isTerminal: true,
      interrupted: interrupting.signal,
      ask: () => {
        isRollingOut = true;
        return 'y';
      },
      onErr: (text) => text.includes('Changing') && interrupting.abort(),
    });
    open();
    expect(stopped.code).to.equal(EXIT.interrupted);
    expect(stopped.err).to.contain('Run the same command again to resume it.');
    expect(stopped.out).to.contain('1 changed').and.to.contain('41 are still to be changed.');
    const id = /Rollout (remove-multi-factor U2F_WITH_VERIFICATION \w+)/.exec(stopped.out)?.[1];
    const again = await place.run([...REMOVE.split(' '), '--everywhere', '--yes', '--json', '--rollout', id ?? '']);
    expect(again.code).to.equal(EXIT.done);
    expect(JSON.parse(again.out)).to.include({ rollout: id }).and.to.have.nested.property('report.changed', 42);
    expect(await allowing()).to.deep.equal([]);
  });
});

import { EXIT } from '@login-policy/cli';
import { orThrow, type LoginPolicies, type NewLoginPolicy } from '@login-policy/domain';
import type { Position } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import fc from 'fast-check';
import { afterEach, beforeEach, it } from 'mocha';
import { stringify } from 'yaml';
import { aFile, plannedIn } from './planning.js';
import { describeBoth, INSTANCE, Place, type Ran } from './running.js';

const ACME = { ...INSTANCE, organizationId: 'acme' };
const by = { actor: 'somebody' };

let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
});
afterEach(() => place.remove());

const planned = (text: string): Promise<Ran> => plannedIn(place, `instance: iam\n${text}`);
const set = (owner: typeof INSTANCE, policy: NewLoginPolicy): Promise<unknown> =>
  place.policies(async (policies) => orThrow(await policies.set(owner, policy, by)));
const metByAcme = (): Promise<Awaited<ReturnType<LoginPolicies['effectivePolicy']>>> =>
  place.policies((policies) => policies.effectivePolicy(ACME));

describeBoth('a plan of several policies', () => {
  it('shows an organization that returns to the default what the plan makes of that (T2)', async () => {
    const { code, out } = await planned(
      'default: { settings: { disableLoginWithPhone: true }, secondFactors: [U2F] }\norganizations: { globex: default }\n',
    );
    expect(code).to.equal(EXIT.different);
    expect(out).to.contain(
      'organization globex\n  - its own policy: the default holds again\n' +
        '  ~ disableLoginWithPhone: no → yes\n  - second factor TOTP\n  ! weaker-sign-in: ',
    );
    expect((await place.run('apply plan.json --yes')).code).to.equal(EXIT.done);
  });

  it('shows the warnings of what users meet after all steps (T2)', async () => {
    const { code, out } = await planned(
      'default: { settings: { forceMfa: true }, secondFactors: [], multiFactors: [] }\norganizations: { globex: default }\n',
    );
    expect(code).to.equal(EXIT.refused);
    expect(out).to.match(/organization globex\n {2}refused: .*second factor/);
  });

  it('mends a default that locks users out, and drops the exception from it (T2)', async () => {
    await set(INSTANCE, { settings: { forceMfa: true }, secondFactors: [], multiFactors: [] });
    const { code, err, out } = await planned(
      'default: { secondFactors: [TOTP, U2F], multiFactors: [U2F_WITH_VERIFICATION] }\norganizations: { globex: default }\n',
    );
    expect([code, err], out).to.deep.equal([EXIT.different, '']);
    const applied = await place.run('apply plan.json --yes');
    expect([applied.code, applied.err]).to.deep.equal([EXIT.done, '']);
  });

  it('keeps what it does not name of a new custom policy as its users have it now (T21)', async () => {
    await set(INSTANCE, { settings: { forceMfa: true, disableLoginWithPhone: true } });
    const { out } = await planned(
      'default: { settings: { forceMfa: false } }\norganizations: { acme: { settings: { hidePasswordReset: true } } }\n',
    );
    expect(out).to.contain(
      'organization acme\n  + a policy of its own\n  ~ hidePasswordReset: no → yes\n  Reaches 1 organization.\n',
    );
    expect((await place.run('apply plan.json --yes')).code).to.equal(EXIT.done);
    const met = await metByAcme();
    expect(met).to.have.property('outcome', 'found');
    expect(orThrow(met).policy.settings).to.deep.include({
      forceMfa: true,
      hidePasswordReset: true,
      disableLoginWithPhone: true,
    });
  });

  it('is refused before its first step if the default has changed, where users meet it before or after (T3)', async () => {
    for (const file of ['globex: default', 'acme: { secondFactors: [TOTP] }']) {
      expect((await planned(`organizations: { ${file} }\n`)).code).to.equal(EXIT.different);
      await set(INSTANCE, { settings: { forceMfa: !file.startsWith('globex') } });
      await set(INSTANCE, { settings: { forceMfa: file.startsWith('globex') } });
      const { code, err, out } = await place.run('apply plan.json --yes');
      expect([code, out], file).to.deep.equal([EXIT.refused, '']);
      expect(err).to.contain('Nothing was done: since the plan was made, 1 policy was changed.\n');
      expect(err).to.contain('The default login policy of instance iam was changed since it was seen');
    }
  });

  it('is not refused for a change of the default that its users do not meet', async () => {
    await planned('organizations: { globex: { secondFactors: [TOTP] } }\n');
    await set(INSTANCE, { settings: { forceMfa: true } });
    expect((await place.run('apply plan.json --yes')).code).to.equal(EXIT.done);
  });
});

describeBoth('a question about an organization', () => {
  it('is answered for the default that was shown (T3)', async () => {
    for (const line of ['reset globex', 'customize acme']) {
      const ask = async (): Promise<string> => {
        await set(INSTANCE, { settings: { hidePasswordReset: line.startsWith('reset') } });
        return 'y';
      };
      const { code, err } = await place.run(line, { ask });
      expect(code, line).to.equal(EXIT.refused);
      expect(err, line).to.contain('was changed since it was seen');
    }
  });
});

const ORGANIZATIONS = ['acme', 'globex', '0815', 'null', 'on-default'];
const ALL = ' --acknowledge no-factor-left --acknowledge no-way-to-sign-in --acknowledge census-unknown';

/** The place in the log up to which everybody's policy is as it is. */
const head = (): Promise<Position> =>
  place.policies(async (policies) => orThrow(await policies.policy(INSTANCE)).policy.position);

describeBoth('any file on any store', () => {
  it('shows of each policy what its users meet before the plan and after it (T2)', async () => {
    const count = { steps: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(aFile, { minLength: 1, maxLength: 3 }), async (files) => {
        for (const file of files) {
          const from = await head();
          await place.write('policies.yaml', stringify({ instance: 'iam', ...file }));
          const { code, out, err } = await place.run(`plan policies.yaml --out plan.json --json${ALL}`);
          if (code === EXIT.done) continue;
          expect([code, err]).to.deep.equal([EXIT.different, '']);
          const { plan, previews }: Shown = JSON.parse(out);
          expect((await place.run('apply plan.json --yes')).code).to.equal(EXIT.done);
          for (const organizationId of [undefined, ...ORGANIZATIONS]) {
            const owner = organizationId === undefined ? INSTANCE : { ...INSTANCE, organizationId };
            const index = plan.steps.findIndex((step) => step.organizationId === organizationId);
            const met = await place.policies((policies) => policies.diff(owner, { from: { position: from } }));
            const { changes } = orThrow(met);
            const byDefault = plan.steps.findIndex((step) => step.organizationId === undefined);
            // Without a step of its own, an organization is on the default, or its custom policy stays.
            const shown = previews[index === -1 && changes.length > 0 ? byDefault : index]?.changes ?? [];
            expect(changes, String(organizationId)).to.deep.equal(shown);
            count.steps++;
          }
        }
      }),
      { numRuns: 8 },
    );
    expect(count.steps).to.be.greaterThan(20);
  });
});

interface Shown {
  readonly plan: { readonly steps: readonly { readonly organizationId?: string }[] };
  readonly previews: readonly { readonly changes: readonly object[] }[];
}

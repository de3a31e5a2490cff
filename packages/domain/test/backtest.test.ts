import { freshInstance, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import {
  backtest,
  policiesAfter,
  policiesThen,
  type Backtest,
  type ProposedChange,
} from '@login-policy/domain/backtest';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { AT, byPassword, Recorded } from './looking-back.js';
import { acme, by, instance, PASSKEY } from './policies.js';

const other = { ...instance, organizationId: 'other' };
const withTotp = { factors: ['TOTP'] } as const;
const code = { secondFactors: [{ factor: 'TOTP', at: AT }] } as const;
const passkey = { passkey: { at: AT, isUserVerified: true } } as const;
const forced: ProposedChange = {
  steps: [{ owner: instance, command: { type: 'change', settings: { forceMfa: true } } }],
};

async function opened(): Promise<{ readonly policies: LoginPolicies; readonly recorded: Recorded }> {
  const policies = await openLoginPolicies({ store: openMemoryStore() });
  orThrow(await policies.add(instance, freshInstance, by));
  return { policies, recorded: new Recorded(policies) };
}

function numbers({ effects }: Pick<Backtest, 'effects'>): object {
  return Object.fromEntries(
    Object.entries(effects)
      .filter(([, { signIns }]) => signIns > 0)
      .map(([effect, { signIns }]) => [effect, signIns]),
  );
}

describe('looking back at sign-ins with a change', () => {
  it('tells what it would have meant for each, administrators apart', async () => {
    const { recorded } = await opened();
    await recorded.signIn(instance, byPassword(), { isAdministrator: true });
    await recorded.signIn(acme, byPassword());
    await recorded.signIn(acme, byPassword(withTotp, code));
    const found = await recorded.back(forced);
    expect(found.signIns).to.equal(3);
    expect(found.effects.hasToSetUp).to.deep.equal({ signIns: 2, administrators: 1 });
    expect(found.effects.unchanged).to.deep.equal({ signIns: 1, administrators: 0 });
    expect(found.transitions).to.deep.include({ before: 'one-factor', after: 'set-up', signIns: 2, administrators: 1 });
    expect(found.organizations.map(({ organizationId }) => organizationId)).to.have.members([undefined, 'acme']);
    expect(found.hours.map(({ hour }) => hour)).to.deep.equal(['2026-12-01T08:00:00.000Z']);
    expect(found.factors.map((one) => [one.factor, numbers(one)])).to.deep.equal([
      ['password', { hasToSetUp: 2, unchanged: 1 }],
      ['TOTP', { unchanged: 1 }],
    ]);
    expect(found.examples.hasToSetUp).to.deep.equal([
      {
        ...{ source: 'sign-ins', line: 1, owner: instance, user: 'a pseudonym', isAdministrator: true },
        ...{ at: AT, before: 'one-factor', after: 'set-up' },
      },
      {
        ...{ source: 'sign-ins', line: 2, owner: acme, user: 'a pseudonym', isAdministrator: false },
        ...{ at: AT, before: 'one-factor', after: 'set-up' },
      },
    ]);
  });

  for (const { change, effect, signIn, title } of [
    {
      title: 'refuses a passkey that is no longer allowed',
      change: { type: 'removeMultiFactor', factor: PASSKEY },
      signIn: byPassword({ factors: [PASSKEY] }, passkey),
      effect: 'weaker',
    },
    {
      title: 'refuses a passkey that was all that was shown',
      change: { type: 'removeMultiFactor', factor: PASSKEY },
      signIn: { ...byPassword({ factors: [PASSKEY] }), session: passkey },
      effect: 'refused',
    },
    {
      title: 'lets in with less where the code of an app is no longer asked for',
      change: { type: 'removeSecondFactor', factor: 'TOTP' },
      signIn: byPassword(withTotp, code),
      effect: 'weaker',
    },
    {
      title: 'lets in with less where a code was missing',
      change: { type: 'removeSecondFactor', factor: 'TOTP' },
      signIn: byPassword(withTotp),
      effect: 'weaker',
    },
    {
      title: 'asks for more where a factor is added that the user has',
      change: { type: 'addSecondFactor', factor: 'OTP_EMAIL' },
      signIn: byPassword({ factors: ['OTP_EMAIL'] }),
      effect: 'hasToVerifyMore',
    },
    {
      title: 'refuses a check that is too old',
      change: { type: 'change', settings: { lifetimes: { passwordCheck: 'PT1H' } } },
      signIn: { ...byPassword(), at: '2026-12-01T10:00:00Z' },
      effect: 'refused',
    },
  ] as const) {
    it(title, async () => {
      const { recorded } = await opened();
      await recorded.signIn(acme, signIn);
      expect(numbers(await recorded.back({ steps: [{ owner: instance, command: change }] }))).to.deep.equal({
        [effect]: 1,
      });
    });
  }

  it('judges by the policy that answered then, whatever holds now', async () => {
    const { policies, recorded } = await opened();
    await recorded.signIn(acme, byPassword(withTotp));
    orThrow(await policies.removeSecondFactor(instance, 'TOTP', by));
    await recorded.signIn(acme, byPassword(withTotp));
    orThrow(await policies.customize(acme, by));
    await recorded.signIn(acme, byPassword(withTotp));
    orThrow(await policies.remove(acme, by));
    const found = await recorded.back({ steps: [] });
    expect(found.badLines).to.deep.equal([]);
    expect(numbers(found)).to.deep.equal({ weaker: 1, unchanged: 2 });
  });

  it('leaves an organization with a custom policy as it is, unless the change is everywhere', async () => {
    const { policies, recorded } = await opened();
    orThrow(await policies.customize(acme, by));
    for (const owner of [instance, acme, other]) await recorded.signIn(owner, byPassword());
    expect(numbers(await recorded.back(forced))).to.deep.equal({ hasToSetUp: 2, unchanged: 1 });
    const everywhere = { type: 'change', settings: { forceMfa: true } } as const;
    expect(numbers(await recorded.back({ everywhere }))).to.deep.equal({ hasToSetUp: 3 });
  });

  it('passes over a custom policy to which a change everywhere does not apply', async () => {
    const { policies, recorded } = await opened();
    orThrow(await policies.customize(acme, by));
    orThrow(await policies.removeSecondFactor(acme, 'TOTP', by));
    for (const owner of [acme, other]) await recorded.signIn(owner, byPassword(withTotp));
    const found = await recorded.back({ everywhere: { type: 'removeSecondFactor', factor: 'TOTP' } });
    expect(numbers(found)).to.deep.equal({ unchanged: 1, weaker: 1 });
  });

  it('judges the steps of a plan as a whole', async () => {
    const { policies, recorded } = await opened();
    orThrow(await policies.customize(acme, by));
    await recorded.signIn(acme, byPassword());
    const plan = { steps: [...forced.steps, { owner: acme, command: { type: 'remove' } as const }] };
    expect(numbers(await recorded.back(plan))).to.deep.equal({ hasToSetUp: 1 });
  });

  it('refuses a step that the policy would refuse', async () => {
    const { recorded } = await opened();
    await recorded.signIn(acme, byPassword());
    const steps = [{ owner: instance, command: { type: 'removeSecondFactor', factor: 'OTP_SMS' } as const }];
    const message = await recorded.back({ steps }).catch(String);
    expect(message).to.contain('OTP_SMS is not on the default login policy');
  });

  it('looks at one owner, or one span of time, if asked to', async () => {
    const { recorded } = await opened();
    await recorded.signIn(acme, byPassword());
    await recorded.signIn(other, { ...byPassword(), at: '2026-12-01T23:00:00Z' });
    expect(await recorded.back(forced, { owner: acme })).to.include({ signIns: 1, leftOut: 1 });
    expect(await recorded.back(forced, { owner: { instanceId: 'another' } })).to.include({ signIns: 0, leftOut: 2 });
    expect(await recorded.back(forced, { since: new Date('2026-12-01T09:00:00Z') })).to.include({ signIns: 1 });
    expect(await recorded.back(forced, { until: new Date('2026-12-01T09:00:00Z') })).to.include({ signIns: 1 });
  });

  it('names the lines that it can not judge, and guesses none', async () => {
    const { policies, recorded } = await opened();
    for (let count = 0; count < 7; count++) await recorded.signIn(acme, byPassword());
    const [whole = '', unknown = '', otherwise = '', newer = '', member = '', malformed = '', half = ''] =
      recorded.lines;
    const text = [
      whole,
      unknown.replace(/"eventId":"[^"]+"/, '"eventId":"01ARZ3NDEKTSV4RRFFQ69G5FAV"'),
      otherwise.replace('"outcome":"proceed","level":"one-factor"', '"outcome":"verify"'),
      newer.replace('"v":1', '"v":2'),
      member.replace('"user":', '"usr":'),
      malformed.replace('"hasPassword":true', '"hasPassword":"yes"'),
      'x\n\n',
      `${'y'.repeat(1_000_001)}\n`,
      half.slice(0, -20),
    ].join('');
    const pieces = Array.from({ length: Math.ceil(text.length / 1000) }, (_, index) =>
      text.slice(index * 1000, (index + 1) * 1000),
    );
    const found = await backtest([{ name: 'file', text: pieces }], {
      from: policiesThen(policies),
      to: policiesAfter(policies, forced),
    });
    expect(found.signIns).to.equal(1);
    expect(found.badLineCount).to.equal(8);
    expect(found.badLines.map(({ line, problem }) => [line, problem])).to.deep.equal([
      [2, 'unknown-event'],
      [3, 'answered-otherwise'],
      [4, 'other-version'],
      [5, 'not-a-record'],
      [6, 'not-a-record'],
      [7, 'not-a-record'],
      [9, 'not-a-record'],
      [10, 'half-line'],
    ]);
    expect(found.badLines[4]?.message).to.contain('user.hasPassword');
    expect(found.badLines[3]?.message).to.contain('usr');
  });

  it('names the lines of owners that can not be, or never had a policy, and judges the others', async () => {
    const { recorded } = await opened();
    await recorded.signIn(acme, byPassword());
    const [whole = ''] = recorded.lines;
    const changes = [
      [`"${instance.instanceId}"`, '"a\\u0000b"'],
      ['"acme"', '" "'],
      [`"${instance.instanceId}"`, '"none"'],
      [`,"at":"${AT}"`, ''],
    ] as const;
    recorded.lines.unshift(...changes.map(([before, after]) => whole.replace(before, after)));
    const found = await recorded.back(forced);
    expect(found.signIns).to.equal(1);
    expect(found.badLines.map(({ line, problem }) => [line, problem])).to.deep.equal([
      [1, 'not-a-record'],
      [2, 'not-a-record'],
      [3, 'unknown-event'],
      [4, 'not-a-record'],
    ]);
  });

  it('judges what was answered by a policy that was changed since it was first looked at', async () => {
    const { policies, recorded } = await opened();
    const then = { from: policiesThen(policies), to: policiesAfter(policies, forced) };
    for (const hidePasswordReset of [true, false]) {
      orThrow(await policies.change(instance, { hidePasswordReset }, by));
      await recorded.signIn(acme, byPassword());
      const found = await backtest([{ name: 'file', text: recorded.lines }], then);
      expect(found).to.include({ signIns: recorded.lines.length, badLineCount: 0 });
    }
  });

  it('reads a last line that is whole without its end', async () => {
    const { policies, recorded } = await opened();
    await recorded.signIn(acme, byPassword());
    const found = await backtest([{ name: 'file', text: [recorded.lines.join('').trimEnd()] }], {
      from: policiesThen(policies),
      to: policiesAfter(policies, forced),
    });
    expect(found).to.include({ signIns: 1, badLineCount: 0 });
  });

  it('refuses malformed options by name', async () => {
    const { recorded } = await opened();
    for (const [options, problem] of [
      [{ since: new Date('yesterday') }, 'backtest: since must be a valid Date'],
      [{ owner: { instanceId: 'iam', organizationId: undefined } }, 'backtest: owner must be an owner'],
      [{ form: true }, 'backtest: form is not an option.'],
    ] as const)
      expect(await recorded.back(forced, Object(options)).catch(String)).to.contain(problem);
  });

  it('ends when it is told to', async () => {
    const { recorded } = await opened();
    await recorded.signIn(acme, byPassword());
    const signal = AbortSignal.abort(new Error('enough'));
    expect(await recorded.back(forced, { signal }).catch(String)).to.equal('Error: enough');
    const silent = async function* (): AsyncGenerator<string> {
      yield await new Promise<never>(() => undefined);
    };
    const never = async (): Promise<never> => Promise.reject(new Error('nothing is judged'));
    const hanging = backtest([{ name: 'silent', text: silent() }], {
      from: never,
      to: never,
      signal: AbortSignal.timeout(20),
    });
    expect(await hanging.catch(String)).to.include('TimeoutError');
  });
});

import { evaluateSignIn } from '@login-policy/domain';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { lineOf, NOON, PLAIN, policyOf, signInOf, type State } from './sign-in-states.js';
import { answerOf } from './sign-in-table.js';

const both = [true, false];
const LONG_AGO = NOON - 5 * 86_400_000;
const PASSKEY = 'U2F_WITH_VERIFICATION';

/** All states that are made of one of each. */
function product<Part extends object, More extends object>(
  parts: readonly Part[],
  more: readonly More[],
): (Part & More)[] {
  return parts.flatMap((part) => more.map((other) => ({ ...part, ...other })));
}

const policies = product(
  product(
    product(
      both.map((password) => ({ password })),
      both.map((external) => ({ external })),
    ),
    product(
      (['none', 'local', 'all', 'both'] as const).map((force) => ({ force })),
      [
        { passwordless: true, multiFactor: true },
        { passwordless: true, multiFactor: false },
        { passwordless: false, multiFactor: true },
      ],
    ),
  ),
  product(
    ([[], ['TOTP'], ['RECOVERY_CODES'], ['RECOVERY_CODES', 'OTP_SMS', 'TOTP']] as const).map((second) => ({ second })),
    [[], ['p'], ['q', 'p']].map((providers) => ({ providers })),
  ),
);

const users: readonly State['user'][] = product(
  product(
    both.map((password) => ({ password })),
    [[], ['p']].map((linked) => ({ linked })),
  ),
  ([[], ['TOTP'], [PASSKEY], ['RECOVERY_CODES'], ['TOTP', PASSKEY], ['OTP_SMS', 'TOTP']] as const).map((factors) => ({
    factors,
  })),
);

const sessions: readonly State['session'][] = product(
  product(
    [undefined, NOON - 1].map((password) => ({ password })),
    [undefined, { by: 'p', at: NOON - 2 }, { by: 'q', at: NOON }].map((external) => ({ external })),
  ),
  product(
    [[], [{ factor: 'TOTP' as const, at: NOON - 3 }]].map((second) => ({ second })),
    [undefined, { at: NOON - 4, verified: true }, { at: NOON, verified: false }].map((passkey) => ({ passkey })),
  ),
);

const requests: readonly State['request'][] = [{}, { level: 'two-factors' }, { level: 'passkey' }];
const signIns = product(
  users.map((user) => ({ user })),
  product(
    sessions.map((session) => ({ session })),
    requests.map((request) => ({ request })),
  ),
);
const STATES = policies.length * signIns.length;

describe('a sign-in is judged as the table of rules says', () => {
  it(`in all ${STATES.toLocaleString('en')} small states`, () => {
    let count = 0;
    for (const part of policies) {
      const policy = policyOf({ ...PLAIN, ...part });
      for (const { request, session, user } of signIns) {
        const state = { ...PLAIN, ...part, user, session, request };
        count += 1;
        const [ours, table] = [lineOf(evaluateSignIn(policy, signInOf(state))), answerOf(state)];
        if (ours !== table) expect(ours, JSON.stringify(state)).to.equal(table);
      }
    }
    expect(count).to.equal(STATES);
  });
});

/** A session in which just one check lets the user in, made at an instant. */
const CHECKS: Readonly<Record<'password' | 'external' | 'second' | 'passkey', (at: number) => Partial<State>>> = {
  password: (at) => ({ session: { password: at, second: [] } }),
  external: (at) => ({ session: { external: { by: 'p', at }, second: [] } }),
  second: (at) => ({ session: { password: LONG_AGO, second: [{ factor: 'TOTP', at }] } }),
  passkey: (at) => ({ session: { passkey: { at, verified: true }, second: [] } }),
};
const kinds = ['password', 'external', 'second', 'passkey'] as const;
const moments = product(
  product(
    [-5, -3, -2, -1, 0, 1].map((made) => ({ made })),
    [0, 1, 3, 1000].map((lifetime) => ({ lifetime })),
  ),
  product(
    product(
      [undefined, 0, 2].map((maxAge) => ({ maxAge })),
      [undefined, -3, -1, 0, 1].map((startedAt) => ({ startedAt })),
    ),
    [undefined, -1, 0, 1].map((expiresAt) => ({ expiresAt })),
  ),
);

describe('a check counts as the table says', () => {
  it(`in all ${kinds.length * moments.length} borders of its time`, () => {
    for (const kind of kinds)
      for (const { made, lifetime, maxAge, startedAt, expiresAt } of moments) {
        const check = CHECKS[kind](NOON + made);
        const session = {
          second: [],
          ...check.session,
          ...(expiresAt !== undefined && { expiresAt: NOON + expiresAt }),
        };
        const state: State = {
          ...PLAIN,
          providers: ['p'],
          user: { password: true, linked: ['p'], factors: kind === 'second' ? ['TOTP'] : [PASSKEY] },
          lifetimes: { ...PLAIN.lifetimes, [kind]: lifetime },
          session,
          request: {
            ...(maxAge !== undefined && { maxAge }),
            ...(startedAt !== undefined && { startedAt: NOON + startedAt }),
          },
        };
        expect(lineOf(evaluateSignIn(policyOf(state), signInOf(state))), JSON.stringify(state)).to.equal(
          answerOf(state),
        );
      }
  });

  it('and an offer is due as the table says', () => {
    for (const skip of [0, 1, 5])
      for (const skippedAt of [undefined, NOON - 6, NOON - 5, NOON - 4, NOON - 1, NOON, NOON + 1]) {
        const state: State = {
          ...PLAIN,
          lifetimes: { ...PLAIN.lifetimes, skip },
          user: { ...PLAIN.user, ...(skippedAt !== undefined && { skippedAt }) },
          session: { password: NOON, second: [] },
        };
        expect(lineOf(evaluateSignIn(policyOf(state), signInOf(state)))).to.equal(answerOf(state));
      }
  });
});

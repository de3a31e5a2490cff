import { SIGN_IN_LEVELS } from '@login-policy/domain/model';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { AT, lineAt, states } from './sign-in-arbitraries.js';
import { NOON, PLAIN, type State } from './sign-in-states.js';

type Tightening = (state: State, pick: number) => State;

/** Every way to make a policy, or a request, stricter. */
const TIGHTENINGS: Readonly<Record<string, Tightening>> = {
  'a second factor is removed': (state, pick) => ({ ...state, second: without(state.second, pick) }),
  'passkeys are removed': (state) => ({ ...state, multiFactor: false }),
  'passkeys are not allowed': (state) => ({ ...state, passwordless: false }),
  'passwords are not allowed': (state) => ({ ...state, password: false }),
  'external logins are not allowed': (state) => ({ ...state, external: false }),
  'a provider is removed': (state, pick) => ({ ...state, providers: without(state.providers, pick) }),
  'a second factor is required': ({ force, ...state }) => ({ ...state, force: force === 'local' ? 'both' : 'all' }),
  'a second factor is required of local users': ({ force, ...state }) => ({
    ...state,
    force: force === 'all' || force === 'both' ? 'both' : 'local',
  }),
  'a lifetime is shortened': (state, pick) => {
    const name = (['password', 'external', 'second', 'passkey'] as const)[pick % 4] ?? 'password';
    const lifetime = state.lifetimes[name];
    return { ...state, lifetimes: { ...state.lifetimes, [name]: Math.min(lifetime, Math.max(1, lifetime - 2)) } };
  },
  'the session ends': (state) => ({ ...state, session: { ...state.session, expiresAt: AT } }),
  'a higher level is asked for': ({ request, ...state }, pick) => {
    const place = SIGN_IN_LEVELS.indexOf(request.level ?? 'one-factor');
    return { ...state, request: { ...request, level: SIGN_IN_LEVELS[Math.min(2, place + (pick % 3))] ?? 'passkey' } };
  },
  'checks have to be newer': ({ request, ...state }, pick) => ({
    ...state,
    request: { ...request, maxAge: Math.min(request.maxAge ?? 100, pick % 12) },
  }),
};

function without<Item>(items: readonly Item[], pick: number): readonly Item[] {
  const gone = items[pick % Math.max(1, items.length)];
  return items.filter((item) => item !== gone);
}

function usable({ second, user }: State): number {
  return second.filter((factor) => user.factors.includes(factor)).length;
}

describe('a stricter policy accepts no sign-in that was refused', () => {
  for (const [how, tighten] of Object.entries(TIGHTENINGS)) {
    it(`when ${how}`, () => {
      fc.assert(
        fc.property(states, fc.nat({ max: 1000 }), (state, pick) => {
          const stricter = tighten(state, pick);
          const [before, after] = [lineAt(state), lineAt(stricter)];
          if (before.startsWith('proceed') || !after.startsWith('proceed')) return;
          // The one exception.
          expect(how).to.equal('a second factor is removed');
          expect(usable(state)).to.be.above(0);
          expect(usable(stricter)).to.equal(0);
          expect(after).to.match(/^proceed one-factor/);
          expect(state.force === 'none' || (state.force === 'local' && state.session.external !== undefined)).to.equal(
            true,
          );
        }),
        { numRuns: 1500 },
      );
    });
  }

  it('with one exception: their last second factor is removed, and nothing requires one', () => {
    const state: State = {
      ...PLAIN,
      second: ['TOTP', 'OTP_SMS'],
      user: { password: true, factors: ['TOTP'], linked: [] },
      session: { password: NOON, second: [] },
    };
    expect(lineAt(state)).to.equal('verify TOTP');
    const removed: State = { ...state, second: ['OTP_SMS'] };
    expect(lineAt(removed)).to.match(/^proceed one-factor/);
    expect(lineAt({ ...removed, force: 'all' })).to.equal('set-up passkey OTP_SMS');
    expect(lineAt({ ...removed, force: 'local' })).to.equal('set-up passkey OTP_SMS');
  });

  it('except that a lifetime of zero is not the shortest: a check counts for its own sign-in', () => {
    const slow: State = {
      ...PLAIN,
      session: { password: NOON - 2, second: [] },
      request: { startedAt: NOON - 3 },
      lifetimes: { ...PLAIN.lifetimes, password: 1 },
    };
    expect(lineAt(slow)).to.equal('authenticate password');
    const asked: State = { ...slow, lifetimes: { ...slow.lifetimes, password: 0 } };
    expect(lineAt(asked)).to.match(/^proceed/);
    expect(lineAt({ ...asked, request: { startedAt: NOON - 1 } }), 'the next sign-in').to.equal(
      'authenticate password',
    );
    expect(lineAt({ ...asked, request: {} }), 'no sign-in that it was made for').to.equal('authenticate password');
  });
});

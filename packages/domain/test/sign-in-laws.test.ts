import { evaluateSignIn, SECOND_FACTORS, type SecondFactor, type SignInAnswer } from '@login-policy/domain';
import type { SignInOption } from '@login-policy/domain/model';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { AT, lineAt, PASSKEY, states } from './sign-in-arbitraries.js';
import { EPOCH, lineOf, nameOf, policyOf, signInOf, type State } from './sign-in-states.js';

const runs = { numRuns: 2000 };

describe('a user who signs in', () => {
  it('is never asked for or accepted by a factor that the policy does not allow or the user does not have', () => {
    fc.assert(
      fc.property(states, (state) => {
        const answer = evaluateSignIn(policyOf(state), signInOf(state));
        const named = namedIn(answer);
        for (const option of named.map(nameOf)) expect(allowed(state), option).to.include(option);
        if (answer.outcome === 'authenticate' || answer.outcome === 'verify') {
          const mine = named.map(nameOf).filter((option) => !option.startsWith('by:'));
          for (const option of mine) expect(theirs(state)).to.include(option);
        }
        // Taking from the session what is off the policy or not theirs changes nothing.
        expect(lineAt({ ...state, session: within(state) })).to.equal(lineOf(answer));
      }),
      runs,
    );
  });

  it('is judged the same whatever the order and duplicates of lists', () => {
    fc.assert(
      fc.property(states, (state) => {
        const twice = <Item>(items: readonly Item[]): Item[] => [...items, ...items].toReversed();
        const { session, user } = state;
        const other: State = {
          ...state,
          second: twice(state.second),
          providers: twice(state.providers),
          user: { ...user, factors: twice(user.factors), linked: twice(user.linked) },
          session: { ...session, second: twice(session.second) },
        };
        expect(evaluateSignIn(policyOf(other), signInOf(other))).to.deep.equal(
          evaluateSignIn(policyOf(state), signInOf(state)),
        );
      }),
      runs,
    );
  });

  it('gets the same answer until validUntil, and then another', () => {
    fc.assert(
      fc.property(states, (state) => {
        const answer = evaluateSignIn(policyOf(state), signInOf(state));
        const line = lineOf(answer);
        let at = AT + 1;
        while (at < 120 && lineAt({ ...state, at }) === line) at += 1;
        const expected = at === 120 ? undefined : EPOCH + at;
        expect('validUntil' in answer && answer.validUntil?.getTime()).to.equal(expected);
      }),
      runs,
    );
  });

  it('is signed in or refused after at most two options', () => {
    fc.assert(
      fc.property(states, fc.infiniteStream(fc.nat()), (given, picks) => {
        // Where a lifetime is zero, or a request is of another moment, what was just done may not count.
        let state: State = { ...given, request: { ...given.request, startedAt: AT } };
        const { expiresAt, ...session } = state.session;
        if (expiresAt !== undefined && expiresAt <= AT) state = { ...state, session };
        for (let taken = 0; ; taken += 1) {
          const answer = evaluateSignIn(policyOf(state), signInOf(state));
          if (!('options' in answer)) return;
          expect(taken, lineOf(answer)).to.be.below(2);
          const names = answer.options.map(nameOf);
          state = taking(state, names[Number(picks.next().value) % names.length] ?? '');
        }
      }),
      runs,
    );
  });
});

function namedIn(answer: SignInAnswer): readonly SignInOption[] {
  if (answer.outcome === 'proceed') return answer.offerSetUp;
  return 'options' in answer ? answer.options : [];
}

function allowed({ external, multiFactor, password, passwordless, providers, second }: State): readonly string[] {
  return [
    ...(password ? ['password'] : []),
    ...(passwordless && multiFactor ? ['passkey'] : []),
    ...(external ? providers.map((id) => `by:${id}`) : []),
    ...second,
  ];
}

function theirs({ user }: State): readonly string[] {
  return [
    ...(user.password ? ['password'] : []),
    ...user.factors.map((factor) => (factor === PASSKEY ? 'passkey' : factor)),
    ...user.linked.map((id) => `by:${id}`),
  ];
}

/** The session without what is off the policy or not the user's. */
function within(state: State): State['session'] {
  const { external, passkey, password, second, ...others } = state.session;
  const may = (what: string): boolean => allowed(state).includes(what) && theirs(state).includes(what);
  return {
    ...others,
    ...(password !== undefined && may('password') && { password }),
    ...(external !== undefined && may(`by:${external.by}`) && { external }),
    ...(passkey !== undefined && may('passkey') && { passkey }),
    second: second.filter(({ factor }) => may(factor)),
  };
}

/** The state after an option was taken: it was verified now, and set up or linked if it was not. */
function taking(state: State, option: string): State {
  const { session, user } = state;
  if (option === 'password') return { ...state, session: { ...session, password: AT } };
  if (option.startsWith('by:')) {
    const by = option.slice(3);
    const linked = [...user.linked, by];
    return { ...state, user: { ...user, linked }, session: { ...session, external: { by, at: AT } } };
  }
  if (option === 'passkey') {
    const factors = [...user.factors, PASSKEY] as const;
    return { ...state, user: { ...user, factors }, session: { ...session, passkey: { at: AT, verified: true } } };
  }
  const factor = SECOND_FACTORS.find((known): known is SecondFactor => known === option) ?? 'TOTP';
  const second = [...session.second, { factor, at: AT }];
  return { ...state, user: { ...user, factors: [...user.factors, factor] }, session: { ...session, second } };
}

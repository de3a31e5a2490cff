import { demandSame, fail, print } from '../demand.js';

/**
 * A judge of sign-ins: `evaluateSignIn` of `@login-policy/domain`, or a function of your own with the same contract.
 */
export type SignInJudge<Policy, User, Session, At, Request, Answer> = (
  policy: Policy,
  signIn: {
    readonly user: User;
    readonly session: Session;
    readonly at: At;
    readonly request?: Request | undefined;
  },
) => Answer;

/** A user who signs in under the policy. */
export interface SignInGiven<User, Session, At, Request, Answer> {
  /** The user who signs in. */
  of(user: User): SignInOf<Session, At, Request, Answer>;
}

/** The policy and the user are given; the session follows. */
export interface SignInOf<Session, At, Request, Answer> {
  /** What the session has verified. */
  having(session: Session): SignInWhen<At, Request, Answer>;
}

/** The session is given; the instant follows. */
export interface SignInWhen<At, Request, Answer> {
  /** Additional requirements of the application. */
  for(request: Request): Pick<SignInWhen<At, Request, Answer>, 'at'>;
  /** Judges the sign-in at an instant, once. */
  at(instant: At): SignInThen<Answer>;
}

/** The expected outcome. */
export interface SignInThen<Answer> {
  readonly answer: Answer;
  /** Checks that the answer has these members, compared deeply; others are ignored. @throws AssertionError */
  thenAnswer(expected: Partial<Answer>): void;
}

/**
 * Tests whom a policy lets in: `signIn(policy).of(user).having(session).at(instant).thenAnswer({ outcome: 'verify' })`.
 * To test a whole matrix of users, sessions and instants, put that line into a loop.
 */
export function signInSpecification<Policy, User, Session, At, Request, Answer extends { readonly outcome: string }>(
  judge: SignInJudge<Policy, User, Session, At, Request, Answer>,
): (policy: Policy) => SignInGiven<User, Session, At, Request, Answer> {
  return (policy) => ({
    of: (user) => ({
      having: (session) => ({
        for: (request) => ({ at: (at) => thenOf(judge(policy, { user, session, at, request })) }),
        at: (at) => thenOf(judge(policy, { user, session, at })),
      }),
    }),
  });
}

function thenOf<Answer extends { readonly outcome: string }>(answer: Answer): SignInThen<Answer> {
  return {
    answer,
    thenAnswer(expected) {
      if (expected.outcome !== undefined && expected.outcome !== answer.outcome) {
        fail(`expected the outcome ${expected.outcome}, got ${answer.outcome}: ${print(answer)}`);
      }
      const members = new Map(Object.entries(answer));
      for (const [name, value] of Object.entries(expected)) {
        demandSame({ what: name, actual: members.get(name), expected: value });
      }
    },
  };
}

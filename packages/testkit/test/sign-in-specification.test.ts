import { signInSpecification } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';

interface Judged {
  readonly outcome: 'proceed' | 'verify';
  readonly until?: Date;
  readonly options?: readonly string[];
}

/** Lets everybody in for ten milliseconds after their password, unless more is asked for. */
function judge(
  policy: { readonly isOpen: boolean },
  signIn: {
    readonly user: string;
    readonly session: { readonly password: number };
    readonly at: number;
    readonly request?: { readonly more: boolean } | undefined;
  },
): Judged {
  const { at, request, session, user } = signIn;
  if (policy.isOpen && at < session.password + 10 && request?.more !== true) {
    return { outcome: 'proceed', until: new Date(session.password + 10) };
  }
  return { outcome: 'verify', options: [`code of ${user}`] };
}

const signIn = signInSpecification(judge);
const session = signIn({ isOpen: true }).of('ada').having({ password: 5 });

describe('a sign-in under a policy', () => {
  it('passes for the members of the answer that are named', () => {
    session.at(14).thenAnswer({ outcome: 'proceed' });
    session.at(14).thenAnswer({ until: new Date(15) });
    session.at(15).thenAnswer({ outcome: 'verify', options: ['code of ada'] });
    session.for({ more: true }).at(14).thenAnswer({ outcome: 'verify' });
    signIn({ isOpen: false })
      .of('bob')
      .having({ password: 5 })
      .at(5)
      .thenAnswer({ options: ['code of bob'] });
    expect(session.at(14).answer.outcome).to.equal('proceed');
  });

  it('fails for another outcome, and shows the answer', () => {
    expect(() => session.at(15).thenAnswer({ outcome: 'proceed' })).to.throw(
      "expected the outcome proceed, got verify: { options: [ 'code of ada' ], outcome: 'verify' }",
    );
  });

  it('fails for another member, and for one that the answer has not', () => {
    expect(() => session.at(15).thenAnswer({ options: [] })).to.throw('options[0] is ');
    expect(() => session.at(14).thenAnswer({ until: new Date(16) })).to.throw('until is ');
    expect(() => session.at(14).thenAnswer({ options: [] })).to.throw('options is undefined');
  });
});

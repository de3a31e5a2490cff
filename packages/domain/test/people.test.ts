import { evaluateSignIn, freshInstance, orThrow, SECOND_FACTORS } from '@login-policy/domain';
import { USER_CHANGES, type LoginPolicy, type UserChange, type UserSetUp } from '@login-policy/domain/model';
import { openPeople, type Census, type UserClass } from '@login-policy/domain/people';
import { previewCommand } from '@login-policy/domain/preview';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { policies } from './arbitraries.js';
import { censusOf, openCounted, users } from './people-given.js';
import { acme, by, instance, PASSKEY } from './policies.js';

const AT = new Date(0);
/** From locked out to a passkey. */
const RANKS = ['impossible', 'one-factor', 'set-up', 'two-factors', 'passkey'] as const;
type Rank = (typeof RANKS)[number];

/** How far a single user gets in the best of all sessions they could have, by the judgement of sign-ins alone. */
function bestOf(policy: LoginPolicy, { factors, hasPassword, identityProviders }: UserSetUp): Rank {
  const user = { factors, hasPassword, identityProviders };
  const secondFactors = SECOND_FACTORS.filter((factor) => user.factors.includes(factor));
  const has = user.factors.includes(PASSKEY);
  const ranks = [undefined, ...user.identityProviders].map((identityProvider): Rank => {
    const session = {
      ...(user.hasPassword && { password: AT }),
      ...(identityProvider !== undefined && { externalLogin: { identityProvider, at: AT } }),
      secondFactors: secondFactors.map((factor) => ({ factor, at: AT })),
      ...(has && { passkey: { at: AT, isUserVerified: true } }),
    };
    const answer = evaluateSignIn(policy, { user, session, at: AT, request: { startedAt: AT } });
    if (answer.outcome === 'rejected' && policy.stage === 'active') throw new Error(answer.message);
    if (answer.outcome === 'proceed') return answer.level;
    return answer.outcome === 'set-up' ? 'set-up' : 'impossible';
  });
  const levels = ranks.filter((rank) => rank !== 'set-up' && rank !== 'impossible');
  if (levels.length > 0) return RANKS.findLast((rank) => levels.some((level) => level === rank)) ?? 'impossible';
  return ranks.includes('set-up') ? 'set-up' : 'impossible';
}

function changeFor(before: LoginPolicy, after: LoginPolicy, user: UserSetUp): UserChange {
  const [was, is] = [bestOf(before, user), bestOf(after, user)];
  if (was === is) return 'unchanged';
  if (is === 'impossible') return 'lockedOut';
  if (is === 'set-up') return 'hasToSetUp';
  return RANKS.indexOf(is) < RANKS.indexOf(was) ? 'weaker' : 'stronger';
}

const aClass: fc.Arbitrary<UserClass> = fc
  .record(
    {
      organizationId: fc.constantFrom('a', 'b', 'c'),
      hasPassword: fc.boolean(),
      factors: fc.subarray([...SECOND_FACTORS, PASSKEY]),
      identityProviders: fc.subarray(['a', 'b', 'gone']),
      users: fc.nat(20),
      administrators: fc.nat(20),
    },
    { requiredKeys: ['hasPassword', 'factors', 'identityProviders', 'users', 'administrators'] },
  )
  .map((one) => ({ ...one, administrators: Math.min(one.users, one.administrators) }));

const aCensus = fc.uniqueArray(aClass, {
  maxLength: 12,
  selector: ({ factors, hasPassword, identityProviders, organizationId }) =>
    JSON.stringify([organizationId, hasPassword, factors, identityProviders]),
});

const asOf: fc.Arbitrary<LoginPolicy> = policies;

describe('the users whom a change affects', () => {
  it('are those that a judgement of each user alone finds, for 10,000 policies, changes and censuses', async () => {
    const custom = [{ instanceId: instance.instanceId, organizationId: 'b' }];
    let lockedOut = 0;
    await fc.assert(
      fc.asyncProperty(asOf, asOf, aCensus, async (before, after, classes) => {
        const wanted = Object.fromEntries(USER_CHANGES.map((change) => [change, { users: 0, administrators: 0 }]));
        for (const one of classes) {
          if (one.organizationId === 'b') continue;
          const count = wanted[changeFor(before, after, one)];
          if (count === undefined) throw new Error('each change is counted');
          count.users += one.users;
          count.administrators += one.administrators;
        }
        const found = await openPeople(censusOf(...classes)).affectedBy(
          {
            owner: Object(instance),
            before,
            after,
            listed: undefined,
            async *notReached() {
              yield Object(custom);
            },
          },
          { signal: undefined },
        );
        const { organizationCount: _, organizations, ...all } = found;
        expect(all).to.deep.equal(wanted);
        lockedOut += all.lockedOut.users;
        const inOrganizations = organizations.reduce((sum, one) => sum + one.lockedOut.users, 0);
        expect(inOrganizations).to.equal(all.lockedOut.users);
      }),
      { numRuns: 10_000 },
    );
    expect(lockedOut).to.be.above(0);
  });

  it('are the most affected hundred organizations first, with the number of all', async () => {
    const classes = Array.from({ length: 250 }, (_, at) => users({ organizationId: `o-${at}`, users: at }));
    const { policies: opened } = await openCounted(censusOf(...classes));
    orThrow(await opened.add(instance, freshInstance, by));
    const closing = { type: 'change', settings: { allowUsernamePassword: false } } as const;
    const { people } = orThrow(await previewCommand(opened, instance, closing, { acknowledge: { lockedOut: 1e9 } }));
    if (people === undefined || 'unknown' in people) throw new Error('the users are counted');
    expect(people.organizationCount).to.equal(249);
    expect(people.organizations).to.have.length(100);
    expect(people.organizations[0]).to.have.property('organizationId', 'o-249');
    await opened.close();
  });
});

/** What is wrong with each census, and what the answer tells of it. */
const BAD: Readonly<Record<string, readonly [told: RegExp, census: unknown]>> = {
  'that throws': [/^the directory is away$/, () => thrown('the directory is away')],
  'that rejects': [
    /^away$/,
    async function* () {
      yield [users()];
      await Promise.resolve();
      thrown('away');
    },
  ],
  'that is not a list': [/its answer must be pages/, () => 7],
  'that has a page of something else': [/a page must be a list of classes, not/, () => [users()]],
  'of a negative number': [/class 0\.users must be a whole number from 0 on, not -1/, censusOf(users({ users: -1 }))],
  'of half a user': [/class 0\.users must be a whole number/, censusOf(users({ users: 1.5 }))],
  'of no number': [/class 0\.users must be a whole number/, censusOf(users({ users: Number.NaN }))],
  'of more than can be counted': [
    /too many users/,
    censusOf(...['a', 'b'].map((id) => users({ organizationId: id, users: Number.MAX_SAFE_INTEGER }))),
  ],
  'with more administrators than users': [
    /class 0\.administrators must be at most its 10 users, not 11/,
    censusOf(users({ administrators: 11 })),
  ],
  'with an unknown factor': [
    /class 1\.factors\[1\] must be one of TOTP/,
    [[users()], [{ ...users(), factors: ['TOTP', 'SMS'] }]],
  ],
  'with an unknown member': [/class 0\.user is not .*Did you mean users/, [[{ ...users(), user: 1 }]]],
  'with a missing member': [/class 0\.administrators/, [[{ ...users(), administrators: undefined }]]],
  'with a class twice': [/class 1 .* is there twice/, censusOf(users(), users({ users: 3 }))],
  'with a class twice, spelled otherwise': [
    /twice/,
    censusOf(
      users({ factors: ['TOTP', 'U2F'], identityProviders: ['a', 'b'] }),
      users({ factors: ['U2F', 'TOTP'], identityProviders: ['b', 'a', 'b'] }),
    ),
  ],
  'with pages without end': [
    /twice/,
    function* () {
      for (;;) yield [users()];
    },
  ],
  'of an organization that does not exist': [
    /the organization gone, which does not exist/,
    censusOf(users({ organizationId: 'gone' })),
  ],
};

function thrown(message: string): never {
  throw new Error(message);
}

function asCensus(given: unknown): Census {
  return typeof given === 'function' ? Object(given) : () => Object(given);
}

describe('a census', () => {
  const closing = { type: 'change', settings: { allowUsernamePassword: false } } as const;

  for (const [what, [told, census]] of Object.entries(BAD)) {
    it(`${what} is unknown where nothing depends on it, and a refusal where the guard does; never 0`, async () => {
      const organizations = { list: () => ['acme', 'a', 'b'] };
      const { policies: opened } = await openCounted(asCensus(census), { organizations });
      orThrow(await opened.add(instance, freshInstance, by));
      const known = { acknowledge: ['census-unknown'] } as const;
      const { people, warnings } = orThrow(await previewCommand(opened, instance, closing, known));
      expect(people)
        .to.have.property('unknown')
        .which.matches(new RegExp(told.source.replace('^', 'counted: ')));
      expect(warnings.introduced.map(({ warning }) => warning)).to.deep.equal(['census-unknown']);
      const refused = await opened.change(instance, closing.settings, by);
      expect(refused).to.have.nested.property('rejection.warnings[0].warning', 'census-unknown');
      await opened.close();
    });
  }

  it('that hangs is unknown before the time of the read is over, and its signal fires', async () => {
    let asked: AbortSignal | undefined;
    const { policies: opened } = await openCounted(async function* (_, { signal }) {
      asked = signal;
      yield await new Promise<never>(() => undefined);
    });
    orThrow(await opened.add(instance, freshInstance, by));
    const options = { waitMs: 200, acknowledge: ['census-unknown'] } as const;
    const { people } = orThrow(await previewCommand(opened, instance, closing, { ...options, waitMs: 1000 }));
    expect(people)
      .to.have.property('unknown')
      .which.matches(/a count of users did not finish before its deadline/);
    expect(asked?.aborted).to.equal(true);
    const refused = await opened.change(instance, closing.settings, { ...by, waitMs: 200 });
    expect(refused).to.have.nested.property('rejection.warnings[0].warning', 'census-unknown');
    await opened.close();
  });

  it('is given up with its caller', async () => {
    const control = new AbortController();
    const { people, policies: opened } = await openCounted(async function* () {
      control.abort();
      yield await new Promise<never>(() => undefined);
    });
    orThrow(await opened.add(instance, freshInstance, by));
    const late = await opened.change(instance, closing.settings, { ...by, signal: control.signal }).catch(String);
    expect(late).to.match(/deadline/);
    const wrong: readonly (readonly unknown[])[] = [
      [undefined],
      [null],
      [{}],
      [instance, null],
      [instance, { signl: 1 }],
    ];
    for (const given of wrong) {
      const counting = async (): Promise<unknown> => Reflect.apply(people.population, people, [opened, ...given]);
      expect(await counting().catch(String), JSON.stringify(given)).to.match(/owner|option/);
    }
    const counting = people.population(opened, instance, { signal: AbortSignal.timeout(50) });
    expect(await counting.catch(String)).to.match(/deadline/);
    await opened.close();
  });

  it('counts a class without users, and lists in any order', async () => {
    const { policies: opened } = await openCounted(censusOf(users({ users: 0 })));
    orThrow(await opened.add(instance, freshInstance, by));
    orThrow(await opened.change(instance, closing.settings, by));
    await opened.close();
  });

  it('may be a promise of its pages; one that rejects is unknown, and nothing else', async () => {
    const given = async (): Promise<UserClass[][]> => [[users({ users: 3 })]];
    const { people, policies: opened } = await openCounted(given);
    orThrow(await opened.add(instance, freshInstance, by));
    expect(await people.population(opened, instance)).to.deep.include({
      'one-factor': { users: 3, administrators: 0 },
    });
    const away = openPeople(() => Promise.reject(new Error('the directory is away')));
    expect(await away.population(opened, instance)).to.deep.equal({ unknown: 'the directory is away' });
    await opened.close();
  });

  it('must be a function', () => {
    expect(() => openPeople(Object([]))).to.throw(TypeError, 'census must be a function');
  });

  it('is asked for one organization alone where that is enough', async () => {
    const asked: unknown[] = [];
    const { policies: opened } = await openCounted((_, { organizationId }) => {
      asked.push(organizationId);
      return [[users({ organizationId: 'acme' }), users({ organizationId: 'other', users: 99 })]];
    });
    orThrow(await opened.add(instance, freshInstance, by));
    orThrow(await opened.customize(acme, by));
    const { people } = orThrow(await previewCommand(opened, acme, closing, { acknowledge: { lockedOut: 10 } }));
    expect(people).to.have.nested.property('lockedOut.users', 10);
    expect(new Set(asked)).to.deep.equal(new Set(['acme']));
    await opened.close();
  });
});

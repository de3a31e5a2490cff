import { SECOND_FACTORS } from '@login-policy/domain';
import {
  ABSENT,
  decide,
  parseIdentityProviderId,
  warningsOfChange,
  type LockOut,
  type LoginPolicy,
  type LoginPolicyCommand,
} from '@login-policy/domain/model';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { PASSKEY } from './policies.js';
import { closedBy, countsOf, everyWay, policyOfWay, subsetsOf, type Way } from './ways-in-oracle.js';

/** One command on a policy of a way, and what it leads to. */
type Change = readonly [command: LoginPolicyCommand, after: Way];

/** Every single command that changes what matters to a sign-in. */
function changesOf(way: Way): readonly Change[] {
  return [...changesOfSettings(way), ...changesOfFactors(way), ...unlinkings(way)];
}

function changesOfSettings(way: Way): readonly Change[] {
  const { external, forced, forcedLocally, password, passwordless } = way;
  const passwordlessType = passwordless ? 'NOT_ALLOWED' : 'ALLOWED';
  return [
    [
      { type: 'change', settings: { allowUsernamePassword: !password } },
      { ...way, password: !password },
    ],
    [
      { type: 'change', settings: { allowExternalIdp: !external } },
      { ...way, external: !external },
    ],
    [
      { type: 'change', settings: { forceMfa: !forced } },
      { ...way, forced: !forced },
    ],
    [
      { type: 'change', settings: { forceMfaLocalOnly: !forcedLocally } },
      { ...way, forcedLocally: !forcedLocally },
    ],
    [
      { type: 'change', settings: { passwordlessType } },
      { ...way, passwordless: !passwordless },
    ],
  ];
}

function changesOfFactors(way: Way): readonly Change[] {
  const { passkey, second } = way;
  const turned = (['TOTP', 'RECOVERY_CODES'] as const).map((factor): Change => {
    const isOn = second.includes(factor);
    const left = isOn ? second.filter((one) => one !== factor) : [...second, factor];
    return [
      { type: isOn ? 'removeSecondFactor' : 'addSecondFactor', factor },
      { ...way, second: left },
    ];
  });
  const type = passkey ? 'removeMultiFactor' : 'addMultiFactor';
  return [
    ...turned,
    [
      { type, factor: PASSKEY },
      { ...way, passkey: !passkey },
    ],
  ];
}

function unlinkings(way: Way): readonly Change[] {
  return way.providers.map((provider) => [
    { type: 'removeIdentityProvider', id: parseIdentityProviderId(provider, 'id') },
    { ...way, providers: way.providers.filter((one) => one !== provider) },
  ]);
}

/** What the guard refuses a command for; nothing if it lets it pass. */
function refusedFor(command: LoginPolicyCommand, policy: LoginPolicy, acknowledged: readonly LockOut[] = []): unknown {
  const facts = { unknownIdentityProviders: new Set<never>(), fallback: ABSENT, acknowledged };
  const decision = decide(command, policy, { owner: 'organization', facts, guard: 'refuse' });
  if (decision.outcome !== 'rejected') return [];
  if (decision.rejection.reason !== 'would-lock-out') throw new Error(`rejected: ${decision.rejection.reason}`);
  return decision.rejection.warnings.map(({ warning }) => warning);
}

/** The lock-outs among what a change introduces. */
function introducedBy(before: LoginPolicy, after: LoginPolicy): readonly string[] {
  return warningsOfChange(before, after)
    .introduced.map(({ warning }) => warning)
    .filter((warning) => warning !== 'weaker-sign-in');
}

describe('the guard and every kind of user', () => {
  const ways = everyWay(['TOTP', 'RECOVERY_CODES']);

  it('refuses each command that closes ways in, and no other, whatever stood before', () => {
    let transitions = 0;
    for (const way of ways) {
      const policy = policyOfWay(way);
      for (const [command, after] of changesOf(way)) {
        const closed = closedBy(way, after);
        const found = refusedFor(command, policy);
        if (String(found) !== String(closed)) expect(found, JSON.stringify([way, command])).to.deep.equal(closed);
        transitions++;
      }
    }
    expect(transitions).to.be.greaterThan(9000);
  });

  it('never lets the last kind of user be locked out unasked, and never refuses where nobody is', () => {
    const refusedForNothing: unknown[] = [];
    const lockedOut: unknown[] = [];
    for (const way of ways)
      for (const [command, after] of changesOf(way)) {
        const { left, lost } = countsOf(way, after);
        const isRefused = String(refusedFor(command, policyOfWay(way))) !== '';
        if (lost > 0 && left === 0 && !isRefused) lockedOut.push([way, command]);
        if (lost === 0 && isRefused) refusedForNothing.push([way, command]);
      }
    expect({ lockedOut: lockedOut.length, refusedForNothing: refusedForNothing.length }).to.deep.equal({
      lockedOut: 0,
      refusedForNothing: 0,
    });
  });

  it('lets pass exactly what is acknowledged by its name', () => {
    const names = ['no-way-to-sign-in', 'no-factor-left'] as const;
    for (const way of ways) {
      const policy = policyOfWay(way);
      for (const [command, after] of changesOf(way)) {
        const closed = closedBy(way, after);
        if (closed.length === 0) continue;
        for (const acknowledged of subsetsOf(names)) {
          const left = closed.filter((one) => !acknowledged.includes(one));
          expect(refusedFor(command, policy, acknowledged)).to.deep.equal(left);
        }
      }
    }
  });

  it('judges any two policies alike, and what it refuses is introduced, never standing', () => {
    const aWay: fc.Arbitrary<Way> = fc.record({
      password: fc.boolean(),
      external: fc.boolean(),
      forced: fc.boolean(),
      forcedLocally: fc.boolean(),
      passwordless: fc.boolean(),
      passkey: fc.boolean(),
      second: fc.subarray([...SECOND_FACTORS]),
      providers: fc.subarray(['p', 'q', 'r']),
    });
    const maybe = fc.option(aWay, { nil: undefined, freq: 20 });
    fc.assert(
      fc.property(aWay, maybe, (first, second) => {
        const [before, after] = [policyOfWay(first), second === undefined ? ABSENT : policyOfWay(second)];
        const fallback = after;
        const facts = { unknownIdentityProviders: new Set<never>(), fallback };
        const decision = decide({ type: 'remove' }, before, { owner: 'organization', facts, guard: 'refuse' });
        const refused = decision.outcome === 'rejected' && decision.rejection.reason === 'would-lock-out';
        const found = refused ? decision.rejection.warnings.map(({ warning }) => warning) : [];
        const closed = closedBy(first, second);
        expect(found).to.deep.equal(closed);
        const { introduced, standing } = warningsOfChange(before, after);
        expect(introducedBy(before, after)).to.include.members([...closed]);
        const doubled = standing.filter(({ warning }) => introduced.some((one) => one.warning === warning));
        expect(doubled).to.deep.equal([]);
      }),
      { numRuns: 5_000 },
    );
  });

  it('lets a first policy pass only if it lets some kind of user in', () => {
    for (const way of ways) {
      const { settings, ...lists } = policyOfWay(way);
      const policy = {
        settings,
        secondFactors: lists.secondFactors,
        multiFactors: lists.multiFactors,
        identityProviders: lists.identityProviders,
      };
      expect(refusedFor({ type: 'add', policy }, ABSENT)).to.deep.equal(closedBy(undefined, way));
    }
  });
});

import type { Rejection } from '@login-policy/domain';
import {
  type Reason,
  describeRejection,
  parseIdentityProviderId,
  parseOrganization,
  parseOwner,
  type RefusingPolicy,
} from '@login-policy/domain/model';
import { eventId } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, instance, PASSKEY } from './policies.js';

const ofInstance: RefusingPolicy = { owner: parseOwner(instance, 'owner'), sequence: 7n };
const ofAcme: RefusingPolicy = { owner: parseOrganization(acme, 'owner'), sequence: 3n };
const id = parseIdentityProviderId('idp "1"', 'id');
const expected = eventId('01J0000000000000000000000A');

type Sentences = {
  readonly [Each in Reason]: readonly [rejection: Extract<Rejection, { reason: Each }>, sentence: string];
};

/** What each refusal says of the default policy. */
const SENTENCES: Sentences = {
  'invalid-argument': [
    { reason: 'invalid-argument', field: 'id', expected: 'text', received: '7' },
    'id must be text, not 7.',
  ],
  'sequence-not-current': [
    { reason: 'sequence-not-current', expected: 4n, actual: 7n },
    'The default login policy of instance 69629023906488334 (sequence 7) was expected at sequence 4 but is at 7, so nothing was changed.',
  ],
  'event-not-current': [
    { reason: 'event-not-current', expected, actual: undefined },
    'The default login policy of instance 69629023906488334 (sequence 7) ends with another event than the one expected: the expected one is no longer in its history, as after a restore, so nothing was changed.',
  ],
  'changed-since': [
    { reason: 'changed-since', owner: ofInstance.owner, seen: undefined, actual: undefined, since: [] },
    'The default login policy of instance 69629023906488334 is not the one that was seen: its history is another one, as after a restore, so nothing was changed.',
  ],
  'would-lock-out': [
    { reason: 'would-lock-out', warnings: [{ warning: 'no-way-to-sign-in', message: 'Nobody could sign in.' }] },
    'The default login policy of instance 69629023906488334 (sequence 7) was not changed, because that would lock people out: Nobody could sign in.',
  ],
  'idempotency-key-reused': [
    { reason: 'idempotency-key-reused', idempotencyKey: 'k "1"' },
    'The idempotency key "k \\"1\\"" came before with another command on the default login policy of instance 69629023906488334, so this one was not carried out.',
  ],
  'policy-already-exists': [
    { reason: 'policy-already-exists' },
    "The default login policy of instance 69629023906488334 (sequence 7) exists already, so it can't be added.",
  ],
  'policy-not-found': [{ reason: 'policy-not-found' }, 'Instance 69629023906488334 has no default login policy yet.'],
  'default-policy-not-found': [
    { reason: 'default-policy-not-found' },
    "The instance has no default login policy yet, so the default login policy of instance 69629023906488334 (sequence 7) can't be made of it.",
  ],
  'factor-already-exists': [
    { reason: 'factor-already-exists', factor: 'TOTP' },
    "TOTP is on the default login policy of instance 69629023906488334 (sequence 7) already, so it can't be added.",
  ],
  'factor-not-on-policy': [
    { reason: 'factor-not-on-policy', factor: PASSKEY },
    "U2F_WITH_VERIFICATION is not on the default login policy of instance 69629023906488334 (sequence 7), so it can't be removed.",
  ],
  'identity-provider-already-exists': [
    { reason: 'identity-provider-already-exists', id },
    'Identity provider "idp \\"1\\"" is on the default login policy of instance 69629023906488334 (sequence 7) already, so it can\'t be added.',
  ],
  'identity-provider-not-found': [
    { reason: 'identity-provider-not-found', id },
    'Identity provider "idp \\"1\\"" does not exist, so it can\'t be added to the default login policy of instance 69629023906488334 (sequence 7).',
  ],
  'identity-provider-not-on-policy': [
    { reason: 'identity-provider-not-on-policy', id },
    'Identity provider "idp \\"1\\"" is not on the default login policy of instance 69629023906488334 (sequence 7), so it can\'t be removed.',
  ],
};

describe('the message of a refusal is one sentence with the facts:', () => {
  for (const [rejection, sentence] of Object.values(SENTENCES)) {
    it(`${rejection.reason}`, () => expect(describeRejection(rejection, ofInstance)).to.equal(sentence));
  }

  it('the owner: an organization', () => {
    const onAcme = describeRejection({ reason: 'factor-not-on-policy', factor: 'U2F' }, ofAcme);
    expect(onAcme).to.equal(
      "U2F is not on the custom login policy of organization acme (sequence 3), so it can't be removed.",
    );
    const noneOfAcme = describeRejection({ reason: 'policy-not-found' }, ofAcme);
    expect(noneOfAcme).to.equal('Organization acme has no custom login policy.');
  });

  it('the moment', () => {
    const then = [ofInstance, ofAcme].map((policy) =>
      describeRejection({ reason: 'policy-not-found' }, { ...policy, when: 'then' }),
    );
    expect(then).to.deep.equal([
      'Instance 69629023906488334 had no default login policy then.',
      'Organization acme had no custom login policy then.',
    ]);
  });

  it('only the problem if no policy was reached', () => {
    const nowhere = [
      { reason: 'policy-not-found' },
      { reason: 'policy-already-exists' },
      { reason: 'idempotency-key-reused', idempotencyKey: 'k' },
      { reason: 'invalid-argument', field: 'x', expected: 'x', received: 'x', problem: 'settings.x is not a setting.' },
    ] as const;
    expect(nowhere.map((rejection) => describeRejection(rejection))).to.deep.equal([
      'There is no such login policy.',
      "The login policy exists already, so it can't be added.",
      'The idempotency key "k" came before with another command on the login policy, so this one was not carried out.',
      'settings.x is not a setting.',
    ]);
  });
});

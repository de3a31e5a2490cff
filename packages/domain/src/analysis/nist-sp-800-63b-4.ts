import type { Pack } from './analyze.js';
import {
  checksNoOlderThan,
  nobodyGetsInBelow,
  nobodyGetsInByPhishing,
  phishingResistanceIsOffered,
} from './properties.js';
import { twoFactors } from './two-factors.js';

const SOURCE: Pack['source'] = {
  document: 'NIST SP 800-63B-4, Digital Identity Guidelines: Authentication and Authenticator Management',
  url: 'https://pages.nist.gov/800-63-4/sp800-63b.html',
  date: '2025-07',
};

/** What no login policy decides at any level. */
const UNDECIDED: Pack['undecided'] = [
  {
    clause: '2.1.2, 2.2.2, 2.3.2',
    why: 'Approved cryptography and protected channels are of the servers and authenticators.',
  },
  { clause: '2.4', why: 'Security controls, retention of records, privacy and redress are of the organization.' },
  {
    clause: '3.1, 3.2',
    why: 'How a password, a code or a key is made, stored, sent and throttled is of what verifies it.',
  },
  { clause: '4', why: 'Binding, loss, recovery and expiry of authenticators are of the account.' },
  { clause: '5.1, 5.2', why: 'Session secrets, and the inactivity time-out, are of the session.' },
];

/** A level 1 sign-in (section 2.1). */
export const nistAal1: Pack = {
  name: 'nist-aal1',
  title: 'NIST SP 800-63B-4, authenticator assurance level 1',
  source: SOURCE,
  clauses: [
    {
      clause: '2.1.1',
      requirement: 'shall',
      says: 'Authentication by at least one factor.',
      property: nobodyGetsInBelow('one-factor'),
    },
    {
      clause: '2.1.3',
      requirement: 'should',
      says: 'Reauthentication after 30 days at most.',
      property: checksNoOlderThan('P30D'),
    },
  ],
  undecided: [
    { clause: '2.1.1', why: 'Which authenticators an external identity provider has verified.' },
    ...UNDECIDED,
  ],
};

/** A level 2 sign-in (section 2.2). */
export const nistAal2: Pack = {
  name: 'nist-aal2',
  title: 'NIST SP 800-63B-4, authenticator assurance level 2',
  source: SOURCE,
  clauses: [
    {
      clause: '2.2.1',
      requirement: 'shall',
      says: 'A multi-factor authenticator, or two factors.',
      property: twoFactors,
    },
    {
      clause: '2.2.2',
      requirement: 'shall',
      says: 'At least one phishing-resistant option is offered.',
      property: phishingResistanceIsOffered(),
    },
    {
      clause: '2.2.3',
      requirement: 'should',
      says: 'Reauthentication after 24 hours at most.',
      property: checksNoOlderThan('PT24H'),
    },
  ],
  undecided: [
    {
      clause: '2.2.1',
      why: 'Whether an external login, which stands in place of the password, is a factor as demanded.',
    },
    {
      clause: '2.2.2',
      why: 'Whether an authenticator resists replay and shows intent; who must use phishing resistance.',
    },
    { clause: '2.2.3', why: 'The inactivity time-out of 1 hour.' },
    ...UNDECIDED,
  ],
};

/** A level 3 sign-in (section 2.3). */
export const nistAal3: Pack = {
  name: 'nist-aal3',
  title: 'NIST SP 800-63B-4, authenticator assurance level 3',
  source: SOURCE,
  clauses: [
    {
      clause: '2.3.1',
      requirement: 'shall',
      says: 'Two factors, by a multi-factor authenticator or by a password and a key.',
      property: twoFactors,
    },
    {
      clause: '2.3.2',
      requirement: 'shall',
      says: 'A cryptographic authenticator that resists phishing.',
      property: nobodyGetsInByPhishing(),
    },
    {
      clause: '2.3.3',
      requirement: 'shall',
      says: 'Reauthentication after 12 hours at most.',
      property: checksNoOlderThan('PT12H'),
    },
  ],
  undecided: [
    {
      clause: '2.3.1',
      why: 'Whether an external login, which stands in place of the password, is a factor as demanded.',
    },
    {
      clause: '2.3.2',
      why: 'Whether a key is in hardware, validated (FIPS 140), and does not leave it: a synced passkey does.',
    },
    { clause: '2.3.3', why: 'The inactivity time-out of 15 minutes.' },
    ...UNDECIDED,
  ],
};

import type { Pack } from './analyze.js';
import { twoFactors } from './two-factors.js';

/** Multi-factor authentication into the cardholder data environment (requirements 8.4 and 8.5). */
export const pciDss8: Pack = {
  name: 'pci-dss-8',
  title: 'PCI DSS 4.0.1, requirements 8.4 and 8.5',
  source: {
    document: 'Payment Card Industry Data Security Standard, version 4.0.1',
    url: 'https://www.pcisecuritystandards.org/document_library/',
    date: '2024-06',
  },
  clauses: [
    {
      clause: '8.4.1',
      requirement: 'shall',
      says: 'Multi-factor authentication for administrative access that is not from a console.',
      property: twoFactors,
    },
    {
      clause: '8.4.2',
      requirement: 'shall',
      says: 'Multi-factor authentication for all access that is not from a console.',
      property: twoFactors,
    },
    {
      clause: '8.4.3',
      requirement: 'shall',
      says: 'Multi-factor authentication for remote access from outside the network.',
      property: twoFactors,
    },
    {
      clause: '8.5.1',
      requirement: 'shall',
      says: 'Nobody bypasses it; two different types of factors, all of them before access.',
      property: twoFactors,
    },
  ],
  undecided: [
    { clause: '8.4.1–8.4.3', why: 'Which systems are in scope, and from which network access comes.' },
    {
      clause: '8.5.1',
      why: 'Whether the system resists replay, and whether exceptions are documented and of limited time.',
    },
    { clause: '8.5.1', why: 'Whether an external login is another type of factor than the second one.' },
  ],
};

import { apiTables } from './api-calls.js';
import { domainTables } from './domain-calls.js';
import { guestTables } from './guest-calls.js';
import { kernelCalls, kernelTrusted } from './kernel-calls.js';
import type { Table } from './walk.js';

/** The calls of each published entry. */
export const tables: Readonly<Record<string, Table>> = {
  'event-sourcing': { calls: kernelCalls, trusted: kernelTrusted },
  ...domainTables,
  ...guestTables,
  ...apiTables,
};

const TRUSTS = 'a part over values that are parsed: rules, folds and stores call it for each event';

/** The entries that are not called, each with the reason. */
export const uncalled: Readonly<Record<string, string>> = {
  'event-sourcing/store': TRUSTS,
  'domain/model': TRUSTS,
  testkit: 'called by tests, whose runner shows the place',
  'testkit/contracts': 'called by tests, whose runner shows the place',
  cli: 'called by a shell, with texts',
};

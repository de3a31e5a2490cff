import { domainTables } from './domain-calls.js';
import { kernelCalls, kernelTrusted } from './kernel-calls.js';
import type { Table } from './walk.js';

/** The calls of each published entry. */
export const tables: Readonly<Record<string, Table>> = {
  'event-sourcing': { calls: kernelCalls, trusted: kernelTrusted },
  ...domainTables,
};

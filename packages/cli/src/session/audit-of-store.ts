import type { InstanceRef } from '@login-policy/domain';
import { auditEntryJson, openAuditLog } from '@login-policy/domain/audit';
import type { Store } from '@login-policy/event-sourcing';
import { memoryReadModelStore } from '@login-policy/event-sourcing/store';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { withMembers, type AuditEntryJson, type AuditPageJson } from './answers.js';
import { accepted } from './accepted.js';
import type { AuditFilter } from './policies.js';

/** The audit log of an instance, built from all events of a store. */
export interface StoreAudit {
  page(filter: AuditFilter, page: { readonly limit: number; readonly after?: string }): Promise<AuditPageJson>;
  export(filter: AuditFilter, format: string): AsyncGenerator<string, void, undefined>;
  close(): Promise<void>;
}

const IS_ENTRY = withMembers<AuditEntryJson>('recordedAt', 'actor', 'sequence', 'type', 'data');

/**
 * Kept in memory, so that a read-only command leaves no read model behind that every append would have to update. All
 * events are read first, without a time limit: a page waits only a few seconds for them.
 */
export async function auditOfStore(store: Store, instance: InstanceRef, signal: AbortSignal): Promise<StoreAudit> {
  const readModels = memoryReadModelStore();
  const auditLog = await openAuditLog({ store: { ...store, readModels, readModelUpdates: 'followed' } });
  await auditLog.readModel.catchUp(signal);
  return {
    async page(filter, page) {
      const { entries, next } = accepted(await auditLog.entries(instance, { ...filterOf(filter), ...page }));
      const json = entries.map((entry): object => auditEntryJson(entry)).filter(IS_ENTRY);
      return { entries: json, ...(next !== undefined && { next }) };
    },
    async *export(filter, format) {
      if (format !== 'csv' && format !== 'json-lines') throw new Failure(EXIT.usage, `${format} is not a format.`);
      const { text } = accepted(await auditLog.export(instance, { ...filterOf(filter), format }));
      yield* text;
    },
    async close() {
      await auditLog.close();
      await readModels.close();
    },
  };
}

/** The filter, unchecked: the domain checks that an instant or a factor is valid. */
function filterOf({ isDefault, ...texts }: AuditFilter): object {
  return { ...texts, ...(isDefault !== undefined && { isDefault: isDefault === 'true' }) };
}

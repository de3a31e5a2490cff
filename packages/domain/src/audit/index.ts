/** The audit log: every event of every policy of an instance, searchable. */
export { openAuditLog, type AuditExport, type AuditLog, type AuditLogOptions, type AuditPage } from './audit-log.js';
export { entryJson as auditEntryJson, type AuditEntry } from './audit-export.js';
export type { AuditExportOptions, AuditFilter, AuditPageOptions } from './audit-input.js';
export type { AuditRow } from './audit-projection.js';
